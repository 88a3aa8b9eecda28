import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import * as PlantedMistakes from "../PlantedMistakes.ts"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const textOf = (file: string): string => readFileSync(join(root, file), "utf8")

describe("the planted mistakes", () => {
  it("can each be made in the code as it is", () => {
    for (const { edits, name } of PlantedMistakes.all) {
      const sources = new Map<string, string>()
      for (const edit of edits) {
        const planted = PlantedMistakes.made(sources.get(edit.file) ?? textOf(edit.file), edit)
        expect(planted, `${name}: scripts/PlantedMistakes.ts names a text that is not in ${edit.file}`).toBeDefined()
        sources.set(edit.file, planted ?? "")
      }
    }
  })

  it("stand in the table of the page, and nothing else does", () => {
    const rows = textOf("docs/simulation.md").split("## Planted mistakes")[1]?.split("\n") ?? []
    const squeezed = rows.filter((row) => row.startsWith("| ")).map((row) => row.replaceAll(/ +/g, " "))
    expect(squeezed.slice(2)).toEqual(PlantedMistakes.all.map(PlantedMistakes.rowOf))
  })

  it("are made only where their text stands once", () => {
    const edit = { file: "a.ts", text: "b", instead: "c" }
    expect(PlantedMistakes.made("abd", edit)).toBe("acd")
    expect(PlantedMistakes.made("abb", edit)).toBeUndefined()
    expect(PlantedMistakes.made("a", edit)).toBeUndefined()
  })
})
