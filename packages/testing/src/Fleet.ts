/**
 * A simulated fleet: POP hosts and central zones in one process, on one clock and one seed, with the faults of the world.
 *
 * Every site is the one that runs in production. What a test does to it happens in simulated time: the same seed and the
 * same test give the same history, and a failure prints the seed.
 */
import type * as PopOperations from "@lupin/api/PopOperations"
import type * as App from "@lupin/core/App"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Recoveries from "@lupin/core/Recoveries"
import * as Calendar from "@lupin/digest/Calendar"
import type * as Spool from "@lupin/spool/Spool"
import { Console, type Duration, Effect, type Scope } from "effect"
import * as Settling from "./Settling.ts"
import * as Reconcile from "@lupin/site/Reconcile"
import * as SimNetwork from "./SimNetwork.ts"
import { SiteDown, SimSite } from "./SimSite.ts"
import * as Topology from "./Topology.ts"
import type * as Witness from "./Witness.ts"
import type * as Trace from "./Trace.ts"
import * as World from "./World.ts"

export interface Options extends Topology.Options {
  readonly apps: ReadonlyArray<App.App>
  /** The days that zones seal; events are kept as long as it says. Those of production where nothing is said. */
  readonly calendar?: Calendar.Calendar
  /** Between two audits of all peers; as in production where nothing is said. */
  readonly auditMillis?: number
  /** `disk`, the default, is the spool of production; `memory` the reference spool, which loses nothing in a power cut. */
  readonly store?: "disk" | "memory"
  /** Sites whose clocks are off, by name, in milliseconds ahead. */
  readonly skewMillis?: Readonly<Record<string, number>>
}

/** What has happened at a site, for checkers. Told in order, at the moment it happens. */
export type Happening =
  /** One answer for each article that came by a door, acknowledged or not. */
  | {
      readonly _tag: "Stored"
      readonly site: string
      readonly generation: string
      readonly atMillis: number
      readonly articles: ReadonlyArray<{ readonly id: MessageId.MessageId; readonly stored: Spool.Stored }>
    }
  /** A site serves again, and this is what it holds: also what came in the moment in which it died. */
  | {
      readonly _tag: "Opened"
      readonly site: string
      readonly generation: string
      readonly atMillis: number
      readonly held: ReadonlySet<MessageId.MessageId>
    }
  /** A client has its answer. */
  | {
      readonly _tag: "Acknowledged"
      readonly site: string
      readonly atMillis: number
      readonly post: PopOperations.PostEvent
      readonly outcome: PopOperations.PostOutcome
    }
  | { readonly _tag: "Fault"; readonly atMillis: number; readonly what: Fault }

export type Fault =
  | { readonly _tag: "Cut" | "Heal" | "Reset"; readonly from: string; readonly to: string }
  | { readonly _tag: "Kill"; readonly site: string; readonly how: "kill" | "power" }
  | { readonly _tag: "Start" | "Wipe" | "Pause" | "Resume"; readonly site: string }

export class Fleet {
  readonly world: World.World
  readonly network: SimNetwork.SimNetwork
  readonly topology: Topology.Topology
  readonly #sites: ReadonlyMap<string, SimSite>
  readonly #apps: ReadonlyArray<App.App>
  readonly #observers: Array<(happening: Happening) => void> = []
  readonly #recoveries = new Map<Recoveries.Recovery, number>()

  constructor(world: World.World, options: Options) {
    this.world = world
    const { calendar = Calendar.production } = options
    this.topology = Topology.make(
      options.calendar === undefined ? options : { ...options, keepMillis: calendar.keepMillis }
    )
    this.network = new SimNetwork.SimNetwork(world, { quality: this.topology.quality })
    this.#apps = options.apps
    const { network, topology } = this
    this.#sites = new Map(
      topology.sites.map((plan) => {
        const site = new SimSite({
          world,
          network,
          topology,
          plan,
          apps: options.apps,
          calendar,
          auditMillis: options.auditMillis ?? Reconcile.auditMillis,
          store: options.store ?? "disk",
          notice: (at, batch, stored) => this.#stored(at, batch, stored),
          recovered: (what, times = 1) => {
            if (times > 0) this.#recoveries.set(what, (this.#recoveries.get(what) ?? 0) + times)
          }
        })
        site.skewMillis = options.skewMillis?.[plan.name] ?? 0
        return [plan.name, site]
      })
    )
  }

  /** All sites, zones first. */
  get sites(): ReadonlyArray<SimSite> {
    return [...this.#sites.values()]
  }

  site(name: string): SimSite {
    const site = this.#sites.get(name)
    if (site === undefined) throw new Error(`there is no site ${name}; there are ${[...this.#sites.keys()].join(", ")}`)
    return site
  }

  /** Simulated milliseconds since the fleet's world began. */
  get elapsedMillis(): number {
    return this.world.nowMillis - this.world.startMillis
  }

  /** How often the sites have taken each way to recover so far. */
  get recoveries(): ReadonlyMap<Recoveries.Recovery, number> {
    return this.#recoveries
  }

  /** The last of what has happened, a line each. */
  trace(linesMax?: number): string {
    return this.world.trace.text(linesMax)
  }

  /** Called with all that happens from now on. */
  observe(observer: (happening: Happening) => void): void {
    this.#observers.push(observer)
  }

  // The network. Names are those of sites.

  /** Nothing gets from one to the other any more; `oneWay` leaves the way back as it is. */
  cut(from: string, to: string, { oneWay = false } = {}): void {
    this.#onLink("Cut", from, to, oneWay, (a, b) => this.network.cut(a, b))
  }

  heal(from: string, to: string, { oneWay = false } = {}): void {
    this.#onLink("Heal", from, to, oneWay, (a, b) => this.network.heal(a, b))
  }

  /** Breaks the connections between two sites; new ones can be made. */
  reset(from: string, to: string): void {
    this.#onLink("Reset", from, to, true, (a, b) => this.network.reset(a, b))
  }

  /** Cuts some sites off from all others. */
  isolate(...names: ReadonlyArray<string>): void {
    this.#acrossBorder(names, (inside, outside) => this.cut(inside, outside))
  }

  /** Takes back every cut. */
  healAll(): void {
    for (const { from, isUp, to } of this.network.links) {
      if (!isUp) this.heal(this.#nameOf(from), this.#nameOf(to), { oneWay: true })
    }
  }

  /** How the link is from now on, both ways. */
  degrade(from: string, to: string, quality: Partial<SimNetwork.Quality>): void {
    const [a, b] = [this.site(from).plan.address, this.site(to).plan.address]
    Object.assign(this.network.link(a, b), quality)
    Object.assign(this.network.link(b, a), quality)
    this.world.tell("world", "fault", `link ${from} ${to} ${JSON.stringify(quality)}`)
  }

  // Machines and processes.

  /** Ends a process at once: its kernel closes its connections. What was stored is still there. */
  kill(name: string): void {
    this.#fault({ _tag: "Kill", site: name, how: "kill" }, `kill ${name}`)
    this.site(name).kill("kill")
  }

  /** Stops the whole machine at once: nobody is told, and what was not synced may be lost. */
  cutPower(name: string): void {
    this.#fault({ _tag: "Kill", site: name, how: "power" }, `power off ${name}`)
    this.site(name).kill("power")
  }

  /** Starts what is not running, and returns once it serves. */
  start(name: string): Effect.Effect<void, SiteDown> {
    return Effect.suspend(() => {
      this.#fault({ _tag: "Start", site: name }, `start ${name}`)
      const site = this.site(name)
      return Effect.tap(site.start(), () => (this.#observers.length === 0 ? Effect.void : this.#opened(site)))
    })
  }

  restart(name: string): Effect.Effect<void, SiteDown> {
    return Effect.suspend(() => {
      this.kill(name)
      return this.start(name)
    })
  }

  /** Stops a site and empties its store; it starts again at once with nothing, unless told not to. */
  wipe(name: string, { thenStart = true } = {}): Effect.Effect<void, SiteDown> {
    return Effect.suspend(() => {
      this.#fault({ _tag: "Wipe", site: name }, `wipe ${name}`)
      this.site(name).kill("kill")
      this.site(name).wipe()
      return thenStart ? this.start(name) : Effect.void
    })
  }

  /** The process stands still, as one that the system stopped; connections to it stay open. */
  pause(name: string): void {
    this.#fault({ _tag: "Pause", site: name }, `pause ${name}`)
    this.site(name).process?.pause()
  }

  resume(name: string): void {
    this.#fault({ _tag: "Resume", site: name }, `resume ${name}`)
    this.site(name).process?.resume()
  }

  /** Sets a site's clock ahead of true time by so much, or behind. */
  skew(name: string, millis: number): void {
    const site = this.site(name)
    site.skewMillis = millis
    if (site.process !== undefined) site.process.skewMillis = millis
    this.world.tell("world", "fault", `clock of ${name} is off by ${millis} ms`)
  }

  // Time.

  /** Lets so much time pass. */
  advance(duration: Duration.Input): Effect.Effect<void> {
    return Effect.sleep(duration)
  }

  /** Waits until all sites that are up hold the same articles, and nothing new comes. */
  settle(options: Settling.Options = {}): Effect.Effect<void, Settling.Unsettled> {
    // A key that rests says nothing for a while, and has something to say.
    const rests = this.#apps.flatMap(({ digestions }) => digestions.map(({ due }) => due.restMillis ?? 0))
    const quietMillis = Math.max(Settling.quietMillisDefault, 1_000 + Math.max(0, ...rests))
    return Settling.settle(this.world, () => this.sites, { quietMillis, ...options })
  }

  // What clients do, at a host of a POP.

  /** Posts an event. The app is the first one where it is not named. */
  post(
    name: string,
    event: Omit<PopOperations.PostEvent, "app"> & { readonly app?: string }
  ): Effect.Effect<PopOperations.PostOutcome, PopOperations.PostProblem | SiteDown> {
    return Effect.suspend(() => {
      const post = { app: this.#app, ...event }
      this.world.tell(name, "post", `${post.kind} ${JSON.stringify(post.payload)}`)
      return this.ask(name, (operations) => operations.postEvent(post)).pipe(
        Effect.tap((outcome) =>
          Effect.sync(() => {
            this.world.tell(name, "answer", `${outcome.posted.messageId}${outcome.isNew ? "" : " again"}`)
            this.#tell({ _tag: "Acknowledged", site: name, atMillis: this.world.nowMillis, post, outcome })
          })
        )
      )
    })
  }

  /** Withdraws an event by the key to its lock. */
  cancel(name: string, messageId: MessageId.MessageId, key: string) {
    return this.ask(name, (operations) => operations.cancelEvent({ app: this.#app, messageId, key }))
  }

  /** The octets of an article. */
  read(name: string, messageId: MessageId.MessageId) {
    return this.ask(name, (operations) => operations.article(messageId))
  }

  /** Events of a place or group, as fresh as the query wants. */
  query(name: string, query: Omit<PopOperations.EventsQuery, "app"> & { readonly app?: string }) {
    return this.ask(name, (operations) => operations.events({ app: this.#app, ...query }))
  }

  /** The newest digest of a key. */
  digest(name: string, query: Omit<PopOperations.DigestQuery, "app"> & { readonly app?: string }) {
    return this.ask(name, (operations) => operations.digest({ app: this.#app, ...query }))
  }

  receipt(name: string, messageId: MessageId.MessageId) {
    return this.ask(name, (operations) => operations.receipt(messageId))
  }

  /** Any operation of a POP host, run in its process. */
  ask<A, E>(
    name: string,
    operation: (operations: PopOperations.PopOperations["Service"]) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | SiteDown> {
    return this.site(name).call<A, E | SiteDown>(({ operations }) =>
      operations === undefined ? Effect.fail(new SiteDown({ site: name })) : operation(operations)
    )
  }

  get #app(): string {
    return this.#apps[0]?.name ?? ""
  }

  #nameOf(address: string): string {
    return this.topology.sites.find((site) => site.address === address)?.name ?? address
  }

  #onLink(
    tag: "Cut" | "Heal" | "Reset",
    from: string,
    to: string,
    oneWay: boolean,
    act: (from: string, to: string) => void
  ): void {
    const [a, b] = [this.site(from).plan.address, this.site(to).plan.address]
    this.#fault({ _tag: tag, from, to }, `${tag.toLowerCase()} ${from} ${oneWay ? ">" : "="} ${to}`)
    act(a, b)
    if (!oneWay) act(b, a)
  }

  #acrossBorder(names: ReadonlyArray<string>, act: (inside: string, outside: string) => void): void {
    for (const inside of names) {
      for (const { name } of this.topology.sites) if (!names.includes(name)) act(inside, name)
    }
  }

  #fault(what: Fault, words: string): void {
    this.world.tell("world", "fault", words)
    this.#tell({ _tag: "Fault", atMillis: this.world.nowMillis, what })
  }

  readonly #opened = Effect.fnUntraced(function* (this: Fleet, site: SimSite) {
    const generation: string | undefined = site.running?.spool.generation.id
    if (generation === undefined) return
    const held = new Set((yield* site.look()).ids)
    this.#tell({ _tag: "Opened", site: site.name, generation, atMillis: this.world.nowMillis, held })
  })

  #stored(site: SimSite, ...[batch, stored]: Parameters<Witness.Notice>): void {
    const articles: Array<{ readonly id: MessageId.MessageId; readonly stored: Spool.Stored }> = []
    for (let at = 0; at < batch.length; at += 1) {
      const [id, answer] = [batch[at]?.messageId, stored[at]]
      if (id === undefined || answer === undefined) continue
      articles.push({ id, stored: answer })
      this.world.tell(site.name, answer._tag.toLowerCase(), wordsOf(id, answer))
    }
    if (this.#observers.length === 0) return
    const generation = site.running?.spool.generation.id ?? ""
    this.#tell({ _tag: "Stored", site: site.name, generation, atMillis: this.world.nowMillis, articles })
  }

  #tell(happening: Happening): void {
    for (const observer of this.#observers) observer(happening)
  }
}

/** The id, and the numbers that the article was given. */
const wordsOf = (id: MessageId.MessageId, answer: Spool.Stored): string | Trace.Words => {
  if (answer._tag !== "Filed") return id
  const { numbers } = answer
  return {
    about: id,
    numbers: numbers.map(([, number]) => number),
    text: () => [id, numbers.map(([group, number]) => `${group}:${number}`).join(",")].join(" ").trimEnd()
  }
}

/** A fleet that is up: all sites serve. */
export const make = Effect.fnUntraced(function* (world: World.World, options: Options) {
  const fleet = new Fleet(world, options)
  yield* Effect.forEach(fleet.sites, (site) => site.start(), { concurrency: "unbounded", discard: true })
  return fleet
})

/**
 * Runs a test with a fleet of its own in simulated time. Where it fails, the end of its trace is printed, and the seed
 * that replays it.
 */
export const run = <A, E>(
  options: Options & World.Options,
  test: (fleet: Fleet) => Effect.Effect<A, E, Scope.Scope>
): Effect.Effect<A, E | SiteDown> =>
  World.run(options, (world) =>
    Effect.flatMap(make(world, options), test).pipe(
      Effect.tapCause(() =>
        Effect.provideService(
          Console.error(`${world.trace.text(linesShown)}\nseed ${world.seed}: run it again with this seed`),
          Console.Console,
          globalThis.console
        )
      )
    )
  )

/** Lines of the trace that a failure shows. */
const linesShown = 60
