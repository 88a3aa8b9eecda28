/**
 * A bounded number of connections to one server, opened when needed, replaced when broken, closed with the scope.
 */
import * as Recoveries from "@lupin/core/Recoveries"
import { Effect, Exit, Scope, Semaphore } from "effect"
import type * as NntpClient from "./NntpClient.ts"
import type { NntpDisconnected } from "./NntpError.ts"
import * as NntpReader from "./NntpReader.ts"

export interface Options extends NntpClient.Options {
  readonly connectionsMax?: number
}

export interface NntpReaderPool {
  /** Runs with a connection of its own; waits while all are taken. */
  readonly use: <A, E, R>(
    task: (reader: NntpReader.NntpReader) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | NntpDisconnected, R>
}

export const connectionsMaxDefault = 4

interface Lease {
  readonly reader: NntpReader.NntpReader
  readonly scope: Scope.Closeable
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<NntpReaderPool, never, Scope.Scope> {
  const parent = yield* Scope.Scope
  const permits = yield* Semaphore.make(options.connectionsMax ?? connectionsMaxDefault)
  const idle: Array<Lease> = []
  const { note } = yield* Recoveries.Recoveries

  const open = (restore: Restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(parent)
      const reader = yield* restore(Scope.provide(NntpReader.connect(options), scope)).pipe(
        Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit)))
      )
      return { reader, scope }
    })

  const take = (restore: Restore): Effect.Effect<Lease, NntpDisconnected> =>
    Effect.suspend(() => {
      const lease = idle.pop()
      if (lease === undefined) return open(restore)
      if (lease.reader.client.isOpen()) return Effect.succeed(lease)
      note("pool-reconnected")
      return Effect.andThen(Scope.close(lease.scope, Exit.void), take(restore))
    })

  const giveBack = (lease: Lease): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (!lease.reader.client.isOpen()) return Scope.close(lease.scope, Exit.void)
      idle.push(lease)
      return Effect.void
    })

  /** Whoever asks may give up also while a connection is being made: the server may be silent. */
  const use: NntpReaderPool["use"] = (task) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(take(restore), (lease) => Effect.ensuring(restore(task(lease.reader)), giveBack(lease)))
    )
  return { use: (task) => permits.withPermits(1)(use(task)) }
})
