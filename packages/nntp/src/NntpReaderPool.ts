/**
 * A bounded number of connections to one server, opened when needed, replaced when broken, closed with the scope.
 */
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

export const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<NntpReaderPool, never, Scope.Scope> {
  const parent = yield* Scope.Scope
  const permits = yield* Semaphore.make(options.connectionsMax ?? connectionsMaxDefault)
  const idle: Array<Lease> = []

  const open = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(parent)
      const reader = yield* restore(Scope.provide(NntpReader.connect(options), scope)).pipe(
        Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit)))
      )
      return { reader, scope }
    })
  )

  const take: Effect.Effect<Lease, NntpDisconnected> = Effect.suspend(() => {
    const lease = idle.pop()
    if (lease === undefined) return open
    return lease.reader.client.isOpen()
      ? Effect.succeed(lease)
      : Effect.andThen(Scope.close(lease.scope, Exit.void), take)
  })

  const giveBack = (lease: Lease): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (!lease.reader.client.isOpen()) return Scope.close(lease.scope, Exit.void)
      idle.push(lease)
      return Effect.void
    })

  return {
    use: (task) => permits.withPermits(1)(Effect.acquireUseRelease(take, ({ reader }) => task(reader), giveBack))
  }
})
