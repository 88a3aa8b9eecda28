/**
 * One client's connection: octets in, replies out, one Effect step for each chunk.
 *
 * What a chunk brings is framed and stepped through the session machine; tasks that do not depend on one another are
 * answered together, and the replies of a chunk leave in one write, of a large one in few. While a client does not read,
 * nothing more of it is read.
 */
import * as MessageId from "@lupin/core/MessageId"
import * as Prompt from "@lupin/core/Prompt"
import { Clock, Effect } from "effect"
import * as Socket from "effect/socket/Socket"
import * as Access from "./Access.ts"
import type * as AccessControl from "./AccessControl.ts"
import * as Admission from "./Admission.ts"
import * as Answers from "./Answers.ts"
import { Framing } from "./Framing.ts"
import type { Gate } from "./Gate.ts"
import type { IdleWatch, Watched } from "./IdleWatch.ts"
import * as KnownChecks from "./KnownChecks.ts"
import type * as ListAnswers from "./ListAnswers.ts"
import * as Login from "./Login.ts"
import * as NextInput from "./NextInput.ts"
import type { Output } from "./Output.ts"
import * as ReadingAnswers from "./ReadingAnswers.ts"
import type { Reconciler } from "./Reconciler.ts"
import { Replies, type Undone } from "./Replies.ts"
import * as Reply from "./Reply.ts"
import * as Security from "./Security.ts"
import * as Session from "./Session.ts"
import * as TransitAnswers from "./TransitAnswers.ts"
import type { Transport } from "./Transport.ts"

/** Octets of replies after which they are written out, also in mid chunk. */
export const flushBytes = 256 * 1024

/**
 * How the replies to a chunk are parted: octets after which they are written out, and commands that are answered together.
 * A client who is alone reads the first part, and asks on, while the rest is made; among several nobody would wait for it.
 */
const parts = {
  first: { bytes: 8 * 1024, commands: ReadingAnswers.wantedMax / 2 },
  other: { bytes: flushBytes, commands: ReadingAnswers.wantedMax }
} as const

/** Articles that are stored together where a disk is waited for: it takes the first of a chunk while the next are read. */
const articlesTogether = 64

/** Octets that a connection may always hold of what has not ended. */
const unfinishedBytesFree = 64 * 1024

/** How long a closing connection waits for the client to read what is left. */
const lingerMillis = 5_000

/** What a connection serves, and under which limits. */
export interface Service extends ReadingAnswers.Reading, ListAnswers.Listing, TransitAnswers.Transit {
  readonly mayPost: boolean
  /** Whose rules hold at each moment. */
  readonly access: { readonly current: () => AccessControl.Policy }
  readonly login: Login.Login
  /** Octets that all connections hold of what has not ended. */
  readonly gate: Pick<Gate, "hold">
  /** Locks what users post. */
  readonly cancelSecret: Effect.Effect<Uint8Array | undefined>
  /** Absent where the site does not reconcile. */
  readonly reconciler?: Reconciler["Service"] | undefined
  /** Closes a connection that completes no command or article for too long. */
  readonly idle: IdleWatch
}

/** Serves until the client quits, falls silent or is gone. */
export const serve = (service: Service, transport: Transport): Effect.Effect<void> =>
  Effect.ignore(serveOpen(service, transport))

const serveOpen = Effect.fnUntraced(function* (
  service: Service,
  transport: Transport
): Effect.fn.Return<void, Socket.SocketError> {
  const clock = yield* Clock.Clock
  const watched: Watched = {
    atMillis: clock.currentTimeMillisUnsafe(),
    // A client that does not read does not read this either.
    expire: Effect.timeoutOption(transport.write(`${Reply.line(400, "Idle for too long")}\r\n`), lingerMillis).pipe(
      Effect.andThen(transport.close),
      Effect.ignore
    )
  }
  service.idle.enter(watched)
  let held = 0
  const progressed = (): Progress => {
    transport.settle()
    const nowMillis = clock.currentTimeMillisUnsafe()
    return { nowMillis, isAlone: service.idle.progress(watched, nowMillis) }
  }
  /** Who holds little is not sent away for what others hold. */
  const hold = (bytes: number): boolean => {
    if (bytes === held) return true
    const isRoom = service.gate.hold(bytes - held)
    held = bytes
    return isRoom || bytes <= unfinishedBytesFree
  }
  yield* converse(service, transport, progressed, hold).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        service.idle.leave(watched)
        hold(0)
      })
    )
  )
  yield* Effect.timeoutOption(transport.end, lingerMillis)
  yield* transport.close
})

/** When a chunk has brought something, and whether no other connection has since the last one. */
interface Progress {
  readonly nowMillis: number
  readonly isAlone: boolean
}

const converse = Effect.fnUntraced(function* (
  whole: Service,
  transport: Transport,
  progressed: () => Progress,
  hold: (bytes: number) => boolean
): Effect.fn.Return<void, Socket.SocketError> {
  let framing = new Framing()
  const replies = new Replies(transport)
  const { buffer, flush, underway } = replies
  let batch = new TransitAnswers.Batch()
  /** Whether articles had to be waited for, the last time. */
  let isStoreSlow = true
  let isAlone = false
  let writesBefore = 0
  let leased = ""
  let isTooMuch = false
  let state: Session.State = { ...Session.initial, security: Security.initial(transport.isSecure()) }
  let admitted = Admission.of(whole, transport, state.security)
  let service = admitted.service
  const facts = {
    nowMillis: 0,
    mayPost: whole.mayPost,
    mayReconcile: whole.reconciler !== undefined,
    generation: whole.spool.generation,
    security: admitted.facts
  }

  /** Rules and logins may have changed since the last command. */
  const admit = (): void => {
    if (Admission.isCurrent(admitted, whole, state.security)) return
    admitted = Admission.of(whole, transport, state.security)
    service = admitted.service
    facts.security = admitted.facts
  }

  const part = (): (typeof parts)[keyof typeof parts] =>
    isAlone && replies.writes === writesBefore ? parts.first : parts.other
  const relieve = (): Prompt.Rest<Socket.SocketError> => (buffer.length < part().bytes ? undefined : replies.send())
  const out: Output = { buffer, relieve, flushIfFull: Effect.suspend(() => relieve() ?? Effect.void) }

  /** Begins what was gathered; gives what has to be waited for. */
  const begin = (): Prompt.Rest<Socket.SocketError> => {
    if (!underway.hasRoom(batch)) return Prompt.run(beginLater())
    const answers = TransitAnswers.answer(service, batch.tasks, facts.nowMillis)
    if (underway.isEmpty && Prompt.isThere(answers)) {
      buffer.lines(answers.value)
      isStoreSlow &&= batch.articles === 0
      batch.clear()
      return buffer.length < flushBytes ? undefined : replies.send()
    }
    if (!underway.enter(batch, answers)) return Prompt.run(alone(answers))
    isStoreSlow ||= batch.articles > 0
    batch = new TransitAnswers.Batch()
    return undefined
  }

  const beginLater = function* (): Generator<Undone, void> {
    while (!underway.hasRoom(batch)) yield* replies.wait()
    yield* begin() ?? Effect.void
  }

  /** Waits for answers that do not come by themselves, behind all others. */
  const alone = function* (answers: Effect.Effect<ReadonlyArray<string>>): Generator<Undone, void> {
    yield* replies.settle()
    buffer.lines(yield* answers)
    batch.clear()
    if (buffer.length >= flushBytes) yield* flush
  }

  const isSettled = (): boolean => batch.tasks.length === 0 && underway.isEmpty

  /** Begins what was gathered, and waits for all answers. */
  const settle = function* (): Generator<Undone, void> {
    if (batch.tasks.length > 0) yield* begin() ?? Effect.void
    yield* replies.settle()
  }

  /** Answers the next lines as far as they are CHECKs of what is here; says how many. */
  const answerKnown = (): number => {
    admit()
    if (wanted.length > 0 || !Session.mayOffer(state, facts)) return 0
    return KnownChecks.answer({ framing, service, transport, buffer, before: isSettled() ? undefined : batch })
  }

  const wanted: Array<ReadingAnswers.Wanted> = []
  const settleWanted = (): Prompt.Rest<Socket.SocketError> => {
    const mark = buffer.mark()
    const writesBefore = replies.writes
    const rest = ReadingAnswers.articles(service, wanted, out)
    if (rest === undefined) {
      wanted.length = 0
      return undefined
    }
    return rest.pipe(
      Effect.catchTag("SpoolUnavailable", (trouble) => {
        if (replies.writes !== writesBefore) return Effect.fail(closeError)
        buffer.truncate(mark)
        for (const _ of wanted) buffer.line(Reply.line(403, trouble.reason))
        return Effect.void
      }),
      Effect.tap(() => {
        wanted.length = 0
        return Effect.void
      })
    )
  }

  const perform = Effect.fnUntraced(function* (task: Answers.Direct): Effect.fn.Return<void, Socket.SocketError> {
    const mark = buffer.mark()
    const writesBefore = replies.writes
    const outcome = yield* Answers.answer(service, task, out).pipe(
      Effect.catchTag("SpoolUnavailable", (trouble) => {
        // Half an answer is out: only the end of the connection can tell the client.
        if (replies.writes !== writesBefore) return Effect.fail(closeError)
        buffer.truncate(mark)
        buffer.line(Reply.line(403, trouble.reason))
        return Effect.succeed(undefined)
      })
    )
    if (outcome !== undefined) state = Session.settle(state, outcome)
  })

  /** Octets that came behind STARTTLS or COMPRESS are thrown away (RFC 4642 §2.2.2, RFC 8054 §2.2.2). */
  const secure = Effect.fnUntraced(function* (act: Security.Act): Effect.fn.Return<void, Socket.SocketError> {
    if (act._tag === "StartTls" || act._tag === "Compress") {
      framing = new Framing()
      if (act._tag === "StartTls") transport.discard()
      buffer.line(Reply.line(act._tag === "StartTls" ? 382 : 206))
      yield* flush
    }
    const settled = Session.settleAct(state, yield* Login.perform(whole.login, transport, act))
    state = settled.state
    if (settled.task._tag === "Secure") return yield* secure(settled.task.act)
    if ("line" in settled.task && settled.task.line !== "") buffer.line(settled.task.line)
  })

  const take = function* (chunks: ReadonlyArray<Uint8Array>): Generator<Undone, void> {
    const blocked = replies.begin()
    if (blocked !== undefined) yield* blocked
    for (const chunk of chunks) {
      const stream = framing
      framing.push(chunk)
      let isFirst = true
      // Commands that came in one chunk are of one moment.
      const passed = (): void => {
        if (!isFirst) return transport.settle()
        const progress = progressed()
        facts.nowMillis = progress.nowMillis
        isAlone = progress.isAlone
        writesBefore = replies.writes
        isFirst = false
      }
      let strangers = 0
      for (;;) {
        if (strangers < KnownChecks.strangersMax) {
          const known = answerKnown()
          if (known > 0) passed()
          strangers += 1 - known
          if (buffer.length >= flushBytes) yield* replies.send() ?? Effect.void
        }
        const input = NextInput.take(framing, state, facts)
        if (input === undefined) break
        passed()
        admit()
        const step = Session.step(state, input, facts)
        const { task } = step
        state = step.state
        if (task._tag === "Article" && typeof task.of === "string") {
          if (!isSettled()) yield* settle()
          wanted.push({ part: task.part, id: task.of })
          if (wanted.length >= part().commands) yield* settleWanted() ?? Effect.void
          continue
        }
        if (wanted.length > 0) yield* settleWanted() ?? Effect.void
        switch (task._tag) {
          case "Nothing":
            break
          case "Answer":
          case "Receive":
          case "Post":
          case "Offer":
            if (task._tag === "Answer" && isSettled()) {
              buffer.line(task.line)
              break
            }
            if (task._tag === "Offer" && task.by === "IHAVE") {
              if (!isSettled()) yield* settle()
              const offered = TransitAnswers.offer(service, [task.id], facts.nowMillis)
              const [word = "later"] = Prompt.isThere(offered) ? offered.value : yield* offered
              if (word === "wanted") state = Session.settle(state, { _tag: "ArticleComes", id: task.id })
              buffer.line(TransitAnswers.offerLine(task, word))
              break
            }
            if (!batch.accepts(task)) yield* begin() ?? Effect.void
            if (!underway.isEmpty && "id" in task && underway.names(task.id)) yield* settle()
            batch.add(task)
            if (isStoreSlow && batch.articles === articlesTogether) yield* begin() ?? Effect.void
            break
          case "Close":
            yield* settle()
            buffer.line(task.line)
            break
          case "Secure":
            yield* settle()
            yield* secure(task.act)
            break
          default:
            yield* settle()
            yield* perform(task)
        }
      }
      if (framing !== stream) break
      if (!hold(framing.pendingBytes)) {
        isTooMuch = true
        yield* settle()
        yield* flush
        return yield* transport.write(`${Reply.line(400, "Too much is under way; try again later")}\r\n`)
      }
    }
    if (wanted.length > 0) yield* settleWanted() ?? Effect.void
    const begun = batch.tasks.length > 0 ? begin() : undefined
    if (begun !== undefined) yield* begun
    if (!underway.isEmpty && !transport.isPrompt()) yield* settle()
    const sent = isAlone ? replies.send() : replies.sendLater()
    if (sent !== undefined) yield* sent
    // An article is under way: whoever else offers it meanwhile is told to try again later.
    if (state.phase._tag === "Article" && state.phase.by === "TAKETHIS" && state.phase.id !== leased) {
      leased = state.phase.id
      const id = MessageId.parse(leased)
      if (id !== undefined) yield* TransitAnswers.offer(service, [id], facts.nowMillis)
    }
    const rest = replies.rest()
    if (rest !== undefined) yield* rest
  }

  if (Access.isHopeless(admitted.facts.standing)) {
    return yield* transport.write(`${Reply.line(502, "You have no access here")}\r\n`)
  }
  yield* transport.write(`${Session.greeting(facts, whole.site)}\r\n`)
  const isOver = (): boolean => isTooMuch || state.phase._tag === "Closed"
  const step = (chunks: ReadonlyArray<Uint8Array>): Prompt.Rest<Socket.SocketError> =>
    Prompt.run(take(chunks)) ?? (isOver() ? Effect.void : undefined)
  while (!isOver()) {
    yield* transport.each(step).pipe(
      Effect.tapError(() => replies.leave),
      Effect.onInterrupt(() => Effect.sync(() => replies.end()))
    )
  }
})

const closeError = new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1001 }) })
