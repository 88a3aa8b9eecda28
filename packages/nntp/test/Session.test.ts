import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Access from "../src/Access.ts"
import * as CommandTable from "../src/CommandTable.ts"
import * as Reply from "../src/Reply.ts"
import * as Security from "../src/Security.ts"
import * as Session from "../src/Session.ts"

const group = GroupName.GroupName.make("misc.test")
const facts: Session.Facts = {
  nowMillis: Date.UTC(2026, 10, 21, 1, 2, 3),
  mayPost: true,
  mayReconcile: true,
  generation: { id: "abc", startedMillis: 1, numberBase: 0 },
  security: {
    standing: Access.standing(Access.open, { address: "", isSecure: false, user: undefined, peers: [] }),
    hasTls: true,
    hasCompression: true
  }
}

const phases: ReadonlyArray<Session.Phase> = [
  { _tag: "Command" },
  { _tag: "Article", by: "TAKETHIS", id: "<a@b>" },
  { _tag: "Article", by: "TAKETHIS", id: "nonsense" },
  { _tag: "Article", by: "IHAVE", id: MessageId.found("<a@b>") },
  { _tag: "Post" },
  { _tag: "Frame", of: undefined },
  { _tag: "Closed" }
]

const state: fc.Arbitrary<Session.State> = fc.record({
  phase: fc.constantFrom(...phases),
  group: fc.constantFrom(undefined, group),
  number: fc.constantFrom(undefined, 1, 7),
  faults: fc.integer({ min: 0, max: Session.faultsMax }),
  security: fc.constant(Security.initial(false))
})

const argumentText = fc.constantFrom(
  "",
  " <a@b>",
  " 1-5",
  " 3",
  " misc.test",
  " * 20260101 000000",
  " * - 0 10",
  " Subject 1-",
  " Subject 1- a [b] *",
  " x y z"
)
const line = fc.oneof(
  fc
    .tuple(fc.constantFrom(...CommandTable.rows.map(({ keyword }) => keyword)), argumentText)
    .map((words) => words.join("")),
  fc.string({ maxLength: 30 })
)
const tooLong = fc.constantFrom("", "TAKETHIS <x", "GROUP xxx").map((start) => ({ _tag: "TooLong", start }) as const)
const input: fc.Arbitrary<Session.Input> = fc.oneof(
  fc.oneof(line, tooLong).map((text) => ({ _tag: "Line", line: text }) as const),
  fc.oneof(fc.constant(Buffer.from("x\r\n")), tooLong).map((block) => ({ _tag: "Block", block }) as const)
)

const selected = { ...Session.initial, group, number: 7 }
const onLine = (from: Session.State, text: string) => Session.step(from, { _tag: "Line", line: text }, facts)

describe("Session", () => {
  it("gives one task, and a reply line that fits, for every input in every state", () => {
    fc.assert(
      fc.property(state, input, fc.boolean(), (from, given, mayPost) => {
        const { state: to, task } = Session.step(from, given, { ...facts, mayPost })
        expect(phases.map(({ _tag }) => _tag)).toContain(to.phase._tag)
        if ("line" in task) expect(Buffer.byteLength(task.line) + 2).toBeLessThanOrEqual(Reply.lineBytesMax)
        if ("line" in task) expect(task.line).toMatch(/^[1-5]\d\d [^\r\n\0]*$/)
      }),
      { numRuns: 3000 }
    )
  })

  it("answers every line but TAKETHIS and XRECONCILE, and every article and frame", () => {
    fc.assert(
      fc.property(state, line, (from, text) => {
        fc.pre(from.phase._tag === "Command")
        const { state: to, task } = onLine(from, text)
        expect(task._tag === "Nothing").toBe(to.phase._tag === "Article" || to.phase._tag === "Frame")
      })
    )
    for (const phase of phases) {
      if (phase._tag !== "Article" && phase._tag !== "Post" && phase._tag !== "Frame") continue
      const block = { _tag: "Block", block: Buffer.from("x\r\n") } as const
      const { state: to, task } = Session.step({ ...selected, phase }, block, facts)
      expect(to.phase._tag).toBe("Command")
      expect(task._tag).not.toBe("Nothing")
    }
  })

  it("keeps the selected group and number but for what was found out", () => {
    fc.assert(
      fc.property(state, input, (from, given) => {
        const { state: to } = Session.step(from, given, facts)
        expect([to.group, to.number]).toEqual([from.group, from.number])
      })
    )
    expect(Session.settle(selected, { _tag: "Moved", number: 9 })).toMatchObject({ group, number: 9 })
    expect(Session.settle(selected, { _tag: "Selected", group, number: undefined }).number).toBeUndefined()
  })

  it("asks for a group first, then for a current number", () => {
    for (const text of ["STAT", "NEXT", "OVER", "HDR Subject", "ARTICLE 1", "OVER 1-2", "LISTGROUP"]) {
      expect(onLine(Session.initial, text).task).toMatchObject({ line: expect.stringMatching(/^412 /) })
    }
    for (const text of ["STAT", "NEXT", "LAST", "OVER", "HDR Subject"]) {
      expect(onLine({ ...selected, number: undefined }, text).task).toMatchObject({
        line: expect.stringMatching(/^420 /)
      })
    }
  })

  it("posts only where that is allowed", () => {
    expect(onLine(selected, "POST").state.phase._tag).toBe("Post")
    const { state: to, task } = Session.step(selected, { _tag: "Line", line: "POST" }, { ...facts, mayPost: false })
    expect(to.phase._tag).toBe("Command")
    expect(task).toMatchObject({ line: expect.stringMatching(/^440 /) })
  })

  it("refuses a bad id under the id of the command", () => {
    expect(onLine(selected, "CHECK bad").task).toEqual({ _tag: "Answer", line: "438 bad" })
    expect(onLine(selected, "IHAVE bad").task).toMatchObject({ line: expect.stringMatching(/^435 /) })
    const taken = onLine(selected, "TAKETHIS bad").state
    const { task } = Session.step(taken, { _tag: "Block", block: Buffer.from("x\r\n") }, facts)
    expect(task).toMatchObject({ line: expect.stringMatching(/^439 bad /) })
  })

  it("closes after many lines in a row that are no commands, and counts anew after a command", () => {
    let current = Session.initial
    for (let round = 0; round < 3; round += 1) {
      for (let fault = 0; fault < Session.faultsMax; fault += 1) current = onLine(current, "NONSENSE").state
      expect(current.phase._tag).toBe("Command")
      current = onLine(current, "DATE").state
    }
    for (let fault = 0; fault <= Session.faultsMax; fault += 1) current = onLine(current, "NONSENSE").state
    expect(current.phase._tag).toBe("Closed")
  })
})

describe("Reply", () => {
  it("fits a line of 512 octets and holds no control character, whatever it says", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 600 }), fc.string({ unit: "binary", maxLength: 600 })), (detail) => {
        const text = Reply.line(439, detail)
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(Reply.lineBytesMax - 2)
        expect(text).not.toMatch(/[\u0000-\u001f\u007f]/)
      })
    )
    expect(Reply.line(439, "é".repeat(400)).startsWith("439 éé")).toBe(true)
    expect(Reply.line(430)).toBe(`430 ${Reply.texts[430]}`)
  })
})
