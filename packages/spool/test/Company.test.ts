import { assert, describe, it } from "@effect/vitest"
import { Company, turnsAloneMax } from "../src/internal/Company.ts"

/** A turn in which so many come; says whether it was looked at. */
const turn = (company: Company, callers: number): boolean => {
  for (let caller = 0; caller < callers; caller++) company.come()
  const isLookedAt = company.look()
  if (isLookedAt) company.turn()
  return isLookedAt
}

const alone = (): Company => {
  const company = new Company()
  for (let at = 0; at < turnsAloneMax; at++) turn(company, 1)
  return company
}

describe("company", () => {
  it("is expected until a number of turns had one caller each", () => {
    const company = new Company()
    for (let at = 0; at < turnsAloneMax; at++) {
      assert.isTrue(company.isExpected)
      turn(company, 1)
    }
    assert.isFalse(company.isExpected)
  })

  it("is looked for now and then by somebody who is alone", () => {
    const company = alone()
    const looks = Array.from({ length: 3 * (turnsAloneMax + 1) }, () => turn(company, 1))
    assert.strictEqual(looks.filter((isLookedAt) => isLookedAt).length, 3)
    assert.isFalse(company.isExpected)
  })

  it("is found when others have come", () => {
    const company = alone()
    for (let at = 0; at <= turnsAloneMax; at++) turn(company, 2)
    assert.isTrue(company.isExpected)
  })

  it("is expected whatever the turns in which nobody came", () => {
    const company = new Company()
    for (let at = 0; at < 3 * turnsAloneMax; at++) turn(company, 0)
    assert.isTrue(company.isExpected)
  })
})
