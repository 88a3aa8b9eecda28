/**
 * A connection to an NNTP server on which commands are pipelined and replies matched by order.
 *
 * Any number of fibers may use it side by side. Whatever ends the connection fails all that still wait.
 */
import type * as Prompt from "@lupin/core/Prompt"
import { Clock, Effect, Exit, type Scope, Semaphore } from "effect"
import * as Socket from "effect/socket/Socket"
import { type Endpoint, Network } from "./Network.ts"
import { NntpDisconnected } from "./NntpError.ts"
import { type OctetStream, ofSocket, type Pull, type Step } from "./OctetStream.ts"
import * as Opening from "./Opening.ts"
import { WriteBuffer } from "./WriteBuffer.ts"

/** One reply, with its block where it has one: unstuffed, without terminator. */
export interface Reply {
  readonly code: number
  /** What follows the code and a space. */
  readonly text: string
  readonly block: Uint8Array | undefined
}

/** What to send, and what to expect of it. */
export interface Request {
  /** Without CRLF. */
  readonly line: string
  /** Codes of replies that bring a block. */
  readonly blockCodes?: ReadonlySet<number>
  /** A block with more octets is not kept: the reply comes without one. */
  readonly blockBytesMax?: number
  /** Sent behind the line at once, stuffed and ended: TAKETHIS. */
  readonly article?: Uint8Array
}

export interface Options extends Endpoint {
  /** How long the server may say nothing while an answer is due; it has to bring `progressBytes`, or a whole answer. */
  readonly silenceMillisMax?: number
  /** Octets of one answer on the wire, after which the connection is ended. */
  readonly answerBytesMax?: number
  /** Called at each sign of life while the connection opens: when it is there, and at each reply. */
  readonly onOpening?: () => void
}

/** The last reply, and whether the article went before it: a reply to the command alone says nothing of the article. */
export interface Submitted {
  readonly reply: Reply
  readonly isSent: boolean
}

export interface NntpClient {
  /** Host and port, for messages. */
  readonly server: string
  readonly greeting: Reply
  readonly isOpen: () => boolean
  /** Fails as soon as the connection has ended. */
  readonly ended: Effect.Effect<never, NntpDisconnected>
  /** Sends all, and returns their replies in order. An empty list returns at once. */
  readonly exchange: (requests: ReadonlyArray<Request>) => Effect.Effect<ReadonlyArray<Reply>, NntpDisconnected>
  /**
   * Sends a command and, if the server's answer asks for it, the article: POST and IHAVE. Nothing else is sent in between.
   */
  readonly submit: (
    line: string,
    asksForArticle: (reply: Reply) => boolean,
    article: Uint8Array
  ) => Effect.Effect<Submitted, NntpDisconnected>
  /**
   * Sends all, where it is called unless others are talking, and returns once they are written; `onReply` is called for each, in order, with its place in the list. A server that
   * neither reads nor answers is the caller's to notice.
   */
  readonly send: (
    requests: ReadonlyArray<Request>,
    onReply: (reply: Reply, index: number) => void
  ) => Effect.Effect<void, NntpDisconnected>
}

export const silenceMillisMaxDefault = 60_000

/** Largest answer accepted of a server, in octets; a list of a million groups fits. */
export const answerBytesMaxDefault = 64 * 1024 * 1024

/** Octets that count as a sign of life in mid answer: who brings fewer in the time of a silence is too slow. */
export const progressBytes = 16 * 1024

interface Expected {
  readonly request: Request | undefined
  /** Its place among those it was sent with. */
  readonly index: number
  readonly onReply: (reply: Reply, index: number) => void
  readonly onEnd: (error: NntpDisconnected) => void
}

/** Connects and takes the greeting. The connection ends with its scope, after a QUIT. */
export const connect = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<NntpClient, NntpDisconnected, Scope.Scope> {
  const { dial } = yield* Network
  const clock = yield* Clock.Clock
  const server = `${options.host}:${options.port}`
  const disconnected = (reason: string): NntpDisconnected => new NntpDisconnected({ server, reason })
  const translate = Effect.mapError((error: Socket.SocketError) => disconnected(reasonOf(error)))

  const socket = yield* dial(options)
  const reader = yield* translate(socket.reader)
  const writer = yield* socket.writer
  const streamOf = (): OctetStream => socket.stream?.() ?? ofSocket(bytes(reader.pull), writer)
  let stream = streamOf()
  const lock = yield* Semaphore.make(1)
  /** Who holds the lock, or waits for it. */
  let talking = 0
  const guarded = <A, E>(talk: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      talking += 1
      return Effect.ensuring(
        lock.withPermits(1)(talk),
        Effect.sync(() => {
          talking -= 1
        })
      )
    })
  const buffer = new WriteBuffer()
  const waiting: Array<Expected> = []
  const endListeners = new Set<(error: NntpDisconnected) => void>()
  let first = 0
  let partial: Omit<Reply, "block"> | undefined
  const answerBytesMax = options.answerBytesMax ?? answerBytesMaxDefault
  /** Octets of the answer that is not complete, as far as they came in earlier chunks, and those since the last sign of life. */
  let answerBytes = 0
  let sinceBytes = 0
  let heardAtMillis = clock.currentTimeMillisUnsafe()
  options.onOpening?.()
  let end: NntpDisconnected | undefined

  const finish = (error: NntpDisconnected): void => {
    if (end !== undefined) return
    end = error
    for (const expected of waiting.splice(0).slice(first)) expected.onEnd(error)
    for (const listener of endListeners) listener(error)
  }

  const silence: Effect.Effect<never, NntpDisconnected> = Effect.gen(function* () {
    const silenceMillisMax = options.silenceMillisMax ?? silenceMillisMaxDefault
    const startedMillis = clock.currentTimeMillisUnsafe()
    for (;;) {
      const since = Math.max(startedMillis, heardAtMillis)
      const leftMillis = since + silenceMillisMax - clock.currentTimeMillisUnsafe()
      if (leftMillis <= 0) {
        const error = disconnected("gave no answer in time")
        finish(error)
        yield* Effect.ignore(writer.write(new Socket.CloseEvent(1000)))
        return yield* error
      }
      yield* Effect.sleep(leftMillis)
    }
  })

  const opening = Opening.open(options, {
    stream: () => stream,
    upgrade: Effect.tap(reader.upgrade(), () =>
      Effect.sync(() => {
        stream = streamOf()
      })
    ),
    heard: () => {
      heardAtMillis = clock.currentTimeMillisUnsafe()
      options.onOpening?.()
    }
  }).pipe(Effect.mapError((trouble) => disconnected(typeof trouble === "string" ? trouble : reasonOf(trouble))))
  const opened = yield* Effect.raceFirst(opening, silence)
  const { framing } = opened
  /** Whether what is written has left when it is asked for. */
  const isPrompt = socket.stream !== undefined && !opened.isCompressed

  const settle = (reply: Reply): string | undefined => {
    const expected = waiting[first]
    if (expected === undefined) return `said ${reply.code} ${reply.text}`
    first += 1
    if (first === waiting.length) {
      waiting.length = 0
      first = 0
    }
    opened.settle()
    answerBytes = 0
    sinceBytes = progressBytes
    expected.onReply(reply, expected.index)
    return undefined
  }

  /** Takes all that is complete; a text says why the stream makes no sense any more. */
  const takeReplies = (): string | undefined => {
    for (;;) {
      if (partial !== undefined) {
        const bytesMax = waiting[first]?.request?.blockBytesMax
        const block = framing.block(bytesMax ?? answerBytesMax)
        if (block === undefined) return answerBytes > answerBytesMax ? "sent too large an answer" : undefined
        if (bytesMax === undefined && !(block instanceof Uint8Array)) return "sent too large an answer"
        const reply = { ...partial, block: block instanceof Uint8Array ? block : undefined }
        partial = undefined
        const trouble = settle(reply)
        if (trouble !== undefined) return trouble
        continue
      }
      const line = framing.line(Opening.lineBytesMax)
      if (line === undefined) return answerBytes > Opening.lineBytesMax ? "sent a line without end" : undefined
      const head = typeof line === "string" ? Opening.readHead(line) : undefined
      if (head === undefined) return "sent what is no reply"
      if (waiting[first]?.request?.blockCodes?.has(head.code) === true) {
        partial = head
        continue
      }
      const trouble = settle({ ...head, block: undefined })
      if (trouble !== undefined) return trouble
    }
  }

  /** Takes what has come; there is something to be done first where that was the end. */
  const take = (): Prompt.Rest<never> => {
    const trouble = takeReplies()
    if (trouble !== undefined) finish(disconnected(trouble))
    if (end !== undefined) return Effect.void
    if (sinceBytes >= progressBytes) {
      heardAtMillis = clock.currentTimeMillisUnsafe()
      sinceBytes = 0
    }
    return undefined
  }
  const hear: Step = (chunks) => {
    for (const chunk of chunks) {
      framing.push(chunk)
      answerBytes += chunk.length
      sinceBytes += chunk.length
    }
    return take()
  }

  const listen = Effect.gen(function* () {
    // The greeting may have brought more than itself.
    if (take() === undefined) while (end === undefined) yield* opened.each(hear)
    yield* stream.send(new Socket.CloseEvent(1000)) ?? Effect.void
  })

  const push = (
    requests: ReadonlyArray<Request>,
    onReply: Expected["onReply"],
    onEnd: Expected["onEnd"]
  ): ReturnType<OctetStream["send"]> => {
    for (let index = 0; index < requests.length; index += 1) {
      const request = requests[index]
      append(buffer, request)
      waiting.push({ request, index, onReply, onEnd })
    }
    return opened.send(buffer.takeAway())
  }

  /** Must run under the lock: what is expected is in the order of what is written. */
  const write = (
    requests: ReadonlyArray<Request>,
    onReply: Expected["onReply"],
    onEnd: Expected["onEnd"]
  ): Effect.Effect<void, NntpDisconnected> =>
    Effect.suspend(() => {
      if (end !== undefined) return Effect.fail(end)
      return translate(push(requests, onReply, onEnd) ?? Effect.void)
    }).pipe(Effect.onInterrupt(() => Effect.sync(() => finish(disconnected("interrupted while writing")))))

  /** Writes under the lock that the caller holds or takes, and waits for the replies. */
  const talk = (
    requests: ReadonlyArray<Request>,
    guard: <A, E>(writing: Effect.Effect<A, E>) => Effect.Effect<A, E>
  ): Effect.Effect<ReadonlyArray<Reply>, NntpDisconnected> =>
    Effect.suspend(() => {
      const replies: Array<Reply> = []
      let failed: NntpDisconnected | undefined
      let wake = (): void => {}
      const onReply = (reply: Reply): void => {
        replies.push(reply)
        if (replies.length === requests.length) wake()
      }
      const onEnd = (error: NntpDisconnected): void => {
        failed = error
        wake()
      }
      const arrived = Effect.callback<void, NntpDisconnected>((resume) => {
        wake = () => resume(failed === undefined ? Effect.void : Effect.fail(failed))
        if (failed !== undefined || replies.length === requests.length) wake()
      })
      const writing = guard(write(requests, onReply, onEnd))
      return writing.pipe(Effect.andThen(arrived), Effect.raceFirst(silence), Effect.as(replies))
    })

  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      if (end !== undefined) return Effect.void
      finish(disconnected("closed by us"))
      return (opened.send(quit) ?? Effect.void).pipe(Effect.timeoutOption(quitMillisMax), Effect.ignore)
    })
  )

  yield* listen.pipe(
    Effect.catch((error) => Effect.sync(() => finish(disconnected(reasonOf(error))))),
    Effect.forkScoped
  )

  const exchange = (requests: ReadonlyArray<Request>): Effect.Effect<ReadonlyArray<Reply>, NntpDisconnected> =>
    requests.length === 0 ? Effect.succeed([]) : talk(requests, guarded)

  const unguarded = <A, E>(writing: Effect.Effect<A, E>): Effect.Effect<A, E> => writing

  return {
    server,
    greeting: { ...opened.greeting, block: undefined },
    isOpen: () => end === undefined,
    ended: Effect.callback<never, NntpDisconnected>((resume) => {
      const listener = (error: NntpDisconnected): void => resume(Effect.fail(error))
      if (end !== undefined) return listener(end)
      endListeners.add(listener)
      return Effect.sync(() => endListeners.delete(listener))
    }),
    exchange,
    submit: (line, asksForArticle, article) =>
      Effect.gen(function* () {
        const asked = yield* talk([{ line }], unguarded)
        const answer = asked[0] ?? noReply
        if (!asksForArticle(answer)) return { reply: answer, isSent: false }
        const sent = yield* talk([{ line: "", article }], unguarded)
        return { reply: sent[0] ?? noReply, isSent: true }
      }).pipe(
        Effect.onInterrupt(() => Effect.sync(() => finish(disconnected("interrupted in mid article")))),
        guarded
      ),
    send: (requests, onReply) => {
      if (requests.length === 0) return Exit.void
      if (talking > 0 || !isPrompt) return guarded(write(requests, onReply, ignore))
      if (end !== undefined) return Exit.fail(end)
      const rest = push(requests, onReply, ignore)
      return rest === undefined ? Exit.void : translate(rest)
    }
  }
})

const ignore = (): void => {}

/** How long a closing client tries to say QUIT. */
const quitMillisMax = 1_000

const encoder = new TextEncoder()
const quit = encoder.encode("QUIT\r\n")

/** A simulated network may bring text. */
const bytes = (pull: Socket.Reader["pull"]): Pull =>
  Effect.map(pull, (chunks) =>
    chunks.every(isOctets) ? chunks : chunks.map((chunk) => (typeof chunk === "string" ? encoder.encode(chunk) : chunk))
  )

const isOctets = (chunk: Uint8Array | string): chunk is Uint8Array => typeof chunk !== "string"

/**
 * Whether a reply begins with `id`, or a number and `id`, or with no id at all (RFC 3977 §6.2.1, RFC 4644 §2.4): a server
 * that answers about another article has lost its place.
 */
export const isAbout = ({ text }: Reply, id: string): boolean => {
  if (text === id) return true
  const named = /^(?:\d+ )?(<[^<>\s]*>)(?: |$)/.exec(text)?.[1]
  return named === undefined || named === id
}

const noReply: Reply = { code: 0, text: "", block: undefined }

/** An article without a line before it is the second half of a command. */
const append = (buffer: WriteBuffer, request: Request | undefined): void => {
  if (request === undefined) return
  if (request.line !== "") buffer.line(request.line)
  if (request.article === undefined) return
  buffer.stuffed(request.article)
  buffer.endBlock()
}

const reasonOf = (error: Socket.SocketError): string => {
  const { reason } = error
  switch (reason._tag) {
    case "SocketCloseError":
      return "closed the connection"
    case "SocketOpenError":
      return reason.kind === "Timeout" ? "did not open in time" : `cannot be reached: ${causeOf(reason.cause)}`
    case "SocketReadError":
    case "SocketWriteError":
    case "SocketUpgradeError":
      return `connection broke: ${causeOf(reason.cause)}`
  }
}

const causeOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
