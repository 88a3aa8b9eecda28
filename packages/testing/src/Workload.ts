/**
 * Draws histories: what clients do all the time, and a few episodes of trouble, each with its end.
 *
 * Which kinds of trouble a history has is drawn first, so that some have little of many and others much of one.
 */
import type { Chance } from "./Chance.ts"
import { Chance as Chances } from "./Chance.ts"
import * as Command from "./Command.ts"
import * as History from "./History.ts"

/** How much happens. */
export interface Pace {
  readonly posts: number
  readonly questions: number
  readonly troubles: number
}

/** Trouble of one kind: commands from its beginning to its end. */
type Episode = (chance: Chance, sites: Sites, fromMillis: number, toMillis: number) => ReadonlyArray<Command.Command>

interface Sites {
  readonly zones: ReadonlyArray<string>
  /** Hosts of POPs. */
  readonly hosts: ReadonlyArray<string>
  readonly all: ReadonlyArray<string>
}

/** Names of the sites of a shape, as `Topology` gives them. */
export const sitesOf = ({ pops, zones }: History.Shape): Sites => {
  const zoneNames = Array.from({ length: zones }, (_, at) => `z${at + 1}`)
  const hosts = pops.flatMap((count, at) =>
    count === 1 ? [`p${at + 1}`] : Array.from({ length: count }, (_, host) => `p${at + 1}-h${host + 1}`)
  )
  return { zones: zoneNames, hosts, all: [...zoneNames, ...hosts] }
}

const between =
  (verb: Command.Verb, end: Command.Verb): Episode =>
  (chance, sites, from, to) => {
    const [one = "", other = ""] = chance.shuffled(sites.all)
    return [Command.make(from, verb, [one, other]), Command.make(to, end, [one, other])]
  }

const ofSite =
  (verb: Command.Verb, end: Command.Verb): Episode =>
  (chance, { all }, from, to) => {
    const site = chance.pick(all)
    return [Command.make(from, verb, [site]), Command.make(to, end, [site])]
  }

/** Links go one by one, and come back in another order. */
const swizzle: Episode = (chance, sites, from, to) => {
  const centre = chance.pick(sites.all)
  const others = chance.shuffled(sites.all.filter((name) => name !== centre)).slice(0, 5)
  const step = (to - from) / (2 * others.length)
  return [
    ...others.map((name, at) => Command.make(from + at * step, "cut", [centre, name])),
    ...chance.shuffled(others).map((name, at) => Command.make(to - at * step, "heal", [centre, name]))
  ]
}

const slow: Episode = (chance, sites, from) => {
  const [one = "", other = ""] = chance.shuffled(sites.all)
  return [Command.make(from, "slow", [one, other], chance.between(300, 4_000))]
}

const skew: Episode = (chance, { all }, from, to) => {
  const site = chance.pick(all)
  return [Command.make(from, "skew", [site], chance.between(-120_000, 120_000)), Command.make(to, "skew", [site], 0)]
}

const wipe: Episode = (chance, { all, hosts }, from) => [
  Command.make(from, "wipe", [chance.happens(0.7) ? chance.pick(hosts) : chance.pick(all)])
]

const reset: Episode = (chance, { all }, from) => {
  const [one = "", other = ""] = chance.shuffled(all)
  return [Command.make(from, "reset", [one, other])]
}

const garbage: Episode = (chance, { all }, from) => [
  Command.make(from, "garbage", [chance.pick(all)], chance.between(0, 1_000_000))
]

/** Now and then somebody dies of it. */
const sick: Episode = (chance, { all, hosts }, from, to) => {
  const site = chance.happens(0.7) ? chance.pick(hosts) : chance.pick(all)
  const isDeadly = chance.happens(0.3)
  return [
    Command.make(from, "sick", [site], chance.between(0, hangs)),
    ...(hosts.includes(site) ? [Command.make(from, "post", [site], flightEvents + from)] : []),
    ...(isDeadly ? [Command.make(chance.between(from, to), chance.happens(0.5) ? "kill" : "power", [site])] : []),
    Command.make(to, "well", [site]),
    ...(isDeadly ? [Command.make(to, "start", [site])] : [])
  ]
}

/** Bits of a log turn over; now and then the site starts on it before anybody has read there. */
const rot: Episode = (chance, { all }, from, to) => {
  const site = chance.pick(all)
  // Nothing rots while a site lacks something: at some moment none does.
  const bits = Array.from({ length: rotsMax }, (_, at) =>
    Command.make(from + at * rotMillis, "rot", [site], chance.between(0, rotOctetMax))
  )
  const goes = chance.between(from, to)
  const restarts = chance.happens(0.5)
    ? [Command.make(goes, chance.happens(0.5) ? "kill" : "power", [site]), Command.make(to, "start", [site])]
    : []
  return [...bits, ...restarts]
}

const rotsMax = 4
const rotMillis = 300
/** Logs are shorter: it is taken modulo their length. */
const rotOctetMax = 1_000_000

/** A zone goes at once, with a word to its peers or without one, and comes back. */
const zoneOut: Episode = (chance, { zones }, from, to) => {
  const zone = chance.pick(zones)
  return [Command.make(from, chance.happens(0.5) ? "kill" : "power", [zone]), Command.make(to, "start", [zone])]
}

const restart: Episode = (chance, { all }, from) => {
  const site = chance.pick(all)
  return [Command.make(from, "kill", [site]), Command.make(from + chance.between(1, 1_500), "start", [site])]
}

/** A host dies just after a post: what it acknowledged is on its way, or is stuck as nothing gets out of the host. */
const crashInFlight: Episode = (chance, { all, hosts }, from, to) => {
  const host = chance.pick(hosts)
  const crashMillis = from + chance.between(0, chance.happens(0.7) ? flightMillis : stuckMillis)
  const others = chance.happens(0.5) ? all.filter((name) => name !== host) : []
  return [
    ...others.map((name) => Command.make(from, "cut", [host, name])),
    // Its disk stops in the middle of the sync.
    ...(chance.happens(0.5) ? [Command.make(from, "sick", [host], hangs), Command.make(to, "well", [host])] : []),
    Command.make(from, "post", [host], flightEvents + from),
    Command.make(crashMillis, chance.happens(0.5) ? "kill" : "power", [host]),
    ...others.map((name) => Command.make(Math.max(crashMillis, to), "heal", [host, name])),
    Command.make(Math.max(crashMillis, to), "start", [host])
  ]
}

/** The number of that fault. */
const hangs = 5
/** Until what was posted has reached a zone, and its answer the host. */
const flightMillis = 150
/** Until feeds have stored how far they are, with what is on its way not answered yet. */
const stuckMillis = 6_000
/** Their events have these numbers and up. */
const flightEvents = 200_000

const episodes: ReadonlyArray<Episode> = [
  between("cut", "heal"),
  between("cut-way", "heal-way"),
  between("narrow", "widen"),
  ofSite("kill", "start"),
  ofSite("power", "start"),
  ofSite("pause", "resume"),
  swizzle,
  slow,
  skew,
  wipe,
  reset,
  garbage,
  zoneOut,
  restart,
  crashInFlight,
  crashInFlight,
  sick,
  rot
]

/** Kinds of trouble in one history, at most. */
const kindsMax = 5

/** One history; the same for the same seed and shape. */
export const draw = (seed: number, shape: History.Shape, pace: Pace = paceOf(shape)): History.History => {
  if (shape.daySeconds !== undefined) return drawDays(seed, shape, shape.daySeconds)
  const chance = new Chances(`${seed}/workload`)
  const sites = sitesOf(shape)
  const endMillis = shape.seconds * 1000
  const kinds = shape.staysOut ? [] : chance.shuffled(episodes).slice(0, chance.between(1, kindsMax))
  const troubles =
    kinds.length === 0 ? [] : Array.from({ length: chance.between(1, pace.troubles) }, () => chance.pick(kinds))
  const commands = [
    ...clientsOf(chance, sites, endMillis, pace),
    ...(shape.staysOut ? zonesOutOf(chance, sites, endMillis) : []),
    ...(shape.seconds >= History.retainedSeconds
      ? retentionOf(new Chances(`${seed}/retention`), sites, endMillis)
      : []),
    ...troubles.flatMap((trouble) => {
      const fromMillis = chance.between(0, endMillis)
      return trouble(chance, sites, fromMillis, chance.between(fromMillis, endMillis))
    })
  ]
  return { seed, ...shape, commands: commands.toSorted((one, other) => one.atMillis - other.atMillis) }
}

/**
 * A history in which days are sealed. First there are events, and trouble that is over long before their days are due. While
 * the first days are sealed there is trouble again, cancels of those events, and new ones.
 *
 * Trouble is over within the seven days that a site may be cut off, the times included that feeds take to come back.
 */
const drawDays = (seed: number, shape: History.Shape, daySeconds: number): History.History => {
  const chance = new Chances(`${seed}/days`)
  const sites = sitesOf(shape)
  const dayMillis = daySeconds * 1000
  const kinds = chance.shuffled(episodes.filter((one) => !tooLong.includes(one))).slice(0, chance.between(1, kindsMax))
  const troublesFrom = (fromMillis: number) =>
    Array.from({ length: chance.between(1, dayTroubles) }, () => {
      const atMillis = fromMillis + chance.between(0, troubleDays * dayMillis)
      return chance.pick(kinds)(chance, sites, atMillis, atMillis + chance.between(0, troubleMillisMax(dayMillis)))
    }).flat()
  const early = clientsOf(chance, sites, eventDays * dayMillis, dayPace)
  const late = clientsOf(chance, sites, (sealDays - eventDays) * dayMillis, dayPace).map(
    ({ atMillis, numbers, sites: at, verb }) => {
      // An event that is posted again so late would come after its day is sealed.
      const [number = 0, ...rest] = numbers
      return Command.make(
        atMillis + lateDay * dayMillis,
        verb,
        at,
        verb === "post" ? lateDayEvents + number : number,
        ...rest
      )
    }
  )
  // An event whose author was away until its day was sealed: it is left out, unless it is the first of its key and day.
  const tooLate = [
    Command.make(chance.between(0, eventDays * dayMillis), "read", [chance.pick(sites.hosts)], tooLateEvent),
    Command.make(chance.between(sealedDay, goneDay) * dayMillis, "post", [chance.pick(sites.hosts)], tooLateEvent)
  ]
  // The first inputs have expired by now: whoever starts knows of them from partials alone.
  const restarts = chance.shuffled(sites.zones).slice(0, chance.between(1, sites.zones.length))
  const goneMillis = goneDay * dayMillis
  const after = [
    ...restarts.flatMap((zone) => [
      Command.make(goneMillis, chance.happens(wipeShare) ? "wipe" : "kill", [zone]),
      Command.make(goneMillis + chance.between(1, dayMillis), "start", [zone])
    ]),
    ...Array.from({ length: 4 }, (_, at) =>
      Command.make(goneMillis + chance.between(0, dayMillis), "post", [chance.pick(sites.hosts)], goneEvents + at)
    )
  ]
  const commands = [...early, ...troublesFrom(0), ...late, ...troublesFrom(lateDay * dayMillis), ...tooLate, ...after]
  return { seed, ...shape, commands: commands.toSorted((one, other) => one.atMillis - other.atMillis) }
}

/** A clock may be off by days. Behind bits that turn over audits are waited for, hundreds of such days. */
const tooLong: ReadonlyArray<Episode> = [skew, rot]
const dayPace: Pace = { posts: 12, questions: 16, troubles: 0 }
/** Episodes around the events, and around their seals, at most. */
const dayTroubles = 4
/** Events come for so many days; a day before the first is due clients and trouble begin again, for a few days. */
const eventDays = 3
const lateDay = 10
const sealDays = 9
const troubleDays = 4
const troubleMillisMax = (dayMillis: number): number => 2 * dayMillis
/** Their events have these numbers and up. */
const lateDayEvents = 1_000
/** The days of the first events are sealed. */
const sealedDay = 15
const tooLateEvent = 4_000
/** The first inputs have expired; zones start again, some of them with nothing. */
const goneDay = 31
const goneEvents = 2_000
const wipeShare = 0.2

const paceOf = ({ pops, seconds }: History.Shape): Pace => ({
  posts: Math.ceil((pops.length * seconds) / 6),
  questions: Math.ceil((pops.length * seconds) / 6),
  troubles: 8
})

/** Posts, some of them again elsewhere, questions, and what operators are asked to erase. */
const clientsOf = (chance: Chance, { hosts }: Sites, endMillis: number, pace: Pace): ReadonlyArray<Command.Command> => {
  const posts = Array.from({ length: pace.posts }, (_, number) => {
    const atMillis = chance.between(0, endMillis)
    const post = Command.make(atMillis, "post", [chance.pick(hosts)], number)
    if (!chance.happens(0.3)) return [post]
    // A client that heard nothing, or two that have the same outbox.
    const again = atMillis + (chance.happens(0.3) ? chance.between(0, 100) : chance.between(0, endMillis - atMillis))
    return [post, Command.make(again, "post", [chance.pick(hosts)], number)]
  }).flat()
  const questions = Array.from({ length: pace.questions }, () => question(chance, hosts, endMillis, pace.posts))
  const erasures = chance.happens(0.3) ? chance.between(1, erasuresMax) : 0
  return [
    ...posts,
    ...questions,
    ...Array.from({ length: erasures }, () =>
      Command.make(chance.between(0, endMillis), "erase", [], chance.between(0, pace.posts - 1))
    )
  ]
}

/** Articles that operators erase in one history. */
const erasuresMax = 3

const staleMillis = [0, 0, 2_000, 10_000] as const

const question = (chance: Chance, hosts: ReadonlyArray<string>, endMillis: number, posts: number): Command.Command => {
  const atMillis = chance.between(0, endMillis)
  const site = [chance.pick(hosts)]
  const number = chance.between(0, posts - 1)
  const kind = chance.between(0, 9)
  if (kind < 3) return Command.make(atMillis, "query", site, number, chance.pick(staleMillis))
  if (kind < 5) return Command.make(atMillis, "digest", site, number, chance.pick(staleMillis))
  if (kind < 6) return Command.make(atMillis, "read", site, number)
  if (kind < 7) return Command.make(atMillis, "receipt", site, number)
  return Command.make(atMillis, kind < 9 ? "cancel" : "forge", site, number)
}

/** Some hosts keep little, now and then a zone: most of them from the beginning. What has expired is posted again and read. */
const retentionOf = (chance: Chance, { hosts, zones }: Sites, endMillis: number): ReadonlyArray<Command.Command> => {
  const few = chance.shuffled(hosts).slice(0, chance.between(1, 2))
  const small = chance.happens(0.3) ? [...few, chance.pick(zones)] : few
  return small.flatMap((site) => {
    const atMillis = chance.happens(0.6) ? chance.between(0, 1_000) : chance.between(0, endMillis)
    const again = Array.from({ length: hosts.includes(site) ? againMax : 0 }, () => {
      const verb = chance.happens(0.5) ? "post" : "read"
      return Command.make(chance.between(endMillis / 2, endMillis), verb, [site], chance.between(0, firstEvents))
    })
    const rules: ReadonlyArray<Command.Command> = chance
      .shuffled([
        Command.make(atMillis, "keep-count", [site], chance.between(1, 8)),
        Command.make(atMillis, "keep-age", [site], chance.between(4_000, 60_000)),
        Command.make(atMillis, "keep-bytes", [site], chance.between(10_000, 60_000))
      ])
      .slice(0, chance.happens(0.7) ? 1 : 2)
    return [...rules, ...again]
  })
}

/** How often what is old is posted again, or read, at a site that keeps little; events of about the first half. */
const againMax = 4
const firstEvents = 30

/** Any two zones are dead at any moment, and two of them to the end. */
const zonesOutOf = (chance: Chance, { zones }: Sites, endMillis: number): ReadonlyArray<Command.Command> => {
  const commands: Array<Command.Command> = []
  const leave = (zone: string, atMillis: number): void => {
    commands.push(Command.make(atMillis, chance.happens(0.5) ? "kill" : "power", [zone]))
  }
  const changes = chance.between(1, Math.floor(endMillis / changeMillis))
  let atMillis = chance.between(0, backMillis)
  let out = chance.shuffled(zones).slice(0, 2)
  for (const zone of out) leave(zone, atMillis + chance.between(0, graceMillis))
  for (let change = 1; change < changes; change++) {
    atMillis += backMillis + graceMillis + chance.between(0, changeMillis / 2)
    const next = chance.shuffled(zones).slice(0, 2)
    for (const zone of out) if (!next.includes(zone)) commands.push(Command.make(atMillis, "start", [zone]))
    for (const zone of next)
      if (!out.includes(zone)) leave(zone, atMillis + backMillis + chance.between(0, graceMillis))
    out = next
  }
  return commands
}

/** One exchange of the zones that are dead, on average. */
const changeMillis = 10_000
/** Until a zone that comes back serves. */
const backMillis = 3_000
const graceMillis = 500
