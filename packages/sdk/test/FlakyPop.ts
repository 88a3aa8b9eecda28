/** A POP in memory behind a connection that loses what a script says, for the tests of the outbox. */
import { Clock, Context, Effect, Layer } from "effect"
import * as MemoryPop from "@lupin/api/MemoryPop"
import * as PopOperations from "@lupin/api/PopOperations"
import * as PopClient from "@lupin/sdk/PopClient"
import { trails } from "./TrailApp.ts"

/** What becomes of a request; the answer may be lost after the POP has acted. */
export type Fate = "through" | "requestLost" | "answerLost" | "spoolAway"

export interface FlakyPop {
  readonly client: PopClient.PopClient
  readonly controls: MemoryPop.Controls["Service"]
  /** Ids of all posts that reached the wire, in order. */
  readonly posts: ReadonlyArray<string>
}

/** A POP whose n-th request has the n-th fate; later ones go through. Its clock is `aheadMillis` ahead of the phone's. */
export const make = Effect.fnUntraced(function* (host: string, fates: ReadonlyArray<Fate> = [], aheadMillis = 0) {
  const context = yield* Layer.build(MemoryPop.layer({ apps: [trails], host }))
  const operations = Context.get(context, PopOperations.PopOperations)
  const controls = Context.get(context, MemoryPop.Controls)
  const posts: Array<string> = []
  const byItsClock = <A, E>(request: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(Clock.Clock, (clock) => Effect.provideService(request, Clock.Clock, ahead(clock, aheadMillis)))
  let heardMillis = 0
  let requests = 0
  const over = <A, E>(request: Effect.Effect<A, E>): Effect.Effect<A, E | PopClient.Unreachable> =>
    Effect.suspend((): Effect.Effect<A, E | PopClient.Unreachable> => {
      const fate = fates[requests++] ?? "through"
      const lost = Effect.fail(new PopClient.Unreachable({ baseUrl: host, reason: fate }))
      switch (fate) {
        case "through":
          return request
        case "requestLost":
          return lost
        case "answerLost":
          return Effect.andThen(Effect.exit(request), lost)
        case "spoolAway":
          return Effect.acquireUseRelease(
            controls.setAway("spool", true),
            () => request,
            () => controls.setAway("spool", false)
          )
      }
    })
  const client: PopClient.PopClient = {
    baseUrl: host,
    routingKey: operations.routingKey,
    aheadMillis: Effect.sync(() => heardMillis),
    postEvent: (post) => {
      posts.push(post.id ?? "none")
      return Effect.onExit(over(byItsClock(operations.postEvent(post))), () =>
        Effect.sync(() => void (heardMillis = aheadMillis))
      )
    },
    cancelEvent: (cancel) => over(operations.cancelEvent(cancel)),
    events: (query) => over(operations.events(query)),
    digest: (query) => over(operations.digest(query)),
    article: (id) => over(operations.article(id)),
    receipt: (id) => over(operations.receipt(id))
  }
  return { client, controls, posts } satisfies FlakyPop
})

const ahead = (clock: Clock.Clock, millis: number): Clock.Clock => {
  const nowMillis = () => clock.currentTimeMillisUnsafe() + millis
  const nanos = BigInt(millis) * 1_000_000n
  return {
    currentTimeMillisUnsafe: nowMillis,
    currentTimeMillis: Effect.sync(nowMillis),
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() + nanos,
    currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + nanos),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
}
