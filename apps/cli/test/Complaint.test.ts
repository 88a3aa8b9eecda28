import { Cause, Schema } from "effect"
import { describe, expect, it } from "vitest"
import * as Complaint from "../src/Complaint.ts"

class Wordless extends Schema.TaggedError<Wordless>()("Wordless", {}) {}
class Reasoned extends Schema.TaggedError<Reasoned>()("Reasoned", { reason: Schema.String }) {}
class Wrapping extends Schema.TaggedError<Wrapping>()("Wrapping", { reason: Schema.Defect() }) {}

describe("the reason of an error", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" })
  it.each([
    ["its message", new Error("no such app"), "no such app"],
    ["the deepest cause", new TypeError("fetch failed", { cause: refused }), refused.message],
    ["the first of several", new TypeError("fetch failed", { cause: new AggregateError([refused]) }), refused.message],
    [
      "a typed error's reason where it has no message",
      new Reasoned({ reason: "the disk is full" }),
      "the disk is full"
    ],
    ["what a typed error wraps", new Wrapping({ reason: refused }), refused.message],
    ["a typed error's name where it says nothing", new Wordless({}), "Wordless"],
    ["a text", "just text", "just text"]
  ])("is %s", (_, error, reason) => {
    expect(Complaint.reasonOf(error)).toBe(reason)
  })

  it("ends where causes go round in a ring", () => {
    const ring: Error & { cause?: unknown } = new Error("round")
    ring.cause = ring
    expect(Complaint.reasonOf(ring)).toBe("round")
  })
})

describe("what is said", () => {
  it("is one line for trouble that was foreseen or comes from the system", () => {
    const foreign = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" })
    expect(Complaint.format(Cause.fail(new Error("no such app")))).toBe("lupin: no such app")
    expect(Complaint.format(Cause.die(foreign))).toBe("lupin: EACCES: permission denied")
  })

  it("shows the place in the code for a defect", () => {
    const said = Complaint.format(Cause.die(new Error("never")))
    expect(said).toMatch(/^lupin: never\n/)
    expect(said).toContain("Complaint.test.ts")
  })
})
