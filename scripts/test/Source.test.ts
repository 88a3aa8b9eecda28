import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Source from "../tidy/Source.ts"

const names = (text: string) => Source.read("packages/core/src/X.ts", text).uses.map((use) => use.name)
const specifiers = (text: string) => Source.read("a.ts", text).imports.map((own) => own.specifier)

describe("imports", () => {
  it("are found in every form that TypeScript has", () => {
    const text = `
      import * as A from "a"
      import type { B } from "b"
      import "c"
      export * from "d"
      export { E } from "e"
      type F = import("f").F
      const g = await import("g")
    `
    expect(specifiers(text)).toEqual(["a", "b", "c", "d", "e", "f", "g"])
  })

  it("carry their line", () => {
    expect(Source.read("a.ts", `\n\nimport "c"\n`).imports).toEqual([{ specifier: "c", line: 3 }])
  })

  it("are not found in strings, templates and comments", () => {
    expect(specifiers('const a = "import \'b\'"\n// import "c"\n/* import "d" */\nconst e = `import "f"`')).toEqual([])
  })
})

describe("uses", () => {
  it("tell the clock's new Date() from a date made of a number", () => {
    expect(names("new Date()")).toContain("new Date")
    expect(names("new Date(0)")).not.toContain("new Date")
  })

  it("see a clock that is passed on without being called", () => {
    expect(names("const now = Date.now")).toContain("Date.now")
  })

  it("see a global by its long name", () => {
    expect(names("globalThis.setTimeout(f, 1)")).toContain("setTimeout")
    expect(names("globalThis.Date.now()")).toContain("Date.now")
    expect(names("new globalThis.Date()")).toContain("new Date")
  })

  it("leave a method of the same name alone", () => {
    expect(names("scheduler.setTimeout(1)")).not.toContain("setTimeout")
    expect(names("setTimeout(f, 1)")).toContain("setTimeout")
  })

  it("are not found in a comment or a string", () => {
    expect(names('// Date.now()\nconst a = "Math.random()"')).toEqual([])
  })
})

describe("header", () => {
  it("is the docstring that opens the file, without its stars", () => {
    const source = Source.read("a.ts", "/**\n * Says what.\n *\n * And more.\n */\nexport const a = 1\n")
    expect(source.header).toBe("Says what.\n\nAnd more.")
  })

  it("may follow the line that names the interpreter", () => {
    expect(Source.read("a.mjs", "#!/usr/bin/env node\n/** Starts. */\n").header).toBe("Starts.")
  })

  it("is not a docstring further down", () => {
    expect(Source.read("a.ts", "const b = 1\n/** Says what. */\n").header).toBeUndefined()
  })
})

describe("firstSentence", () => {
  it("runs over line ends up to the first full stop", () => {
    expect(Source.firstSentence("One\nsentence. Another.")).toBe("One sentence.")
  })

  it("goes on past dots within names and abbreviations", () => {
    expect(Source.firstSentence("Reads docs/map.md, e.g. in CI. Then.")).toBe("Reads docs/map.md, e.g. in CI.")
  })

  it("is missing where the first paragraph does not end", () => {
    expect(Source.firstSentence("No end\n\nA sentence.")).toBeUndefined()
  })
})

describe("lines", () => {
  it("counts as an editor does, with or without a last line end", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("", "const a = 1", "// b"), { minLength: 1, maxLength: 30 }), (lines) => {
        const text = lines.join("\n")
        fc.pre(text !== "" && !text.endsWith("\n"))
        expect(Source.read("a.ts", text).lines).toBe(lines.length)
        expect(Source.read("a.ts", `${text}\n`).lines).toBe(lines.length)
      })
    )
  })
})

it("tells only a module that does nothing else that it hands on others", () => {
  expect(Source.read("a.ts", `export * from "b"\nexport { c } from "d"`).handsOn).toBe(2)
  expect(Source.read("a.ts", `export * from "b"\nexport const c = 1`).handsOn).toBe(0)
})

it("says what it cannot read", () => {
  expect(Source.read("a.ts", "const = =").unreadable).toBeDefined()
})
