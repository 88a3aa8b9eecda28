/**
 * One client's connection: octets in, replies out, one Effect step for each chunk.
 *
 * What a chunk brings is framed and stepped through the session machine; tasks that do not depend on one another are
 * answered together, and the replies of a chunk leave in one write, of a large one in few. While a client does not read,
 * nothing more of it is read.
 */
import { Clock, Effect } from "effect"
import type * as Socket from "effect/socket/Socket"
import * as Access from "./Access.ts"
import type * as AccessControl from "./AccessControl.ts"
import { Conversation, type Progress, type Watch } from "./Conversation.ts"
import type { Gate } from "./Gate.ts"
import type { IdleWatch, Watched } from "./IdleWatch.ts"
import type * as ListAnswers from "./ListAnswers.ts"
import type * as Login from "./Login.ts"
import type * as ReadingAnswers from "./ReadingAnswers.ts"
import type { Reconciler } from "./Reconciler.ts"
import * as Reply from "./Reply.ts"
import type * as TransitAnswers from "./TransitAnswers.ts"
import type { Transport } from "./Transport.ts"

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
  yield* converse(service, transport, { progressed, hold }).pipe(
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

const converse = Effect.fnUntraced(function* (
  service: Service,
  transport: Transport,
  watch: Watch
): Effect.fn.Return<void, Socket.SocketError> {
  const conversation = new Conversation(service, transport, watch)
  if (Access.isHopeless(conversation.standing)) {
    return yield* transport.write(`${Reply.line(502, "You have no access here")}\r\n`)
  }
  yield* transport.write(`${conversation.greeting}\r\n`)
  while (!conversation.isOver) {
    yield* transport.each(conversation.step).pipe(
      Effect.tapError(() => conversation.leave),
      Effect.onInterrupt(() => Effect.sync(() => conversation.end()))
    )
  }
})
