/**
 * A spool as a process of a simulated fleet uses it, with a witness of every article that it is given.
 *
 * The witness sees what the spool answered, and changes nothing of it.
 */
import type * as Article from "@lupin/core/Article"
import * as Prompt from "@lupin/core/Prompt"
import type * as Spool from "@lupin/spool/Spool"
import { Effect } from "effect"
import type { SimProcess } from "./SimProcess.ts"

export type Notice = (batch: ReadonlyArray<Article.Article>, stored: ReadonlyArray<Spool.Stored>) => void

/** The same spool; `notice` is called for each batch, before whoever stored it learns of its outcome. */
export const over = (spool: Spool.Spool["Service"], notice: Notice): Spool.Spool["Service"] => ({
  ...spool,
  store: (batch) =>
    Prompt.map(spool.store(batch), (stored) => {
      notice(batch, stored)
      return stored
    })
})

/**
 * A spool that outlives processes, as one of them uses it: what waits for changes is woken by what this process does, and
 * dies with it.
 */
export const kept = (spool: Spool.Spool["Service"], process: SimProcess): Spool.Spool["Service"] => {
  const waiting = new Set<{ readonly after: number; readonly wake: () => void }>()
  const changing = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.tap(effect, () =>
      Effect.map(spool.head, (head) => {
        for (const waiter of waiting) {
          if (waiter.after >= head) continue
          waiting.delete(waiter)
          process.post(waiter.wake)
        }
      })
    )
  return {
    ...spool,
    store: (batch) => changing(spool.store(batch)),
    remove: (ids, why) => changing(spool.remove(ids, why)),
    addGroup: (group, status) => changing(spool.addGroup(group, status)),
    removeGroup: (group) => changing(spool.removeGroup(group)),
    watch: (onMove) => {
      const stop = spool.watch((head, changes) => process.perform(() => onMove(head, changes)))
      const forget = process.onDeath(stop)
      return () => {
        forget()
        stop()
      }
    },
    changed: (after) =>
      Effect.flatMap(spool.head, (head) =>
        head > after
          ? Effect.void
          : Effect.callback<void>((resume) => {
              const waiter = { after, wake: () => resume(Effect.void) }
              waiting.add(waiter)
              return Effect.sync(() => void waiting.delete(waiter))
            })
      )
  }
}
