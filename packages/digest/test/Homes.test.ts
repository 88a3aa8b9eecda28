import { assert, describe, it } from "@effect/vitest"
import * as Homes from "@lupin/digest/Homes"
import * as fc from "fast-check"

const zones = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 6 })
const group = fc.stringMatching(/^digests\.[a-z]{1,8}\.[a-z]{1,8}$/)

describe("Homes", () => {
  it("gives every zone one place, the same whoever asks", () => {
    fc.assert(
      fc.property(group, zones, (group, zones) => {
        const order = Homes.order(group, zones)
        assert.deepStrictEqual([...order].sort(), [...zones].sort())
        assert.deepStrictEqual(Homes.order(group, [...zones].reverse()), order)
        for (const zone of zones) assert.strictEqual(Homes.placeOf(zone, group, zones), order.indexOf(zone))
      })
    )
  })

  it("keeps the order of the others when a zone goes", () => {
    fc.assert(
      fc.property(group, zones, (group, zones) => {
        const [gone, ...rest] = zones
        assert.deepStrictEqual(
          Homes.order(group, rest),
          Homes.order(group, zones).filter((zone) => zone !== gone)
        )
      })
    )
  })

  it("spreads groups over zones", () => {
    const zones = ["sea", "mk", "cape"]
    const homes = Array.from({ length: 300 }, (_, n) => Homes.order(`digests.app.ratings.k${n}`, zones)[0])
    for (const zone of zones) assert.isAbove(homes.filter((home) => home === zone).length, 50)
  })
})
