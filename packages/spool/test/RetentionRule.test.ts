import { describe, expect, it } from "@effect/vitest"
import * as RetentionRule from "@lupin/spool/RetentionRule"
import * as fc from "fast-check"

const millis = fc.nat(100_000)
const bounded = fc
  .tuple(millis, millis, millis)
  .map((three) => three.toSorted((one, other) => one - other))
  .map(([keepMillisMin = 0, keepMillis = 0, keepMillisMax = 0]) => ({ keepMillis, keepMillisMax, keepMillisMin }))
const aging = fc.record({ arrivedMillis: millis, expiresMillis: fc.option(millis, { nil: undefined }) }).map((one) => ({
  groups: ["misc.test"],
  arrivedMillis: one.arrivedMillis,
  ...(one.expiresMillis === undefined ? {} : { expiresMillis: one.expiresMillis })
}))

describe("RetentionRule", () => {
  it("lets go of each article between the bounds of its rule", () => {
    fc.assert(
      fc.property(bounded, aging, (rule, article) => {
        const age = (RetentionRule.dueMillis(rule, article) ?? NaN) - article.arrivedMillis
        expect(age).toBeGreaterThanOrEqual(rule.keepMillisMin)
        expect(age).toBeLessThanOrEqual(rule.keepMillisMax)
      })
    )
  })

  it("lets an article go at its Expires where the bounds allow it, and at the age of the rule without one", () => {
    fc.assert(
      fc.property(bounded, aging, (rule, article) => {
        const { arrivedMillis, expiresMillis } = article
        const asked = (expiresMillis ?? arrivedMillis + rule.keepMillis) - arrivedMillis
        if (asked < rule.keepMillisMin || asked > rule.keepMillisMax) return
        expect(RetentionRule.dueMillis(rule, article)).toBe(arrivedMillis + asked)
      })
    )
  })

  it("looks at each article at an age when it may go", () => {
    fc.assert(
      fc.property(fc.array(bounded, { maxLength: 4 }), aging, (list, article) => {
        const rule = RetentionRule.of(list, article)
        const due = (RetentionRule.dueMillis(rule, article) ?? NaN) - article.arrivedMillis
        const looked = RetentionRule.ages(list)
        // Before Expires nobody looks but the list of what expires; after it, or without it, one of the ages comes.
        if (article.expiresMillis === undefined && due > 0) expect(looked).toContain(due)
        expect(Math.max(...looked)).toBeGreaterThanOrEqual(due)
      })
    )
  })

  it("lets no newest digest go", () => {
    expect(
      RetentionRule.dueMillis(RetentionRule.last, { groups: [], arrivedMillis: 0, slot: { key: "key", rank: "1" } })
    ).toBeUndefined()
  })
})
