import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Chance } from "../src/Chance.ts"

const drawn = (chance: Chance) => Array.from({ length: 20 }, () => chance.bits())

describe("Chance", () => {
  it("is the same for the same seed, and another for another", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (seed, other) => {
        assert.deepStrictEqual(drawn(new Chance(seed)), drawn(new Chance(seed)))
        if (seed !== other) assert.notDeepEqual(drawn(new Chance(seed)), drawn(new Chance(other)))
      })
    )
  })

  it("splits by name, whatever was drawn before", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(50), (seed, name, draws) => {
        const chance = new Chance(seed)
        for (let draw = 0; draw < draws; draw++) chance.bits()
        assert.deepStrictEqual(drawn(chance.split(name)), drawn(new Chance(seed).split(name)))
      })
    )
  })

  it("draws every number between two bounds about as often, and none beyond", () => {
    const chance = new Chance("dice")
    const seen = new Map<number, number>()
    for (let draw = 0; draw < 60_000; draw++) {
      const eyes = chance.between(1, 6)
      seen.set(eyes, (seen.get(eyes) ?? 0) + 1)
    }
    assert.deepStrictEqual(
      [...seen.keys()].toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6]
    )
    for (const times of seen.values()) assert.closeTo(times, 10_000, 500)
  })

  it("gives safe integers and fractions below one to Effect", () => {
    const { random } = new Chance("effect")
    for (let draw = 0; draw < 1_000; draw++) {
      assert.isTrue(Number.isSafeInteger(random.nextIntUnsafe()))
      const fraction = random.nextDoubleUnsafe()
      assert.isTrue(fraction >= 0 && fraction < 1)
    }
  })

  it("shuffles without loss", () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.string(), (list, seed) => {
        const shuffled = new Chance(seed).shuffled(list)
        assert.deepStrictEqual(
          shuffled.toSorted((a, b) => a - b),
          list.toSorted((a, b) => a - b)
        )
      })
    )
  })
})
