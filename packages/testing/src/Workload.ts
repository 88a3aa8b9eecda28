/**
 * Draws histories: what clients do all the time, and a few episodes of trouble, each with its end.
 *
 * Which kinds of trouble a history has is drawn first, so that some have little of many and others much of one.
 */
import type { Chance } from "./Chance.ts"
import { Chance as Chances } from "./Chance.ts"
import * as Command from "./Command.ts"
import * as History from "./History.ts"
import * as Trouble from "./Trouble.ts"

/** How much happens. */
export interface Pace {
  readonly posts: number
  readonly questions: number
  readonly troubles: number
}

/** Kinds of trouble in one history, at most. */
const kindsMax = 5

/** One history; the same for the same seed and shape. */
export const draw = (seed: number, shape: History.Shape, pace: Pace = paceOf(shape)): History.History => {
  if (shape.daySeconds !== undefined) return drawDays(seed, shape, shape.daySeconds)
  const chance = new Chances(`${seed}/workload`)
  const sites = Trouble.sitesOf(shape)
  const endMillis = shape.seconds * 1000
  const kinds = shape.staysOut ? [] : chance.shuffled(Trouble.episodes).slice(0, chance.between(1, kindsMax))
  const troubles =
    kinds.length === 0 ? [] : Array.from({ length: chance.between(1, pace.troubles) }, () => chance.pick(kinds))
  const commands = [
    ...clientsOf(chance, sites, endMillis, pace),
    ...(shape.staysOut ? zonesOutOf(chance, sites, endMillis) : unseenOf(seed, sites, [0, endMillis], pace)),
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
  const sites = Trouble.sitesOf(shape)
  const dayMillis = daySeconds * 1000
  const kinds = chance
    .shuffled(Trouble.episodes.filter((one) => !drawnApart.includes(one)))
    .slice(0, chance.between(1, kindsMax))
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
  const unseen = unseenOf(seed, sites, [dayMillis, (sealedDay - 1) * dayMillis], dayPace)
  const retained = History.isRetained(seed)
    ? retentionOf(new Chances(`${seed}/retention`), sites, sealedDay * dayMillis)
    : []
  const commands = [
    ...early,
    ...troublesFrom(0),
    ...late,
    ...troublesFrom(lateDay * dayMillis),
    ...tooLate,
    ...hardOf(seed, sites, dayMillis),
    ...unseen,
    ...retained,
    ...after
  ]
  return { seed, ...shape, commands: commands.toSorted((one, other) => one.atMillis - other.atMillis) }
}

/** Hard on days of seconds: drawn apart. */
const drawnApart: ReadonlyArray<Trouble.Episode> = [Trouble.skew, Trouble.rot]

/**
 * Clocks that are wrong by up to six days, disks that stop in the middle of a sync, and bits that turn over, in half of the histories
 * of days: while there are events, or while their days are sealed.
 */
const hardOf = (seed: number, sites: Trouble.Sites, dayMillis: number): ReadonlyArray<Command.Command> => {
  const chance = new Chances(`${seed}/hard`)
  if (!chance.happens(hardShare)) return []
  const kinds = chance.shuffled([Trouble.skew, Trouble.hangingDisk, Trouble.rot]).slice(0, chance.between(1, 2))
  return Array.from({ length: chance.between(1, dayTroubles) }, () => {
    const fromDay = chance.happens(0.4) ? 0 : lateDay
    const atMillis = fromDay * dayMillis + chance.between(0, troubleDays * dayMillis)
    return chance.pick(kinds)(chance, sites, atMillis, atMillis + chance.between(0, troubleMillisMax(dayMillis)))
  }).flat()
}

const hardShare = 0.5
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
const clientsOf = (
  chance: Chance,
  { hosts }: Trouble.Sites,
  endMillis: number,
  pace: Pace
): ReadonlyArray<Command.Command> => {
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

/**
 * Now and then events are withdrawn or erased about when all zones die, some of which lose all they held: no digester that
 * has counted them sees that they are gone.
 */
const unseenOf = (
  seed: number,
  { hosts, zones }: Trouble.Sites,
  [fromMillis, toMillis]: readonly [number, number],
  { posts }: Pace
): ReadonlyArray<Command.Command> => {
  const chance = new Chances(`${seed}/unseen`)
  if (!chance.happens(unseenShare)) return []
  const diesMillis = chance.between(fromMillis, toMillis)
  const backMillis = diesMillis + chance.between(1_000, unseenMillisMax)
  const gone = Array.from({ length: chance.between(1, erasuresMax) }, () => {
    const atMillis = Math.max(0, chance.between(diesMillis - 100, backMillis))
    const number = chance.between(0, posts - 1)
    return chance.happens(0.7)
      ? Command.make(atMillis, "erase", [], number)
      : Command.make(atMillis, "cancel", [chance.pick(hosts)], number)
  })
  const loses = chance.happens(0.5)
  const isMany = toMillis - fromMillis >= manyFromMillis && diesMillis - fromMillis >= manyMillis && chance.happens(0.5)
  return [
    ...gone,
    ...(isMany ? manyUnseen(chance, hosts, fromMillis, diesMillis) : []),
    ...zones.flatMap((zone) => [
      Command.make(diesMillis, "kill", [zone]),
      ...(loses ? [Command.make(backMillis, "wipe", [zone])] : []),
      Command.make(backMillis, "start", [zone])
    ])
  ]
}

/**
 * In long histories half of the time so many events at once that no digester can find out by their ids which of them were counted.
 */
const manyUnseen = (
  chance: Chance,
  hosts: ReadonlyArray<string>,
  fromMillis: number,
  diesMillis: number
): ReadonlyArray<Command.Command> => {
  const numbers = Array.from({ length: chance.between(20, manyMax) }, (_, at) => manyEvents + at)
  const beganMillis = Math.max(fromMillis, diesMillis - manyMillis)
  return numbers.flatMap((number) => [
    Command.make(chance.between(beganMillis, diesMillis), "post", [chance.pick(hosts)], number),
    ...(chance.happens(0.8) ? [Command.make(diesMillis - chance.between(0, 100), "erase", [], number)] : [])
  ])
}

const manyMax = 40
/** A zone misses what a digest counts for a minute before it asks for it. */
const manyFromMillis = 120_000
const manyMillis = 10_000
/** They have these numbers and up. */
const manyEvents = 5_000

const unseenShare = 0.1
const unseenMillisMax = 5_000

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
const retentionOf = (
  chance: Chance,
  { hosts, zones }: Trouble.Sites,
  endMillis: number
): ReadonlyArray<Command.Command> => {
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
const zonesOutOf = (chance: Chance, { zones }: Trouble.Sites, endMillis: number): ReadonlyArray<Command.Command> => {
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
