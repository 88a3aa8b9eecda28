/**
 * One site of a simulated fleet: a machine on which the site's process runs, dies, comes back, and is wiped.
 *
 * The process is `Pop.site` or `Central.site`, as in production, on a simulated network and store.
 */
import type * as PopOperations from "@lupin/api/PopOperations"
import { PopOperations as Operations } from "@lupin/api/PopOperations"
import * as CacheStore from "@lupin/cache/CacheStore"
import * as Central from "@lupin/central/Central"
import type * as App from "@lupin/core/App"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Calendar from "@lupin/digest/Calendar"
import * as NntpNetwork from "@lupin/nntp/Network"
import { PeerStats } from "@lupin/nntp/PeerStats"
import { Secrets } from "@lupin/nntp/Secrets"
import * as Pop from "@lupin/pop/Pop"
import { Live } from "@lupin/site/Live"
import * as Reconcile from "@lupin/site/Reconcile"
import * as Site from "@lupin/site/Site"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Disk } from "@lupin/spool/Disk"
import * as FileSpool from "@lupin/spool/FileSpool"
import * as Spool from "@lupin/spool/Spool"
import { Cause, Context, Deferred, Effect, Exit, Layer, Option, Result, Schema } from "effect"
import { Holdings } from "./Holdings.ts"
import { SimDisk } from "./SimDisk.ts"
import type { SimNetwork } from "./SimNetwork.ts"
import type { SimProcess } from "./SimProcess.ts"
import * as SimSocket from "./SimSocket.ts"
import * as Topology from "./Topology.ts"
import * as Witness from "./Witness.ts"
import type { World } from "./World.ts"

/** The site's process is gone, or went while it was asked: nobody knows whether it did what it was asked for. */
export class SiteDown extends Schema.TaggedError<SiteDown>()("SiteDown", { site: Schema.String }) {
  override get message(): string {
    return `${this.site} is down`
  }
}

export interface Options {
  readonly world: World
  readonly network: SimNetwork
  readonly topology: Topology.Topology
  readonly plan: Topology.Site
  readonly apps: ReadonlyArray<App.App>
  readonly calendar: Calendar.Calendar
  /** Between two audits of all peers. */
  readonly auditMillis: number
  /** `disk` is the spool of production on a simulated disk; `memory` the reference, quicker, which loses nothing. */
  readonly store: "disk" | "memory"
  readonly notice: (site: SimSite, ...stored: Parameters<Witness.Notice>) => void
  /** Called for each way to recover that a process takes. */
  readonly recovered: Recoveries.Counting["note"]
}

/** What a running site is made of, as far as tests look at it. */
export interface Running {
  readonly spool: Spool.Spool["Service"]
  readonly stats: PeerStats["Service"]
  readonly live: Live["Service"]
  /** Only of POP hosts. */
  readonly operations: PopOperations.PopOperations["Service"] | undefined
}

export class SimSite {
  readonly plan: Topology.Site
  #config: SiteConfig.SiteConfig
  #retention: Topology.Retention | undefined
  readonly #options: Options
  #process: SimProcess | undefined
  #running: Running | undefined
  #kept: Spool.Spool["Service"] | undefined
  #disk: SimDisk
  #holdings = new Holdings()
  skewMillis = 0
  /** Its log has rotted since it was started: it knows more than that tells. */
  hasRotted = false

  constructor(options: Options) {
    this.#options = options
    this.plan = options.plan
    this.#config = this.#configured()
    this.#disk = this.#emptyDisk()
  }

  /** What its operator says of it. */
  get config(): SiteConfig.SiteConfig {
    return this.#config
  }

  /** How little it keeps of what clients post; nothing said where it keeps as much as the others. */
  get retention(): Topology.Retention | undefined {
    return this.#retention
  }

  get name(): string {
    return this.plan.name
  }

  /** The process, also while it starts; undefined where there is none. */
  get process(): SimProcess | undefined {
    return this.#process?.fate === "dead" ? undefined : this.#process
  }

  /** What it is made of; undefined while it does not serve. */
  get running(): Running | undefined {
    return this.process === undefined ? undefined : this.#running
  }

  /** Serving, and not paused. */
  get isUp(): boolean {
    return this.running !== undefined && this.process?.fate === "running"
  }

  /** Its disk, for faults: `arm`, `flip`. */
  get disk(): SimDisk {
    return this.#disk
  }

  /** What it holds, as of the last look. */
  get holdings(): Holdings {
    return this.#holdings
  }

  /** Starts a process and waits until it serves. */
  readonly start = Effect.fnUntraced(function* (this: SimSite) {
    if (this.process !== undefined) return
    const { network, world } = this.#options
    const process = world.spawn(this.name, this.skewMillis)
    process.provide(NntpNetwork.Network, SimSocket.network(network, process, this.plan.address))
    process.provide(Disk, this.#disk)
    process.provide(Recoveries.Recoveries, { note: this.#options.recovered })
    process.provide(Calendar.Calendar, this.#options.calendar)
    process.provide(Reconcile.AuditMillis, this.#options.auditMillis)
    process.provide(Secrets, { octets: (bytes) => process.chance.octets(bytes) })
    network.powerOn(this.plan.address)
    this.#process = process
    this.#running = undefined
    this.hasRotted = false
    // A log may have lost something.
    this.#holdings = new Holdings(this.#holdings)
    const built = yield* Deferred.make<void, SiteDown>()
    process.fork(
      Effect.scoped(
        Effect.gen({ self: this }, function* () {
          const context = yield* Layer.build(this.#layer(process))
          this.#running = {
            spool: Context.get(context, Spool.Spool),
            stats: Context.get(context, PeerStats),
            live: Context.get(context, Live),
            operations: Option.getOrUndefined(Context.getOption(context, Operations))
          }
          world.tell(this.name, "site", "serves")
          Deferred.doneUnsafe(built, Exit.void)
          return yield* Effect.never
        })
      ),
      (exit) => {
        if (Exit.isFailure(exit)) world.tell(this.name, "site", `ended: ${wordsOf(exit.cause)}`)
        process.kill()
      }
    )
    const gone = process.onDeath(() => Deferred.doneUnsafe(built, Exit.fail(new SiteDown({ site: this.name }))))
    yield* Deferred.await(built)
    gone()
  })

  /** Ends the process at once. Without power the machine does not even say so to its peers. */
  kill(how: "kill" | "power"): void {
    const { process } = this
    if (process === undefined) return
    const { network, world } = this.#options
    process.kill()
    if (how === "power") {
      const chance = world.chance.split(`power of ${this.name} at ${world.nowMillis}`)
      this.#disk = this.#disk.cutOff(() => chance.happens(0.5), chance.pick(["kept", "older", "lost"]))
      network.powerOff(this.plan.address)
    } else {
      this.#disk = this.#disk.killed()
      network.killed(process)
    }
    this.#running = undefined
  }

  /** The store is empty from now on; only where no process runs. */
  wipe(): void {
    this.#kept = undefined
    this.#disk = this.#emptyDisk()
    this.#holdings = new Holdings()
  }

  /** From its next start on it keeps no more than this, and what was said before, in files so small that whole ones go. */
  retain(more: Topology.Retention): void {
    this.#retention = { ...this.#retention, ...more }
    this.#config = this.#configured()
  }

  /** Runs an effect in the site's process, as a client would have it run, and waits for its outcome. */
  call<A, E>(effect: (running: Running) => Effect.Effect<A, E>): Effect.Effect<A, E | SiteDown> {
    return Effect.callback((resume) => {
      const { process, running } = this
      if (process === undefined || running === undefined) return resume(new SiteDown({ site: this.name }))
      let isOver = false
      const settle = (exit: Exit.Exit<A, E | SiteDown>): void => {
        if (isOver) return
        isOver = true
        gone()
        this.#options.world.enqueue(undefined, () => resume(exit))
      }
      const gone = process.onDeath(() => settle(Exit.fail(new SiteDown({ site: this.name }))))
      process.post(() => void process.fork(effect(running), settle))
      return Effect.sync(() => {
        isOver = true
        gone()
      })
    })
  }

  /** Looks at what it holds now. */
  readonly look = Effect.fnUntraced(function* (this: SimSite) {
    const { running } = this
    if (running !== undefined) yield* Effect.ignore(this.#holdings.read(running.spool))
    return this.#holdings
  })

  #layer(process: SimProcess): Layer.Layer<Spool.Spool | PeerStats | Live, unknown> {
    const { apps } = this.#options
    const store = Layer.effect(Spool.Spool, this.#store(process))
    const { config } = this
    return config.kind === "pop"
      ? Pop.site(config, apps, store, CacheStore.CacheStore.layerMemory)
      : Central.site(config, apps, store)
  }

  readonly #store = Effect.fnUntraced(function* (this: SimSite, process: SimProcess) {
    const spool = this.#options.store === "disk" ? yield* built(this.#onDisk()) : yield* this.#memory(process)
    return Witness.over(spool, (batch, stored) => this.#options.notice(this, batch, stored))
  })

  /** The spool in memory outlives the process: what is stored is safe at once. */
  readonly #memory = Effect.fnUntraced(function* (this: SimSite, process: SimProcess) {
    this.#kept ??= yield* built(Spool.Spool.layerMemory)
    return Witness.kept(this.#kept, process)
  })

  #onDisk() {
    const { directory, durability } = this.config
    if (this.#retention === undefined) return Site.spool(this.config)
    return FileSpool.layer({ directory: `${directory}/spool`, durability, segmentBytes: smallSegmentBytes })
  }

  #configured(): SiteConfig.SiteConfig {
    const { plan, topology } = this.#options
    return Result.getOrThrow(
      SiteConfig.any(JSON.stringify(Topology.configOf(topology, plan, this.#retention)), plan.name)
    )
  }

  #emptyDisk(): SimDisk {
    const { world } = this.#options
    const phase = world.chance.split(`disk of ${this.name}`).between(0, 1)
    return new SimDisk({
      isInPlace: () => (Math.floor(world.nowMillis / paceMillis) + phase) % 2 === 0,
      later: (done) => void this.process?.after(syncMillis, done)
    })
  }
}

/** Files of a log that keeps little: a few articles each. */
const smallSegmentBytes = 8 * 1024

/** How long a disk takes to make something safe, while it is not so quick that nobody notices. */
const syncMillis = 2

/** How long a disk is quick, and then is not. */
const paceMillis = 1_000

const built = <E, R>(layer: Layer.Layer<Spool.Spool, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Spool.Spool))

/** Errors of ours say why in their fields. */
const wordsOf = (cause: Cause.Cause<unknown>): string =>
  cause.reasons
    .map((reason) => (reason._tag === "Fail" ? JSON.stringify(reason.error) : Cause.pretty(cause)))
    .join("; ")
