/**
 * What clients do at the POP hosts of a simulated fleet in a history, and what they tell of it.
 */
import type * as PopOperations from "@lupin/api/PopOperations"
import type * as Receipt from "@lupin/api/Receipt"
import { Effect, Exit } from "effect"
import * as BirdEvents from "./BirdEvents.ts"
import * as Census from "./Census.ts"
import type * as Command from "./Command.ts"
import type { Evidence } from "./Evidence.ts"
import type * as Fleet from "./Fleet.ts"

/** How long a client waits, in milliseconds. */
export const patienceMillis = 5_000

/** Around the place that a query names. */
const radiusMetres = 5_000
const pageMax = 500

export interface Options {
  readonly fleet: Fleet.Fleet
  readonly event: (number: number) => BirdEvents.BirdEvent
  readonly tell: (evidence: Evidence) => void
  /** Whether a site was not quite itself at any time since. */
  readonly isDisturbed: (site: string, sinceMillis: number) => boolean
  /** Whether the clock of a site has always been right. */
  readonly isTimely: (site: string) => boolean
}

/** Does what a client's command says. Never fails: what comes of it is evidence. */
export const act = (options: Options, command: Command.Command): Effect.Effect<void> => {
  const { sites, verb } = command
  const [site = ""] = sites
  const { fleet, isDisturbed, tell } = options
  return Effect.gen(function* () {
    const askedMillis = fleet.world.nowMillis
    const exit = yield* operation(options, command).pipe(
      Effect.timeoutOrElse({ duration: patienceMillis, orElse: () => Effect.fail({ _tag: "Silence" }) }),
      Effect.exit
    )
    const outcome = Exit.isSuccess(exit) ? "ok" : wordOf(exit.cause.reasons)
    fleet.world.tell(site, verb, `${command.numbers.join(" ")} ${outcome}`)
    tell({
      _tag: "Answered",
      site,
      verb,
      ...(verb === "read" ? { id: options.event(command.numbers[0] ?? 0).messageId } : {}),
      atMillis: fleet.world.nowMillis,
      askedMillis,
      outcome,
      isDisturbed: isDisturbed(site, askedMillis)
    })
  })
}

const wordOf = (reasons: ReadonlyArray<{ readonly _tag: string }>): string => {
  const [reason] = reasons
  if (reason === undefined) return "Interrupted"
  if (!("error" in reason)) return reason._tag
  const { error } = reason
  return typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "Failure"
}

/** A client's part of a command. */
const operation = (
  options: Options,
  { numbers, sites, verb }: Command.Command
): Effect.Effect<void, { readonly _tag: string }> => {
  const [site = ""] = sites
  const [number = 0, staleMillisMax = 0] = numbers
  const { fleet } = options
  switch (verb) {
    case "post":
      return post(options, site, options.event(number))
    case "read":
      return Effect.asVoid(fleet.read(site, options.event(number).messageId))
    case "receipt":
      return receipt(options, site, options.event(number))
    case "cancel":
      return cancel(options, site, options.event(number), false)
    case "forge":
      return cancel(options, site, options.event(number), true)
    case "query":
      return query(options, site, number, staleMillisMax)
    case "digest":
      return Effect.asVoid(
        fleet.digest(site, { digestion: "bird-counts", key: BirdEvents.birdOf(number), staleMillisMax })
      )
    default:
      return Effect.void
  }
}

const generationOf = (fleet: Fleet.Fleet, site: string): string => fleet.site(site).running?.spool.generation.id ?? ""

const post = Effect.fnUntraced(function* ({ fleet, tell }: Options, site: string, event: BirdEvents.BirdEvent) {
  const generation = generationOf(fleet, site)
  const { isNew, posted } = yield* fleet.post(site, event.post)
  const { groups, messageId } = posted
  const atMillis = fleet.world.nowMillis
  tell({ _tag: "Acknowledged", site, generation, atMillis, event, messageId, groups, isNew })
})

const receipt = Effect.fnUntraced(function* ({ fleet, tell }: Options, site: string, event: BirdEvents.BirdEvent) {
  const answer: Receipt.Receipt = yield* fleet.receipt(site, event.messageId)
  tell({ _tag: "Receipted", site, atMillis: fleet.world.nowMillis, receipt: answer })
})

const cancel = Effect.fnUntraced(function* (
  { fleet, tell }: Options,
  site: string,
  { key, messageId }: BirdEvents.BirdEvent,
  isForged: boolean
) {
  const generation = generationOf(fleet, site)
  const withdrawn = { _tag: "Withdrawn", site, generation, id: messageId, isForged } as const
  // It may act before its author hears of it.
  if (!isForged) tell({ ...withdrawn, state: "refused", atMillis: fleet.world.nowMillis })
  const { state } = yield* fleet
    .cancel(site, messageId, isForged ? BirdEvents.wrongKey : key)
    .pipe(
      Effect.tapError(({ _tag }) =>
        _tag === "WrongKey"
          ? Effect.sync(() => tell({ ...withdrawn, state: "refused", atMillis: fleet.world.nowMillis }))
          : Effect.void
      )
    )
  tell({ ...withdrawn, state, atMillis: fleet.world.nowMillis })
})

const query = Effect.fnUntraced(function* (
  { fleet, isTimely, tell }: Options,
  site: string,
  place: number,
  staleMillisMax: number
) {
  const near = BirdEvents.placeOf(place)
  const where: PopOperations.Where = { _tag: "Near", ...near, radiusMetres }
  const answer = yield* fleet.query(site, { where, limit: pageMax, staleMillisMax })
  const { running } = fleet.site(site)
  const source = running === undefined || !isTimely(site) ? undefined : yield* Census.log(running.spool)
  const { nowMillis: atMillis } = fleet.world
  tell({ _tag: "Shown", site, atMillis, near, radiusMetres, answer, staleMillisMax, source })
})
