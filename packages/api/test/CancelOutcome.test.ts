import { describe, expect, it } from "vitest"
import * as CancelOutcome from "../src/CancelOutcome.ts"

describe("CancelOutcome", () => {
  it.each([
    { before: "held", after: "removed", outcome: "cancelled" },
    { before: "held", after: "held", outcome: "wrongKey" },
    { before: "unknown", after: "unknown", outcome: "waiting" },
    { before: "removed", after: "removed", outcome: "removed" }
  ] as const)("of an event that was $before and is $after is $outcome", ({ before, after, outcome }) => {
    expect(CancelOutcome.of(before, after)).toBe(outcome)
  })

  it("is told of an event that comes while its cancel is filed, and claims no removal that others may have made", () => {
    expect(CancelOutcome.of("unknown", "held")).toBe("wrongKey")
    expect(CancelOutcome.of("unknown", "removed")).toBe("removed")
  })
})
