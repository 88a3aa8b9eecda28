/**
 * Runs a history: the fleet lives through it under the eyes of all checkers, heals, comes to rest, and is looked at.
 */
import type * as Article from "@lupin/core/Article"
import type * as MessageId from "@lupin/core/MessageId"
import * as Calendar from "@lupin/digest/Calendar"
import * as Reconcile from "@lupin/site/Reconcile"
import { Cause, Effect, Exit, Fiber, type Scope } from "effect"
import * as BirdApp from "./BirdApp.ts"
import * as BirdEvents from "./BirdEvents.ts"
import * as Census from "./Census.ts"
import * as Checker from "./checkers/Checker.ts"
import * as Checkers from "./checkers/Checkers.ts"
import * as Clients from "./Clients.ts"
import * as Command from "./Command.ts"
import type { Evidence } from "./Evidence.ts"
import * as Faults from "./Faults.ts"
import * as FeedTap from "./FeedTap.ts"
import * as Fleet from "./Fleet.ts"
import * as Garbage from "./Garbage.ts"
import * as History from "./History.ts"
import { Operator } from "./Operator.ts"
import * as Sightings from "./Sightings.ts"
import * as World from "./World.ts"

/** What became of a history. */
export interface Outcome {
  readonly violations: ReadonlyArray<Checker.Violation>
  readonly sightings: Sightings.Sightings
  /** The end of the trace. */
  readonly trace: string
  /** Equal for equal histories. */
  readonly fingerprint: string
  readonly simulatedMillis: number
}

/** How far apart the sites are looked at while the history runs, in simulated milliseconds. */
export const lookMillis = 5_000
/** The same, or by the hour through days of 24. */
const lookMillisOf = ({ daySeconds = 0 }: History.History): number => Math.max(lookMillis, (daySeconds * 1000) / 24)
/** How long all sites must hold the same before they have settled: digesters of all zones have had their turns. */
const quietMillis = 8_000
/** How long healing may take: a connection that was cut tries again at most two minutes later. */
const withinMillis = 900_000
/**
 * Between two audits: where bits turn over in days of seconds they come twice a day, else as often as in production, which is never.
 */
const auditMillisOf = ({ commands, daySeconds }: History.History): number =>
  daySeconds !== undefined && commands.some(({ verb }) => verb === "rot")
    ? (daySeconds * 1000) / 2
    : Reconcile.auditMillis

/** Until every site has compared itself with all its peers, and once more: an audit comes one and a half times as long after the last, at most. */
const auditsMax = 3
/** Until retention has let go of what is too much, its room was given back, and an audit has come upon what is not there. */
const retainedMillis = 1.5 * Reconcile.auditMillis
/** Until numbers and octets of what came last were looked at: in days of seconds it would expire meanwhile, and audits have been. */
const countedMillis = 120_000
/** Events that are posted after everything has healed have these numbers and up. */
const lateEvents = 100_000
const traceLines = 200

/** Lives through a history. Never fails: what went wrong is a violation. */
export const run = (
  history: History.History,
  checkers: ReadonlyArray<Checker.Checker> = Checkers.all([BirdApp.app], History.calendarOf(history))
): Effect.Effect<Outcome> => {
  const violations: Array<Checker.Violation> = []
  const sightings = new Sightings.Sightings()
  const latest: { world?: World.World } = {}
  const options = {
    seed: history.seed,
    traceMax: traceLines,
    apps: [BirdApp.app],
    pops: History.popsOf(history),
    zones: history.zones,
    auditMillis: auditMillisOf(history),
    ...(history.daySeconds === undefined ? {} : { calendar: History.calendarOf(history) })
  }
  return World.run(options, (world) => {
    latest.world = world
    return Effect.flatMap(Fleet.make(world, options), (fleet) => live(fleet, history, checkers, sightings, violations))
  }).pipe(
    Effect.exit,
    Effect.map((exit): Outcome => {
      const { world } = latest
      const atMillis = world?.nowMillis ?? 0
      if (Exit.isFailure(exit)) violations.push({ promise: 0, atMillis, text: Cause.pretty(exit.cause) })
      return {
        violations,
        sightings,
        trace: world?.trace.text(traceLines) ?? "",
        fingerprint: world?.trace.fingerprint ?? "",
        simulatedMillis: atMillis - (world?.startMillis ?? 0)
      }
    })
  )
}

const live = Effect.fnUntraced(function* (
  fleet: Fleet.Fleet,
  history: History.History,
  checkers: ReadonlyArray<Checker.Checker>,
  sightings: Sightings.Sightings,
  violations: Array<Checker.Violation>
): Effect.fn.Return<void, never, Scope.Scope> {
  const { world } = fleet
  const watch = Checker.watchAll(checkers)
  const tell = (evidence: Evidence): void => {
    sightings.see(evidence)
    for (const violation of watch(evidence)) {
      if (violations.filter(({ promise }) => promise === violation.promise).length >= Checker.breachesMax) continue
      world.tell("checker", "broken", `promise ${violation.promise}: ${violation.text}`)
      violations.push(violation)
    }
  }
  fleet.observe((happening) => {
    if (happening._tag !== "Acknowledged") tell(happening)
  })
  world.trace.listen((entry) => sightings.read(entry))
  FeedTap.listen(fleet, tell)
  const beganMillis = world.nowMillis
  const event = eventsOf(history, beganMillis)
  const operator = new Operator(fleet, tell)
  const faults = new Faults.Faults(fleet, sightings, (evidence) => {
    if (evidence._tag === "Rotted") operator.forget(evidence.site)
    tell(evidence)
  })
  const clients: Clients.Options = {
    fleet,
    event,
    tell,
    isDisturbed: (site, sinceMillis) => faults.isDisturbed(site, sinceMillis),
    isTimely: (site) => faults.isTimely(site)
  }
  const fibers: Array<Fiber.Fiber<void>> = []
  const perform = Effect.fnUntraced(function* (command: Command.Command) {
    const fits = command.sites.every((name) => fleet.sites.some((site) => site.name === name))
    const [site = ""] = command.sites
    const [aheadMillis = 0] = command.numbers
    if (fits && command.verb === "skew") tell({ _tag: "Skewed", site, aheadMillis, atMillis: world.nowMillis })
    if (fits) fibers.push(yield* Effect.forkChild(act(clients, faults, operator, command)))
  })

  /** Where something expires, checkers have to know what it was. */
  const hasRetention = history.commands.some(({ verb }) => verb in retentions)
  const read =
    history.daySeconds === undefined && !hasRetention ? undefined : new Map<MessageId.MessageId, Article.Article>()
  const everyMillis = lookMillisOf(history)
  let lookedMillis = world.nowMillis
  for (const command of history.commands) {
    const dueMillis = beganMillis + Math.min(command.atMillis, history.seconds * 1000)
    while (lookedMillis + everyMillis < dueMillis) {
      lookedMillis += everyMillis
      yield* Effect.sleep(lookedMillis - world.nowMillis)
      yield* look(fleet, faults, operator, tell, false, [], read)
      fibers.push(yield* Effect.forkChild(operator.again))
    }
    yield* Effect.sleep(dueMillis - world.nowMillis)
    yield* perform(command)
  }
  yield* Effect.sleep(Math.max(0, beganMillis + history.seconds * 1000 - world.nowMillis))
  yield* look(fleet, faults, operator, tell, false, [], read)

  yield* faults.heal(history.staysOut)
  yield* operator.finish
  yield* mended(fleet, faults, auditsMax * auditMillisOf(history))
  if (history.daySeconds !== undefined) {
    const pastMillis = Calendar.pastMillis(History.calendarOf(history), world.nowMillis)
    while (world.nowMillis < pastMillis) {
      yield* Effect.sleep(everyMillis)
      yield* look(fleet, faults, operator, tell, false, [], read)
    }
  }
  yield* Effect.sleep(1_000)
  const pops = fleet.sites.filter(({ plan }) => plan.kind === "pop")
  for (const [at, { name }] of pops.entries()) {
    yield* perform(Command.make(0, "post", [name], lateEvents + at))
    yield* perform(Command.make(0, "digest", [name], at, 0))
  }
  yield* Effect.forEach(fibers.splice(0), (fiber) => Fiber.join(fiber), { discard: true })
  const settle = fleet.settle({ quietMillis, withinMillis })
  const restMillis = history.daySeconds === undefined ? retainedMillis : countedMillis
  const rest = Effect.andThen(Effect.andThen(settle, Effect.sleep(restMillis)), settle)
  const settled = yield* Effect.exit(hasRetention ? rest : settle)
  const differences = Exit.isSuccess(settled)
    ? []
    : settled.cause.reasons.flatMap((reason) => (reason._tag === "Fail" ? reason.error.differences : [reason._tag]))
  yield* look(fleet, faults, operator, tell, true, differences, read)
  for (const [at, { name }] of pops.entries()) yield* perform(Command.make(0, "query", [name], at, 0))
  yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber), { discard: true })
  sightings.addAll(fleet.recoveries)
})

/**
 * Reads all that rotted sites hold, as readers would, and lets the hourly audits find what nobody reads: only they tell a
 * site of a removal whose record has rotted.
 */
const mended = Effect.fnUntraced(function* (fleet: Fleet.Fleet, faults: Faults.Faults, auditsMillis: number) {
  for (const name of faults.rotted) {
    const { running } = fleet.site(name)
    if (running !== undefined) yield* Effect.ignore(Census.readAll(running.spool))
  }
  if (faults.rotted.size > 0) yield* Effect.sleep(auditsMillis)
})

const retentions: Partial<Record<Command.Verb, true>> = { "keep-age": true, "keep-bytes": true, "keep-count": true }

/** Each event is minted when it is first named. */
const eventsOf = (history: History.History, beganMillis: number): ((number: number) => BirdEvents.BirdEvent) => {
  const minted = new Map<number, number>()
  for (const {
    atMillis,
    numbers: [number = 0],
    verb
  } of history.commands) {
    const isAboutEvent = (Command.forms[verb] as ReadonlyArray<string>).includes("event")
    if (isAboutEvent && !minted.has(number)) minted.set(number, beganMillis + atMillis)
  }
  const endMillis = beganMillis + history.seconds * 1000
  const lateMillis =
    history.daySeconds === undefined ? endMillis : Calendar.pastMillis(History.calendarOf(history), endMillis)
  const made = new Map<number, BirdEvents.BirdEvent>()
  return (number) => {
    const known = made.get(number)
    if (known !== undefined) return known
    const mintedMillis = minted.get(number) ?? lateMillis
    const event = BirdEvents.make(String(history.seed), number, mintedMillis)
    made.set(number, event)
    return event
  }
}

const act = (
  clients: Clients.Options,
  faults: Faults.Faults,
  operator: Operator,
  command: Command.Command
): Effect.Effect<void> => {
  const [number = 0] = command.numbers
  if (command.verb === "garbage") return garbage(clients, faults, command)
  if (command.verb === "erase") return operator.erase(clients.event(number))
  return Faults.isFault(command.verb) ? faults.strike(command) : Clients.act(clients, command)
}

const garbage = Effect.fnUntraced(function* (
  { fleet, isDisturbed, tell }: Clients.Options,
  faults: Faults.Faults,
  { numbers: [number = 0], sites: [site = ""] }: Command.Command
) {
  const chance = fleet.world.chance.split(`garbage ${number}`)
  const octets = Garbage.draw(chance)
  const { peers } = fleet.site(site).plan
  // From a peer there are more rights; from the site itself others.
  const from = chance.happens(0.5) ? chance.pick([...peers, site]) : site
  const askedMillis = fleet.world.nowMillis
  faults.see("garbage")
  const outcome = yield* Garbage.bring(fleet, site, from, octets)
  const isCutOff = from !== site && (isDisturbed(from, askedMillis) || faults.wasCut(from, site))
  tell({
    _tag: "Probed",
    site,
    atMillis: fleet.world.nowMillis,
    octets,
    outcome,
    isDisturbed: isCutOff || isDisturbed(site, askedMillis)
  })
})

const look = Effect.fnUntraced(function* (
  fleet: Fleet.Fleet,
  faults: Faults.Faults,
  operator: Operator,
  tell: (evidence: Evidence) => void,
  isSettled: boolean,
  differences: ReadonlyArray<string>,
  read: Map<MessageId.MessageId, Article.Article> | undefined
) {
  const { nowMillis } = fleet.world
  const expected = fleet.sites.map(({ name }) => name).filter((name) => !faults.isDown(name))
  for (const site of expected) {
    if (fleet.site(site).process === undefined) tell({ _tag: "Died", site, atMillis: nowMillis })
  }
  const sites: Array<Census.Look> = []
  for (const site of fleet.sites) {
    if (!site.isUp) continue
    const found = yield* Effect.option(Census.look(site, isSettled, operator.erasedAt(site.name), read))
    if (found._tag === "Some" && found.value !== undefined) sites.push(found.value)
  }
  tell({ _tag: "Looked", atMillis: fleet.world.nowMillis, isSettled, sites, expected, differences })
})
