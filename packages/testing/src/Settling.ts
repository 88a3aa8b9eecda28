/**
 * Waits until the sites of a simulated fleet hold the same articles, or says who lacks what.
 */
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
  for (;;) {
    const up = sites().filter(({ isUp }) => isUp)
    yield* Effect.forEach(up, (site) => site.look(), { discard: true })
    const state = up.map(({ holdings }) => `${holdings.fingerprint}.${holdings.position}`).join(" ")
    const isSame = new Set(up.map(({ holdings }) => holdings.fingerprint)).size <= 1
    const { nowMillis } = world
    if (state !== before || !isSame) quietSinceMillis = nowMillis
    before = state
    if (nowMillis - quietSinceMillis >= quietMillis) return
    if (nowMillis - beganMillis >= withinMillis) {
      return yield* new Unsettled({ afterMillis: withinMillis, differences: differences(up) })
    }
    yield* Effect.sleep(lookMillis)
  }
})

/** Who lacks what that others hold. */
const differences = (sites: ReadonlyArray<SimSite>): ReadonlyArray<string> => {
  const all = new Set(sites.flatMap(({ holdings }) => [...holdings.ids]))
  const lacking = sites.flatMap(({ holdings, name }) => {
    const missing = [...all].filter((id) => !holdings.ids.has(id))
    const more = missing.length > namedMax ? ` and ${missing.length - namedMax} more` : ""
    return missing.length === 0 ? [] : [`${name} lacks ${missing.slice(0, namedMax).join(" ")}${more}`]
  })
  return lacking.length === 0 ? ["something new comes all the time"] : lacking
}
