import { describe, expect, it } from "vitest"
import * as Capabilities from "../src/Capabilities.ts"
import * as CommandTable from "../src/CommandTable.ts"

const generation = { id: "k3v9", startedMillis: 1_700_000_000_000, numberBase: 0 }

describe("Capabilities", () => {
  it("names each label once, the version first", () => {
    const lines = Capabilities.lines(() => "full", generation)
    const labels = lines.map((line) => line.split(" ")[0])
    expect(lines[0]).toBe("VERSION 2")
    expect(new Set(labels).size).toBe(labels.length)
    for (const label of ["READER", "POST", "IHAVE", "STREAMING", "OVER", "HDR", "NEWNEWS", "LIST"]) {
      expect(labels).toContain(label)
    }
    expect(Capabilities.lines((label) => (label === "POST" ? "none" : "full"), generation)).not.toContain("POST")
  })

  it("reads back what it tells, the generation included", () => {
    const read = Capabilities.read(Capabilities.lines(() => "full", generation))
    expect(read.generation).toEqual({ id: generation.id, startedMillis: generation.startedMillis })
    expect(Capabilities.has(read, "OVER", "MSGID")).toBe(true)
    expect(Capabilities.has(read, "STARTLESS")).toBe(false)
  })

  it("knows no generation of a foreign server", () => {
    expect(Capabilities.read(["VERSION 2", "READER", "xlupin generation=x"]).generation).toBeUndefined()
  })

  it("explains every command in HELP", () => {
    expect(Capabilities.help).toHaveLength(CommandTable.rows.length)
  })
})
