/**
 * A simulated world: one time, one source of chance, and one queue of what is to happen, for any number of processes.
 *
 * Time stands still while anything can run, then jumps to what is due next. Nothing of the real machine shows: the same
 * seed and the same program give the same history, down to the order in which fibers run.
 */
import { Cause, Effect, Exit, type Scope } from "effect"
import { Chance } from "./Chance.ts"
import { type Entry, EventQueue } from "./EventQueue.ts"
import { SimProcess } from "./SimProcess.ts"
import { Trace, type Words } from "./Trace.ts"

export interface Options {
  readonly seed: number | string
  /** What clocks show at the beginning: milliseconds since the epoch, midnight of 2026-01-01 where nothing is said. */
  readonly startMillis?: number
  /** Entries of the trace that are kept. */
  readonly traceMax?: number
}

export const startMillisDefault = Date.UTC(2026, 0, 1)

/** Something of a process to run: as a fiber's turn, or because its time has come. */
interface Task {
  readonly process: SimProcess | undefined
  readonly run: () => void
}

/** Something to come that can be called off. */
export type Timer = Entry<Task>

/** Events and turns of fibers without any passing of time, after which we say that the world hangs. */
const eventsPerMomentMax = 1_000_000

/** Turns of the microtask queue in which promises within promises come to something, so many deep. */
const turnsPerSettling = 8

/** Simulated time in which promises are left alone: a loaded fleet has many events in each millisecond. */
const promiseMillis = 2

/** Times that nothing is ready and nothing to come, before we say that nothing will ever happen. */
const idleTurnsMax = 100

/** Events between two breaths, in which the real machine may do what it has to: tell test runners that we live. */
const eventsPerBreath = 20_000

/** Awaited to let promises come to something. */
const settled = Promise.resolve()

export class World {
  readonly chance: Chance
  readonly trace: Trace
  readonly seed: string
  readonly startMillis: number
  readonly #queue = new EventQueue<Task>()
  readonly #processes = new Set<SimProcess>()
  #nowMillis: number
  /** Those from `#next` to `#end` wait; the places of others are taken again. */
  readonly #ready: Array<Task | undefined> = []
  #next = 0
  #end = 0
  /** Turns that let others go first, by how far they stand back. */
  #later: Array<{ readonly priority: number; readonly task: Task }> = []
  #events = 0
  /** As many as there had been when time last passed. */
  #momentEvents = 0

  constructor({ seed, startMillis = startMillisDefault, traceMax }: Options) {
    this.seed = String(seed)
    this.chance = new Chance(this.seed)
    this.startMillis = startMillis
    this.#nowMillis = startMillis
    this.trace = new Trace(startMillis, traceMax)
  }

  /** True time, which no process sees; with fractions of a millisecond. */
  get nowMillis(): number {
    return this.#nowMillis
  }

  /** Events and turns of fibers so far. */
  get events(): number {
    return this.#events
  }

  /** What is to come, timers and messages. */
  get pending(): number {
    return this.#queue.size
  }

  /** A process that begins now. */
  spawn(name: string, skewMillis = 0): SimProcess {
    const process = new SimProcess(this, name, this.chance.split(`${name}@${this.#nowMillis}`), skewMillis)
    this.#processes.add(process)
    return process
  }

  /** For `SimProcess`: its turn comes once all that is ready now has had its own; lower priorities go first. */
  enqueue(process: SimProcess | undefined, run: () => void, priority = 0): void {
    if (priority <= 0) {
      this.#ready[this.#end++] = { process, run }
      return
    }
    const at = this.#later.findLastIndex((other) => other.priority <= priority) + 1
    this.#later.splice(at, 0, { priority, task: { process, run } })
  }

  /** Runs something in so many milliseconds; of a process, only if that lives then, and not while it is paused. */
  after(millis: number, process: SimProcess | undefined, run: () => void): Timer {
    return this.#queue.add(this.#nowMillis + Math.max(0, millis), { process, run })
  }

  cancel(timer: Timer): void {
    this.#queue.remove(timer)
  }

  /** For `SimProcess`, which is no more. */
  forget(process: SimProcess): void {
    this.#processes.delete(process)
  }

  tell(who: string, what: string, words: string | Words): void {
    this.trace.add(this.#nowMillis, who, what, words)
  }

  /** Lets the world go on until `isOver`. Fails where nothing will ever happen any more. */
  async drive(isOver: () => boolean): Promise<void> {
    let sinceBreath = 0
    let idleTurns = 0
    let settledMillis = -Infinity
    for (;;) {
      const before = this.#events
      this.#runReady()
      sinceBreath += this.#events - before
      if (isOver()) return
      if (sinceBreath >= eventsPerBreath) {
        sinceBreath = 0
        await new Promise<void>((resume) => void setImmediate(resume))
      } else if ((this.#queue.nextMillis ?? Infinity) >= settledMillis + promiseMillis) {
        for (let turn = 0; turn < turnsPerSettling && !this.#isReady; turn++) await settled
        if (!this.#isReady) settledMillis = this.#nowMillis
      }
      if (this.#isReady || isOver()) continue
      const event = this.#queue.take()
      if (event === undefined) {
        idleTurns += 1
        if (idleTurns > idleTurnsMax) throw new Error("nothing will ever happen any more")
        continue
      }
      idleTurns = 0
      if (event.atMillis > this.#nowMillis) this.#momentEvents = this.#events
      this.#nowMillis = Math.max(this.#nowMillis, event.atMillis)
      this.#perform(event.what)
    }
  }

  get #isReady(): boolean {
    return this.#next < this.#end || this.#later.length > 0
  }

  #runReady(): void {
    for (;;) {
      while (this.#next < this.#end) {
        const task = this.#ready[this.#next]
        this.#ready[this.#next++] = undefined
        if (task !== undefined) this.#perform(task)
      }
      this.#next = 0
      this.#end = 0
      const later = this.#later.length === 0 ? undefined : this.#later.shift()
      if (later === undefined) return
      this.#ready[this.#end++] = later.task
    }
  }

  #perform(task: Task): void {
    this.#events += 1
    if (this.#events - this.#momentEvents > eventsPerMomentMax) {
      throw new Error(`${eventsPerMomentMax} events, and no time passes`)
    }
    if (task.process === undefined) task.run()
    else task.process.perform(task.run)
  }
}

/**
 * Runs a program in a world of its own, until the program ends: its sleeps are the world's, and so is its chance. What it
 * has started ends with it, without a chance to do anything more.
 */
export const run = <A, E>(
  options: Options,
  program: (world: World) => Effect.Effect<A, E, Scope.Scope>
): Effect.Effect<A, E> =>
  Effect.callback<A, E>((resume, signal) => {
    const world = new World(options)
    const fate: { exit?: Exit.Exit<A, E> } = {}
    const observer = world.spawn("test")
    observer.fork(Effect.scoped(program(world)), (exit) => {
      fate.exit = exit
    })
    world
      .drive(() => fate.exit !== undefined || signal.aborted)
      .then(
        () => resume(fate.exit ?? Exit.interrupt()),
        (cause: unknown) => resume(Exit.failCause(Cause.die(cause)))
      )
  })
