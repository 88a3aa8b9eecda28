/**
 * One client's connection: octets in, replies out, one Effect step for each chunk.
 *
 * What a chunk brings is framed and stepped through the session machine; tasks that do not depend on one another are
 * answered together, and the replies of a chunk leave in one write. While a client does not read, nothing more of it
 * is read.
 */
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import { Clock, Effect, type Scope } from "effect"
import * as Socket from "effect/socket/Socket"
import { Framing } from "./Framing.ts"
import type { IdleWatch, Watched } from "./IdleWatch.ts"
import * as ListAnswers from "./ListAnswers.ts"
import type { Output, Trouble } from "./Output.ts"
import * as ReadingAnswers from "./ReadingAnswers.ts"
import * as Reply from "./Reply.ts"
import { WriteBuffer } from "./WriteBuffer.ts"
import * as Session from "./Session.ts"
import * as TransitAnswers from "./TransitAnswers.ts"

/** Octets of replies after which they are written out, also in mid chunk. */
export const flushBytes = 256 * 1024

/** How long a closing connection waits for the client to read what is left. */
const lingerMillis = 5_000

/** What a connection serves, and under which limits. */
export interface Service extends ReadingAnswers.Reading, ListAnswers.Listing, TransitAnswers.Transit {
  readonly mayPost: boolean
  /** Closes a connection that completes no command or article for too long. */
  readonly idle: IdleWatch
}

/** What the connection tells of its transport. */
export interface Transport {
  /** Says whether everything written has left the process. */
  readonly isDrained: () => boolean
  /** Ends the connection once everything written has left. */
  readonly end: Effect.Effect<void>
}

type Direct = Exclude<Session.Task, TransitAnswers.Batched | { readonly _tag: "Nothing" | "Close" }>

/** Serves until the client quits, falls silent or is gone. */
export const serve = (
  service: Service,
  socket: Socket.Socket,
  transport: Transport
): Effect.Effect<void, never, Scope.Scope> => Effect.ignore(serveOpen(service, socket, transport))

const serveOpen = Effect.fnUntraced(function* (
  service: Service,
  socket: Socket.Socket,
  transport: Transport
): Effect.fn.Return<void, Socket.SocketError, Scope.Scope> {
  const pull = yield* Socket.readerBytes(socket)
  const writer = yield* socket.writer
  const clock = yield* Clock.Clock
  const close = writer.write(new Socket.CloseEvent(1000))
  const watched: Watched = {
    atMillis: clock.currentTimeMillisUnsafe(),
    // A client that does not read does not read this either.
    expire: Effect.timeoutOption(writer.write(`${Reply.line(400, "Idle for too long")}\r\n`), lingerMillis).pipe(
      Effect.andThen(close),
      Effect.ignore
    )
  }
  service.idle.enter(watched)
  yield* Effect.addFinalizer(() => Effect.sync(() => service.idle.leave(watched)))
  yield* converse(service, pull, writer, transport, () => {
    watched.atMillis = clock.currentTimeMillisUnsafe()
    return watched.atMillis
  })
  yield* Effect.timeoutOption(transport.end, lingerMillis)
  yield* close
})

const converse = Effect.fnUntraced(function* (
  service: Service,
  pull: Effect.Effect<ReadonlyArray<Uint8Array>, Socket.SocketError>,
  writer: Socket.Writer,
  transport: Transport,
  progressed: () => number
): Effect.fn.Return<void, Socket.SocketError> {
  const framing = new Framing()
  const buffer = new WriteBuffer()
  const batch = new TransitAnswers.Batch()
  let flushes = 0
  let leased = ""
  let state = Session.initial
  const facts = { nowMillis: 0, mayPost: service.mayPost, generation: service.spool.generation }

  const flush = Effect.suspend(() => {
    if (buffer.length === 0) return Effect.void
    flushes += 1
    return Effect.map(writer.write(buffer.take()), () => buffer.recycle(transport.isDrained()))
  })
  const out: Output = { buffer, flushIfFull: Effect.suspend(() => (buffer.length < flushBytes ? Effect.void : flush)) }

  const settleBatch = Effect.suspend(() => {
    if (batch.tasks.length === 0) return Effect.void
    return Effect.flatMap(TransitAnswers.answer(service, batch.tasks), (lines) => {
      for (const line of lines) buffer.line(line)
      batch.clear()
      return out.flushIfFull
    })
  })

  const wanted: Array<ReadingAnswers.Wanted> = []
  const settleWanted = Effect.suspend(() => {
    const mark = buffer.length
    const flushesBefore = flushes
    return ReadingAnswers.articles(service, wanted, out).pipe(
      Effect.catchTag("SpoolUnavailable", (trouble) => {
        if (flushes !== flushesBefore) return Effect.fail(closeError)
        buffer.truncate(mark)
        for (const _ of wanted) buffer.line(Reply.line(403, trouble.reason))
        return Effect.void
      }),
      Effect.tap(() => {
        wanted.length = 0
        return Effect.void
      })
    )
  })

  const perform = Effect.fnUntraced(function* (task: Direct): Effect.fn.Return<void, Socket.SocketError> {
    const mark = buffer.length
    const flushesBefore = flushes
    const outcome = yield* answer(service, task, out).pipe(
      Effect.catchTag("SpoolUnavailable", (trouble) => {
        // Half an answer is out: only the end of the connection can tell the client.
        if (flushes !== flushesBefore) return Effect.fail(closeError)
        buffer.truncate(mark)
        buffer.line(Reply.line(403, trouble.reason))
        return Effect.succeed(undefined)
      })
    )
    if (outcome !== undefined) state = Session.settle(state, outcome)
  })

  yield* writer.write(`${Session.greeting(facts, service.site)}\r\n`)
  while (state.phase._tag !== "Closed") {
    for (const chunk of yield* pull) {
      framing.push(chunk)
      for (let input = next(framing, state.phase); input !== undefined; input = next(framing, state.phase)) {
        facts.nowMillis = progressed()
        const step = Session.step(state, input, facts)
        const { task } = step
        state = step.state
        if (task._tag === "Article" && typeof task.of === "string") {
          if (batch.tasks.length > 0) yield* settleBatch
          wanted.push({ part: task.part, id: task.of })
          if (wanted.length === ReadingAnswers.wantedMax) yield* settleWanted
          continue
        }
        if (wanted.length > 0) yield* settleWanted
        switch (task._tag) {
          case "Nothing":
            break
          case "Answer":
          case "Receive":
          case "Post":
          case "Offer":
            if (task._tag === "Answer" && batch.tasks.length === 0) {
              buffer.line(task.line)
              break
            }
            if (task._tag === "Offer" && task.by === "IHAVE") {
              yield* settleBatch
              const [word = "later"] = yield* TransitAnswers.offer(service, [task.id])
              if (word === "wanted") state = Session.settle(state, { _tag: "ArticleComes", id: task.id })
              buffer.line(TransitAnswers.offerLine(task, word))
              break
            }
            if (!batch.accepts(task)) yield* settleBatch
            batch.add(task)
            break
          case "Close":
            yield* settleBatch
            buffer.line(task.line)
            break
          default:
            yield* settleBatch
            yield* perform(task)
        }
      }
    }
    if (wanted.length > 0) yield* settleWanted
    yield* settleBatch
    yield* flush
    // An article is under way: whoever else offers it meanwhile is told to try again later.
    if (state.phase._tag === "Article" && state.phase.by === "TAKETHIS" && state.phase.id !== leased) {
      leased = state.phase.id
      const id = MessageId.parse(leased)
      if (id !== undefined) yield* TransitAnswers.offer(service, [id])
    }
  }
})

const next = (framing: Framing, phase: Session.Phase): Session.Input | undefined => {
  switch (phase._tag) {
    case "Command": {
      const line = framing.line(Limits.commandLineBytesMax)
      return line === undefined ? undefined : { _tag: "Line", line }
    }
    case "Article":
    case "Post": {
      const block = framing.block(Limits.articleBytesMax)
      return block === undefined ? undefined : { _tag: "Block", block }
    }
    case "Closed":
      return undefined
  }
}

const answer = (service: Service, task: Direct, out: Output): Effect.Effect<Session.Outcome | undefined, Trouble> => {
  switch (task._tag) {
    case "AnswerBlock":
      return Effect.sync(() => {
        out.buffer.line(task.line)
        for (const line of task.lines) out.buffer.blockLine(line)
        out.buffer.text(".\r\n")
        return undefined
      })
    case "Select":
      return ReadingAnswers.select(service, task, out)
    case "Neighbour":
      return ReadingAnswers.neighbour(service, task, out)
    case "Article":
      return ReadingAnswers.article(service, task, out)
    case "Over":
      return ReadingAnswers.over(service, task, out)
    case "Hdr":
      return ReadingAnswers.hdr(service, task, out)
    case "ListGroups":
      return Effect.as(ListAnswers.groups(service, task, out), undefined)
    case "NewGroups":
      return Effect.as(ListAnswers.newGroups(service, task, out), undefined)
    case "NewNews":
      return Effect.as(ListAnswers.newNews(service, task, out), undefined)
    case "Changes":
      return Effect.as(ListAnswers.changes(service, task, out), undefined)
    case "Status":
      return Effect.as(ListAnswers.status(service, task, out), undefined)
  }
}

const closeError = new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1001 }) })
