import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Since from "../src/Since.ts"

const nowMillis = Date.UTC(2026, 10, 21)
const at = (date: string, time: string): string | undefined => {
  const since = Since.parse(date, time)
  return since && new Date(Since.millis(since, nowMillis)).toISOString()
}

describe("Since", () => {
  it("reads back every second that it writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        const text = Since.format(seconds * 1000)
        const since = Since.parse(text.slice(0, 8), text.slice(8))
        return since !== undefined && Since.millis(since, 0) === seconds * 1000
      })
    )
  })

  it("puts two digits of a year into this century up to the present year, else into the one before", () => {
    expect(at("261231", "235959")).toBe("2026-12-31T23:59:59.000Z")
    expect(at("270101", "000000")).toBe("1927-01-01T00:00:00.000Z")
    expect(at("991231", "000000")).toBe("1999-12-31T00:00:00.000Z")
    expect(at("000101", "000000")).toBe("2000-01-01T00:00:00.000Z")
  })

  it("refuses what is no date or no time", () => {
    for (const [date, time] of [
      ["20261301", "000000"],
      ["20260100", "000000"],
      ["2026011", "000000"],
      ["20260101", "240000"],
      ["20260101", "0000"],
      ["", ""]
    ] as const) {
      expect(at(date, time)).toBeUndefined()
    }
  })
})
