import { describe, expect, it } from "vitest"
import * as GuideSamples from "../GuideSamples.ts"

const block = (...lines: ReadonlyArray<string>): string => ["```ts", ...lines, "```"].join("\n")
const page = (path: string, ...parts: ReadonlyArray<string>) => ({ path, text: parts.join("\n") })

describe("the samples of a page", () => {
  it("are modules named by their first line, and what stands behind a module goes on with it", () => {
    const modules = GuideSamples.modulesOf(
      page(
        "docs/guides/a.md",
        "# A",
        block("// birds/app.ts", "const a = 1", "// b.ts"),
        "then",
        block("const b = a"),
        "```sh",
        "npm start",
        "```",
        block("// birds/c.ts", "export {}")
      )
    )
    expect(modules).toEqual([
      {
        path: "docs/guides/birds/app.ts",
        page: "docs/guides/a.md",
        code: "const a = 1\n// b.ts\nconst b = a\n",
        lines: [4, 5, 9]
      },
      { path: "docs/guides/birds/c.ts", page: "docs/guides/a.md", code: "export {}\n", lines: [16] }
    ])
  })

  it("are named after the page where no line names them", () => {
    const [module] = GuideSamples.modulesOf(page("README.md", block("const a = 1")))
    expect(module?.path).toBe("README.ts")
  })

  it("are those of the README and of guides", () => {
    const paths = ["README.md", "packages/core/README.md", "docs/guides/a.md", "docs/house-style.md", "CONTRIBUTING.md"]
    expect(paths.filter(GuideSamples.isCopied)).toEqual(paths.slice(0, 3))
  })
})

describe("a fault of a sample", () => {
  const modules = GuideSamples.modulesOf(page("docs/guides/a.md", "# A", "", block("// b.ts", "const a = 1", "a = 2")))

  it("is told of its line of the page", () => {
    expect(GuideSamples.told(modules, "docs/guides/b.ts(2,1): error TS2588: no")).toEqual({
      path: "docs/guides/a.md",
      line: 6,
      rule: "samples",
      message: "error TS2588: no"
    })
  })

  it("stands as the compiler says it where it is of no sample", () => {
    for (const line of ["error TS5083: Cannot read file", "packages/core/src/X.ts(1,1): error TS1: no"]) {
      expect(GuideSamples.told(modules, line)).toBe(line)
    }
  })

  it("is a module that another page has shown", () => {
    const again = GuideSamples.modulesOf(page("docs/guides/z.md", block("// b.ts", "const b = 1")))
    expect(GuideSamples.faults([...modules, ...again])).toMatchObject([{ path: "docs/guides/z.md", line: 3 }])
    expect(GuideSamples.faults(modules)).toEqual([])
  })
})
