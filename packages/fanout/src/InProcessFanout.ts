/**
 * The fan-out inside one process: bounded queues in memory, for a zone of one host.
 *
 * Nothing outlives the process. Whoever consumes rebuilds from the spool at its start, so nothing needs to.
 */
import { Clock, Effect, Latch, Layer } from "effect"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Fanout from "./Fanout.ts"
import { PendingQueue } from "./PendingQueue.ts"

export interface Options {
  /** Messages that one consumer may have pending before publishing waits. */
  readonly pendingMax?: number
  /** Message-IDs remembered, so that a repeat within as many articles is taken once. */
  readonly repeatsMax?: number
}

/** Pending messages of one consumer, where the options say nothing. */
export const pendingMaxDefault = 10_000
/** Message-IDs remembered, where the options say nothing. */
export const repeatsMaxDefault = 100_000

interface Open {
  readonly options: Fanout.ConsumerOptions
  readonly queue: PendingQueue
  readonly filled: Latch.Latch
}

const makeConsumer = (open: Open, drained: Latch.Latch, note: Recoveries.Counting["note"]): Fanout.Consumer => {
  const { options, queue, filled } = open
  const taken = (max: number, nowMillis: number): ReadonlyArray<Fanout.Delivery> => {
    note("fanout-redelivered", queue.expire(nowMillis))
    return queue.take(max, options.inFlightMax, nowMillis + options.acknowledgeMillisMax)
  }
  /** Until something comes, or is overdue: no race where nothing is in flight. */
  const untilMore = Effect.suspend(() => {
    const due = queue.nextDueMillis
    if (due === undefined) return filled.await
    const overdue = Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sleep(Math.max(1, due - now)))
    return Effect.raceFirst(filled.await, overdue)
  })
  const pull = (max: number): Effect.Effect<ReadonlyArray<Fanout.Delivery>> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
      const deliveries = taken(max, nowMillis)
      if (deliveries.length > 0) return Effect.succeed(deliveries)
      filled.closeUnsafe()
      return Effect.flatMap(untilMore, () => pull(max))
    })
  const settle = (change: () => void) =>
    Effect.sync(() => {
      change()
      filled.openUnsafe()
      drained.openUnsafe()
    })
  return {
    pull,
    acknowledge: (sequences) => settle(() => queue.acknowledge(sequences)),
    release: (sequences) => settle(() => queue.release(sequences)),
    pending: Effect.sync(() => queue.size)
  }
}

const make = (given: Options) =>
  Effect.map(Recoveries.Recoveries, ({ note }) => {
    const pendingMax = given.pendingMax ?? pendingMaxDefault
    const repeatsMax = given.repeatsMax ?? repeatsMaxDefault
    const consumers = new Map<string, Open>()
    const seen = new Set<string>()
    const drained = Latch.makeUnsafe(false)

    const isNew = (message: Fanout.Message) => {
      const key = message.isRemoval ? `${message.id} removed` : message.id
      if (seen.has(key)) return false
      seen.add(key)
      if (seen.size > repeatsMax) for (const oldest of seen) return seen.delete(oldest)
      return true
    }
    const isAnyFull = (): boolean => {
      for (const { queue } of consumers.values()) if (queue.size >= pendingMax) return true
      return false
    }
    const publish = Effect.fnUntraced(function* (batch: ReadonlyArray<Fanout.Message>) {
      let taken = 0
      for (const message of batch) {
        while (isAnyFull()) {
          drained.closeUnsafe()
          yield* drained.await
        }
        if (!isNew(message)) continue
        taken += 1
        for (const { options, queue, filled } of consumers.values()) {
          if (!Wildmat.matches(options.subjects, message.subject)) continue
          queue.add(message)
          filled.openUnsafe()
        }
      }
      return taken
    })
    const consumer = (options: Fanout.ConsumerOptions) =>
      Effect.sync(() => {
        const open = consumers.get(options.name) ?? {
          options,
          queue: new PendingQueue(),
          filled: Latch.makeUnsafe(false)
        }
        consumers.set(options.name, open)
        return makeConsumer(open, drained, note)
      })
    return Fanout.Fanout.of({ publish, consumer })
  })

/** A fan-out of its own; two layers share nothing. */
export const layer = (options: Options = {}): Layer.Layer<Fanout.Fanout> => Layer.effect(Fanout.Fanout, make(options))
