/**
 * Waits until the sites of a simulated fleet hold the same articles, or says who lacks what.
 */
import type * as MessageId from "@lupin/core/MessageId"
import { Effect, Schema } from "effect"
import type { SimSite } from "./SimSite.ts"
import type { World } from "./World.ts"

/** The sites did not come to hold the same. */
export class Unsettled extends Schema.TaggedError<Unsettled>()("Unsettled", {
  afterMillis: Schema.Finite,
  /** Who lacks what that others hold. */
  differences: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `not settled after ${this.afterMillis} ms: ${this.differences.join("; ")}`
  }
}

export interface Options {
  /** How long all sites must hold the same, and nothing new. */
  readonly quietMillis?: number
  /** How long to wait for it. */
  readonly withinMillis?: number
}

export const quietMillisDefault = 3_000
export const withinMillisDefault = 120_000

/** Between two looks. */
const lookMillis = 250

type Id = MessageId.MessageId

/** Ids named in a difference. */
const namedMax = 3

/** Looks at the sites that are up, until all hold the same and have held it for a while. */
export const settle = Effect.fnUntraced(function* (
  world: World,
  sites: () => ReadonlyArray<SimSite>,
  { quietMillis = quietMillisDefault, withinMillis = withinMillisDefault }: Options
): Effect.fn.Return<void, Unsettled> {
  const beganMillis = world.nowMillis
  let quietSinceMillis = beganMillis
  let before = ""
  let isSame = false
  for (;;) {
    const up = sites().filter(({ isUp }) => isUp)
    yield* Effect.forEach(up, (site) => site.look(), { discard: true })
    const state = up.map(({ holdings }) => `${holdings.fingerprint}.${holdings.position}`).join(" ")
    const { nowMillis } = world
    if (state !== before) isSame = holdSame(up)
    if (state !== before || !isSame) quietSinceMillis = nowMillis
    before = state
    if (nowMillis - quietSinceMillis >= quietMillis) return
    if (nowMillis - beganMillis >= withinMillis) {
      return yield* new Unsettled({ afterMillis: withinMillis, differences: differences(up) })
    }
    yield* Effect.sleep(lookMillis)
  }
})

/** Whether sites hold the same, but for what has expired where an operator has little kept. */
export const holdSame = (sites: ReadonlyArray<SimSite>): boolean => {
  const whole = sites.filter(({ retention }) => retention === undefined)
  if (new Set(whole.map(({ holdings }) => holdings.fingerprint)).size > 1) return false
  return whole.length === sites.length || sites.every((site) => lackedBy(site, allOf(sites)).length === 0)
}

const allOf = (sites: ReadonlyArray<SimSite>): ReadonlySet<Id> =>
  new Set(sites.flatMap(({ holdings }) => [...holdings.ids]))

const lackedBy = ({ holdings, retention }: SimSite, all: ReadonlySet<Id>): ReadonlyArray<Id> =>
  [...all].filter((id) => !holdings.ids.has(id) && (retention === undefined || !holdings.expired.has(id)))

/** Who lacks what that others hold. */
const differences = (sites: ReadonlyArray<SimSite>): ReadonlyArray<string> => {
  const all = allOf(sites)
  const lacking = sites.flatMap((site) => {
    const { name } = site
    const missing = lackedBy(site, all)
    const more = missing.length > namedMax ? ` and ${missing.length - namedMax} more` : ""
    return missing.length === 0 ? [] : [`${name} lacks ${missing.slice(0, namedMax).join(" ")}${more}`]
  })
  return lacking.length === 0 ? ["something new comes all the time"] : lacking
}
