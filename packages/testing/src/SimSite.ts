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
import * as NntpNetwork from "@lupin/nntp/Network"
import { PeerStats } from "@lupin/nntp/PeerStats"
import { Secrets } from "@lupin/nntp/Secrets"
import * as Pop from "@lupin/pop/Pop"
import * as SiteConfig from "@lupin/site/SiteConfig"
import * as Spool from "@lupin/spool/Spool"
import { Cause, Context, Deferred, Effect, Exit, Layer, Option, Result, Schema } from "effect"
import { Holdings } from "./Holdings.ts"
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
  readonly notice: (site: SimSite, ...stored: Parameters<Witness.Notice>) => void
}

/** What a running site is made of, as far as tests look at it. */
export interface Running {
  readonly spool: Spool.Spool["Service"]
  readonly stats: PeerStats["Service"]
  /** Only of POP hosts. */
  readonly operations: PopOperations.PopOperations["Service"] | undefined
}

export class SimSite {
  readonly plan: Topology.Site
  readonly config: SiteConfig.SiteConfig
  readonly #options: Options
  #process: SimProcess | undefined
  #running: Running | undefined
  #kept: Spool.Spool["Service"] | undefined
  #holdings = new Holdings()
  skewMillis = 0

  constructor(options: Options) {
    this.#options = options
    this.plan = options.plan
    const text = JSON.stringify(Topology.configOf(options.topology, options.plan))
    this.config = Result.getOrThrow(SiteConfig.any(text, options.plan.name))
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
    process.provide(Secrets, { octets: (bytes) => process.chance.octets(bytes) })
    network.powerOn(this.plan.address)
    this.#process = process
    this.#running = undefined
    const built = yield* Deferred.make<void, SiteDown>()
    process.fork(
      Effect.scoped(
        Effect.gen({ self: this }, function* () {
          const context = yield* Layer.build(this.#layer(process))
          this.#running = {
            spool: Context.get(context, Spool.Spool),
            stats: Context.get(context, PeerStats),
            operations: Option.getOrUndefined(Context.getOption(context, Operations))
          }
          world.tell(this.name, "site", "serves")
          Deferred.doneUnsafe(built, Exit.void)
          return yield* Effect.never
        })
      ),
      (exit) => {
        if (Exit.isFailure(exit)) world.tell(this.name, "site", `ended: ${Cause.pretty(exit.cause)}`)
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
    const { network } = this.#options
    process.kill()
    if (how === "power") network.powerOff(this.plan.address)
    else network.killed(process)
    this.#running = undefined
  }

  /** The store is empty from now on; only where no process runs. */
  wipe(): void {
    this.#kept = undefined
    this.#holdings = new Holdings()
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

  #layer(process: SimProcess): Layer.Layer<Spool.Spool | PeerStats, unknown> {
    const { apps } = this.#options
    const store = Layer.effect(Spool.Spool, this.#store(process))
    const { config } = this
    return config.kind === "pop"
      ? Pop.site(config, apps, store, CacheStore.CacheStore.layerMemory)
      : Central.site(config, apps, store)
  }

  /** The spool in memory outlives the process: what is stored is safe at once. */
  readonly #store = Effect.fnUntraced(function* (this: SimSite, process: SimProcess) {
    const spool = this.#kept ?? (yield* Effect.map(Layer.build(Spool.Spool.layerMemory), Context.get(Spool.Spool)))
    this.#kept = spool
    return Witness.over(Witness.kept(spool, process), (batch, stored) => this.#options.notice(this, batch, stored))
  })
}
