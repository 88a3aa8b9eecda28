/**
 * One process of a simulated world: its fibers, its clock, its chance; it can be killed and paused as a real one.
 *
 * A killed process simply never runs again: no finalizer, no last write. A paused one runs later, and finds its timers
 * overdue.
 */
import { Clock, Context, Duration, Effect, type Exit, type Fiber, Logger, Random, References, Scheduler } from "effect"
import * as Alarms from "@lupin/core/Alarms"
import type { Chance } from "./Chance.ts"
import type { Timer, World } from "./World.ts"

export type Fate = "running" | "paused" | "dead"

const nanosPerMilli = 1_000_000

export class SimProcess {
  readonly name: string
  readonly world: World
  readonly chance: Chance
  /** How far its clock is ahead of true time, in milliseconds. */
  skewMillis: number
  #fate: Fate = "running"
  #held: Array<() => void> = []
  readonly #mourners = new Set<() => void>()
  #context: Context.Context<never>

  constructor(world: World, name: string, chance: Chance, skewMillis: number) {
    this.world = world
    this.name = name
    this.chance = chance
    this.skewMillis = skewMillis
    this.#context = Context.empty().pipe(
      Context.add(Scheduler.Scheduler, schedulerOf(this)),
      Context.add(Clock.Clock, clockOf(this)),
      Context.add(Alarms.Alarms, alarmsOf(this)),
      Context.add(Random.Random, chance.random),
      Context.add(References.TracerEnabled, false),
      Context.add(Logger.CurrentLoggers, new Set([loggerOf(this)]))
    )
  }

  get fate(): Fate {
    return this.#fate
  }

  /** What its fibers find, and whatever else was provided. */
  get context(): Context.Context<never> {
    return this.#context
  }

  /** Gives all fibers forked from now on a service of their own. */
  provide<I, S>(key: Context.Reference<S> | Context.Key<I, S>, service: NoInfer<S>): void {
    this.#context = Context.add(this.#context, key as Context.Key<I, S>, service) as Context.Context<never>
  }

  /** Runs an effect as a fiber of this process; `onExit` is not called where the process dies first. */
  fork<A, E>(effect: Effect.Effect<A, E>, onExit: (exit: Exit.Exit<A, E>) => void = () => {}): Fiber.Fiber<A, E> {
    const fiber = Effect.runForkWith(this.#context)(effect)
    fiber.addObserver(onExit)
    return fiber
  }

  /** Runs something in its turn: at once where it can, when it goes on where it is paused, and never where it is dead. */
  perform(run: () => void): void {
    if (this.#fate === "running") run()
    else if (this.#fate === "paused") this.#held.push(run)
  }

  /** Runs something as a turn of its own. */
  post(run: () => void): void {
    this.world.enqueue(this, run)
  }

  after(millis: number, run: () => void): Timer {
    return this.world.after(millis, this, run)
  }

  /** Runs no more. */
  kill(): void {
    if (this.#fate === "dead") return
    this.#fate = "dead"
    this.#held = []
    this.world.forget(this)
    for (const mourner of this.#mourners) mourner()
    this.#mourners.clear()
  }

  pause(): void {
    if (this.#fate === "running") this.#fate = "paused"
  }

  /** Goes on; what came meanwhile comes now, in its order. */
  resume(): void {
    if (this.#fate !== "paused") return
    this.#fate = "running"
    for (const run of this.#held.splice(0)) this.post(run)
  }

  /** Called when it is killed; at once where it is dead. Gives what takes this back. */
  onDeath(mourner: () => void): () => void {
    if (this.#fate === "dead") mourner()
    else this.#mourners.add(mourner)
    return () => void this.#mourners.delete(mourner)
  }
}

const schedulerOf = (process: SimProcess): Scheduler.Scheduler => {
  const dispatcher: Scheduler.SchedulerDispatcher = {
    scheduleTask: (task, priority) => process.world.enqueue(process, task, priority),
    flush: () => {}
  }
  return {
    executionMode: "async",
    shouldYield: (fiber) => fiber.currentOpCount >= opsPerTurn,
    makeDispatcher: () => dispatcher
  }
}

/** Steps of a fiber before others have their turn: as Effect has it. */
const opsPerTurn = 2_048

const clockOf = (process: SimProcess): Clock.Clock => {
  const millis = (): number => Math.floor(process.world.nowMillis + process.skewMillis)
  const wallNanos = (): bigint => BigInt(millis()) * BigInt(nanosPerMilli)
  const { startMillis } = process.world
  const steadyNanos = (): bigint => BigInt(Math.round((process.world.nowMillis - startMillis) * nanosPerMilli))
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: wallNanos,
    currentTimeNanos: Effect.sync(wallNanos),
    monotonicTimeNanosUnsafe: steadyNanos,
    monotonicTimeNanos: Effect.sync(steadyNanos),
    sleep: (duration) => sleep(process, Duration.toMillis(duration))
  }
}

const sleep = (process: SimProcess, millis: number): Effect.Effect<void> => {
  if (millis <= 0) return Effect.yieldNow
  if (!Number.isFinite(millis)) return Effect.never
  return Effect.callback((resume) => {
    const timer = process.after(millis, () => resume(Effect.void))
    return Effect.sync(() => process.world.cancel(timer))
  })
}

const alarmsOf =
  (process: SimProcess): Alarms.Set =>
  (millis, ring) => {
    const timer = process.after(millis, ring)
    return () => process.world.cancel(timer)
  }

/** Log lines go into the trace, without anything that differs between two runs of one seed. */
const loggerOf = (process: SimProcess): Logger.Logger<unknown, void> =>
  Logger.make(({ cause, logLevel, message }) => {
    const words = (Array.isArray(message) ? message : [message]).map(wordOf)
    const reasons = cause.reasons.map((reason) => wordOf(reason._tag === "Fail" ? reason.error : reason._tag))
    process.world.tell(process.name, logLevel.toLowerCase(), [...words, ...reasons].join(" "))
  })

const wordOf = (word: unknown): string =>
  typeof word === "string" ? word : word instanceof Error ? word.message : (JSON.stringify(word) ?? String(word))
