import { describe, expect, it } from "vitest"
import * as ProtocolPage from "../ProtocolPage.ts"

const contents: ProtocolPage.Contents = {
  rows: [
    { keyword: "LATE", syntax: "[a|b]", capability: ["LATE", "MUCH"] },
    { keyword: "EARLY", syntax: "" },
    { keyword: "XOURS", syntax: "" }
  ],
  commands: {
    LATE: { source: 3977, section: "10.2", replies: [299], note: "Ours is late." },
    EARLY: { source: 3977, section: "9.1", replies: [200, 299] },
    XOURS: { source: "private", replies: [] }
  },
  rules: [{ source: 8315, section: "2", note: "Locks hold." }],
  anyReplies: [500],
  texts: { 200: "Fine", 299: "Late", 500: "What" }
}

describe("the protocol page", () => {
  it("prints each command under its RFC by section, with syntax, capability, replies and what is ours", () => {
    const page = ProtocolPage.render(contents)
    expect(page).toMatch(/\| §10\.2 +\| `LATE \[a\\\|b\]` +\| LATE MUCH +\| 299 +\| Ours is late\. +\|/)
    expect(page.indexOf("`EARLY`")).toBeLessThan(page.indexOf("`LATE"))
    expect(page).toMatch(/## Private commands\n[^#]*`XOURS`/)
    expect(page).toContain("## RFC 8315: Cancel-Locks\n\n- §2: Locks hold.\n")
    expect(page).toMatch(/\| 200 +\| Fine +\|\n\| 299 +\| Late +\|\n\| 500 +\| What +\|\n$/)
    expect(page).not.toContain("RFC 4644")
  })

  it("says what lacks a note, a command, or words", () => {
    expect(ProtocolPage.faults(contents)).toEqual([])
    const { LATE, ...rest } = contents.commands
    expect(LATE).toBeDefined()
    expect(ProtocolPage.faults({ ...contents, commands: rest })).toEqual(["LATE has no note"])
    expect(ProtocolPage.faults({ ...contents, rows: contents.rows.slice(1) })).toEqual([
      "LATE has a note and is no command"
    ])
    expect(ProtocolPage.faults({ ...contents, texts: { 200: "Fine", 500: "What" } })).toEqual([
      "299 has no words",
      "299 has no words"
    ])
  })
})
