/**
 * The faults of a history: strikes a simulated fleet with them, remembers what is wrong, and puts all of it right again.
 */
import { Effect } from "effect"
import type * as Command from "./Command.ts"
import type { Evidence } from "./Evidence.ts"
import type * as Fleet from "./Fleet.ts"
import type * as SimDisk from "./SimDisk.ts"
import * as Settling from "./Settling.ts"
import * as Sightings from "./Sightings.ts"
import type * as Topology from "./Topology.ts"

/** The first only passes digests on to the second. */
const narrowFeed = "digests.*"

const verbs: ReadonlySet<string> = new Set(Sightings.faults)

/** Whether a verb is of the world, and not of clients. */
export const isFault = (verb: Command.Verb): boolean => verbs.has(verb) && verb !== "garbage"

/** How long after a process has come back its clients may still notice. */
const afterMillis = 1_000

/** Octets of a log that may rot: one whose mark and only record have both rotted cannot be told from a file of another kind. */
const rotBytesMin = 2_048

export class Faults {
  readonly #fleet: Fleet.Fleet
  readonly #sightings: Sightings.Sightings
  /** Sites without a process, by our doing. */
  readonly #down = new Set<string>()
  readonly #paused = new Set<string>()
  /** Sites whose disk fails, or hangs. */
  readonly #sick = new Set<string>()
  /** When a site was last struck. */
  readonly #struck = new Map<string, number>()
  readonly #skewed = new Set<string>()
  readonly #slowed: Array<readonly [from: string, to: string, latencyMillis: number]> = []
  readonly #narrowed = new Map<string, Set<string>>()
  readonly #cut = new Set<string>()

  readonly #tell: (evidence: Evidence) => void
  readonly #rotted = new Set<string>()

  constructor(fleet: Fleet.Fleet, sightings: Sightings.Sightings, tell: (evidence: Evidence) => void) {
    this.#fleet = fleet
    this.#tell = tell
    this.#sightings = sightings
  }

  see(what: Sightings.Sighting): void {
    this.#sightings.add(what)
  }

  isDown(site: string): boolean {
    return this.#down.has(site)
  }

  /** Down or paused now, or struck since. */
  isDisturbed(site: string, sinceMillis: number): boolean {
    if ([this.#down, this.#paused, this.#sick].some((sites) => sites.has(site))) return true
    return (this.#struck.get(site) ?? Number.NEGATIVE_INFINITY) + afterMillis >= sinceMillis
  }

  /** Sites whose log is not what was written. */
  get rotted(): ReadonlySet<string> {
    return this.#rotted
  }

  isTimely(site: string): boolean {
    return !this.#skewed.has(site)
  }

  /** Whether the link was ever cut or slowed. */
  wasCut(from: string, to: string): boolean {
    return this.#cut.has(linkOf(from, to))
  }

  /** Does what a command says; nothing where that means nothing now. */
  readonly strike = Effect.fnUntraced(function* (this: Faults, { numbers, sites, verb }: Command.Command) {
    const [site = "", other = ""] = sites
    const [number = 0] = numbers
    if (sites.length === 2 && site === other) return
    switch (verb) {
      case "cut":
      case "cut-way":
        this.#cut.add(linkOf(site, other))
        this.#fleet.cut(site, other, { oneWay: verb === "cut-way" })
        break
      case "heal":
      case "heal-way":
        this.#fleet.heal(site, other, { oneWay: verb === "heal-way" })
        break
      case "reset":
        this.#fleet.reset(site, other)
        break
      case "slow":
        this.#cut.add(linkOf(site, other))
        this.#slow(site, other, number)
        break
      case "narrow":
      case "widen":
        yield* this.#changeRule(site, other, verb === "narrow")
        break
      case "sick":
        this.#sicken(site, diskFaults[number % diskFaults.length] ?? diskFaults[0])
        break
      case "well":
        this.#cure(site)
        break
      case "rot":
        if (!(yield* this.#rot(site, number))) return
        break
      case "skew":
        this.#skewed.add(site)
        this.#fleet.skew(site, number)
        break
      case "keep-count":
        return yield* this.#retain(verb, site, { articlesMax: number })
      case "keep-age":
        return yield* this.#retain(verb, site, { ageMillis: number })
      case "keep-bytes":
        return yield* this.#retain(verb, site, { bytesMax: number })
      default:
        return yield* this.#strikeProcess(verb, site)
    }
    this.see(verb)
  })

  readonly #strikeProcess = Effect.fnUntraced(function* (this: Faults, verb: Command.Verb, site: string) {
    const isDown = this.#down.has(site)
    if (verb === "kill" || verb === "power" || verb === "pause" ? isDown : verb === "start" && !isDown) return
    if (verb === "resume" && !this.#paused.has(site)) return
    this.#struck.set(site, this.#fleet.world.nowMillis)
    this.see(verb as Sightings.Sighting)
    if (verb === "pause") {
      this.#paused.add(site)
      return this.#fleet.pause(site)
    }
    this.#paused.delete(site)
    if (verb === "resume") return this.#fleet.resume(site)
    // A start that is under way ends here, and is none of ours any more.
    this.#narrowed.delete(site)
    if (verb === "kill" || verb === "power") {
      this.#down.add(site)
      return verb === "kill" ? this.#fleet.kill(site) : this.#fleet.cutPower(site)
    }
    this.#down.delete(site)
    yield* Effect.ignore(verb === "wipe" ? this.#fleet.wipe(site) : this.#fleet.start(site))
    // On a sick disk nothing starts.
    if (this.#fleet.site(site).process === undefined) this.#down.add(site)
    if (!this.#down.has(site)) this.#struck.set(site, this.#fleet.world.nowMillis)
  })

  /** A site that is down learns of it once it starts; one that is paused would go on as before. */
  readonly #retain = Effect.fnUntraced(function* (
    this: Faults,
    verb: Sightings.Sighting,
    name: string,
    retention: Topology.Retention
  ) {
    if (this.#paused.has(name)) return
    this.see(verb)
    const isUp = !this.#down.has(name)
    yield* this.#strikeProcess("kill", name)
    this.#fleet.site(name).retain(retention)
    this.#tell({ _tag: "Retained", site: name, atMillis: this.#fleet.world.nowMillis, retention })
    if (isUp) yield* this.#strikeProcess("start", name)
  })

  /** Everything is as at first; sites that are down stay so if `staysOut`. */
  readonly heal = Effect.fnUntraced(function* (this: Faults, staysOut: boolean) {
    this.#fleet.healAll()
    for (const site of this.#sick) this.#cure(site)
    for (const [from, to, latencyMillis] of this.#slowed.splice(0).toReversed()) {
      this.#fleet.degrade(from, to, { latencyMillis })
    }
    for (const site of this.#paused) {
      this.#fleet.resume(site)
      this.#struck.set(site, this.#fleet.world.nowMillis)
    }
    this.#paused.clear()
    for (const site of this.#skewed) this.#fleet.skew(site, 0)
    for (const [site, peers] of this.#narrowed) {
      for (const peer of peers) yield* this.#changeRule(site, peer, false)
    }
    if (staysOut) return
    for (const site of this.#down) {
      this.#down.delete(site)
      yield* Effect.ignore(this.#fleet.start(site))
      this.#struck.set(site, this.#fleet.world.nowMillis)
    }
  })

  #sicken(site: string, fault: SimDisk.Fault): void {
    this.#sick.add(site)
    this.#fleet.site(site).disk.arm(fault)
  }

  /** Turns one bit over; nothing in a log of hardly a record, nor where somebody lacks what another has, as a last copy that rots is lost. */
  readonly #rot = Effect.fnUntraced(function* (this: Faults, name: string, number: number) {
    const { sites } = this.#fleet
    if (!sites.every(({ isUp }) => isUp)) return false
    for (const site of sites) yield* site.look()
    const others = new Set(sites.flatMap((site) => (site.name === name ? [] : [...site.holdings.ids])))
    const isNoLast = [...this.#fleet.site(name).holdings.ids].every((id) => others.has(id))
    const isSafe = isNoLast && Settling.holdSame(sites)
    const site = this.#fleet.site(name)
    const octets = site.disk.bytes(isLog)
    if (!isSafe || octets < rotBytesMin) return false
    site.disk.flip(isLog, number % octets, number % 8)
    site.hasRotted = true
    this.#rotted.add(name)
    this.#tell({ _tag: "Rotted", site: name, atMillis: this.#fleet.world.nowMillis })
    return true
  })

  #cure(site: string): void {
    const { disk } = this.#fleet.site(site)
    if (disk.isHanging) this.see("a sync that hung goes on")
    disk.heal()
    this.#sick.delete(site)
    this.#struck.set(site, this.#fleet.world.nowMillis + curedMillis)
  }

  #slow(from: string, to: string, latencyMillis: number): void {
    const [a, b] = [this.#fleet.site(from).plan.address, this.#fleet.site(to).plan.address]
    this.#slowed.push([from, to, this.#fleet.network.link(a, b).latencyMillis])
    this.#fleet.degrade(from, to, { latencyMillis })
  }

  readonly #changeRule = Effect.fnUntraced(function* (this: Faults, name: string, peer: string, isNarrow: boolean) {
    const site = this.#fleet.site(name)
    const narrowed = this.#narrowed.get(name) ?? new Set<string>()
    this.#narrowed.set(name, narrowed)
    if (isNarrow) narrowed.add(peer)
    else narrowed.delete(peer)
    const peers = site.config.peers.map((own) => (narrowed.has(own.name) ? { ...own, feed: narrowFeed } : own))
    this.#fleet.world.tell("world", "fault", `${name} feeds ${peer} ${isNarrow ? narrowFeed : "everything"}`)
    // A paused site reads its configuration once it goes on.
    yield* site
      .call(({ live }) => live.apply({ ...site.config, peers }))
      .pipe(Effect.timeout(applyMillisMax), Effect.ignore)
  })
}

/** How long a spool that refused may take until it looks at its disk again. */
const curedMillis = 5_000

const diskFaults = [
  { _tag: "SyncFails", times: 2 },
  { _tag: "WriteIsShort", octets: 100 },
  { _tag: "WriteFails", times: 3 },
  { _tag: "WriteIsShort", octets: 1_500 },
  { _tag: "CreateFails", times: 2 },
  { _tag: "SyncHangs" }
] as const satisfies ReadonlyArray<SimDisk.Fault>

const isLog = (name: string): boolean => name.includes("/spool/log/")

const applyMillisMax = 10_000

const linkOf = (one: string, other: string): string => [one, other].toSorted().join(" ")
