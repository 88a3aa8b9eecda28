/**
 * Reads a site's configuration again when it is told to: by SIGHUP, or by `lupin reload` over the control socket.
 */
import { Effect, Queue, type Scope } from "effect"
import { Spool } from "@lupin/spool/Spool"
import * as Control from "./Control.ts"
import type { Live } from "./Live.ts"
import * as Orders from "./Orders.ts"
import type * as SiteConfig from "./SiteConfig.ts"

/** Takes the configuration that `reread` brings; the answer says what is different now, or what is wrong with it. */
export const reload = (
  live: Live["Service"],
  reread: Effect.Effect<SiteConfig.SiteConfig, SiteConfig.ConfigInvalid>
): Effect.Effect<Control.Answer> =>
  Effect.flatMap(reread, live.apply).pipe(
    Effect.map((message) => ({ isDone: true, message })),
    Effect.catchTag("ConfigInvalid", ({ message }) =>
      Effect.succeed({ isDone: false, message: `nothing was changed\n${message}` })
    ),
    Effect.tap(({ isDone, message }) =>
      isDone
        ? Effect.logInfo(`configuration reloaded: ${message}`)
        : Effect.logError(`configuration not reloaded: ${message}`)
    )
  )

/** Listens for both, and for other orders, until the scope closes. A site whose socket cannot be made still hears the signal. */
export const listen = Effect.fn("Reload.listen")(function* (
  live: Live["Service"],
  directory: string,
  reread: Effect.Effect<SiteConfig.SiteConfig, SiteConfig.ConfigInvalid>
): Effect.fn.Return<void, never, Scope.Scope | Spool> {
  const told = reload(live, reread)
  const signals = yield* Queue.sliding<void>(1)
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const onSignal = (): void => void Queue.offerUnsafe(signals, undefined)
      process.on("SIGHUP", onSignal)
      return onSignal
    }),
    (onSignal) => Effect.sync(() => void process.off("SIGHUP", onSignal))
  )
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Queue.take(signals), told)))
  yield* Control.serve(directory, Orders.answer(yield* Spool, told)).pipe(
    Effect.catchTag("NoSite", ({ reason }) => Effect.logWarning(`no control socket: ${reason}`))
  )
})
