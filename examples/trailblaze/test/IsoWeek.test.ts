import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as IsoWeek from "../src/IsoWeek.ts"

const dayMillis = 86_400_000

describe("IsoWeek.of", () => {
  it.each([
    ["1970-01-01", "1970-w01"],
    ["2005-01-01", "2004-w53"],
    ["2005-01-02", "2004-w53"],
    ["2005-12-31", "2005-w52"],
    ["2007-01-01", "2007-w01"],
    ["2008-12-29", "2009-w01"],
    ["2010-01-03", "2009-w53"],
    ["2026-11-21", "2026-w47"],
    ["1969-12-28", "1969-w52"]
  ])("puts %s into %s", (day, week) => {
    expect(IsoWeek.of(Date.parse(day))).toBe(week)
  })

  it("changes with each Monday and no other day", () => {
    fc.assert(
      fc.property(fc.integer({ min: -20_000, max: 50_000 }), fc.nat(dayMillis - 1), (day, millis) => {
        const [today, tomorrow] = [day, day + 1].map((day) => IsoWeek.of(day * dayMillis + millis))
        const isMondayNext = new Date((day + 1) * dayMillis).getUTCDay() === 1
        expect(today !== tomorrow).toBe(isMondayNext)
      })
    )
  })
})
