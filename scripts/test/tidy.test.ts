import { describe, expect, it } from "vitest"
import * as Exceptions from "../tidy/Exceptions.ts"
import * as Finding from "../tidy/Finding.ts"
import * as Links from "../tidy/Links.ts"
import * as LockFile from "../tidy/LockFile.ts"
import * as ModuleMap from "../tidy/ModuleMap.ts"
import * as Reasons from "../tidy/Reasons.ts"
import { manifest, projectOf } from "./projectOf.ts"

const files = {
  "packages/core/package.json": manifest("@lupin/core"),
  "packages/core/src/Article.ts": "/** One article. More. */\nexport const a = 1\n",
  "packages/core/src/internal/Octets.ts": "/** Octets. */\nexport const a = 1\n",
  "packages/core/test/Article.test.ts": "export const a = 1\n"
}

describe("the map", () => {
  it("lists each module by its first sentence, and neither tests nor internals", () => {
    const page = ModuleMap.render(projectOf(files))
    expect(page).toContain("- [Article](../packages/core/src/Article.ts) One article.\n")
    expect(page).not.toContain("Octets")
    expect(page).not.toContain("test")
  })

  it("is a finding until it is written, and none after", () => {
    const page = ModuleMap.render(projectOf(files))
    expect(ModuleMap.check(projectOf(files))).toHaveLength(1)
    expect(ModuleMap.check(projectOf({ ...files, [ModuleMap.path]: page }))).toEqual([])
  })

  it("goes stale when a module joins", () => {
    const page = ModuleMap.render(projectOf(files))
    const grown = { ...files, [ModuleMap.path]: page, "packages/core/src/Path.ts": "/** A path. */\n" }
    expect(ModuleMap.check(projectOf(grown))).toHaveLength(1)
  })
})

describe("links", () => {
  const check = (text: string) => Links.check(projectOf({ "docs/a.md": text, "docs/b.md": "", "README.md": "" }))

  it("to pages and folders that exist are fine, with or without an anchor", () => {
    expect(check("[b](b.md) [b](./b.md#part) [r](../README.md) [d](../docs)")).toEqual([])
  })

  it("that lead nowhere are found with their line", () => {
    expect(check("one\n[c](c.md)").map((own) => own.line)).toEqual([2])
  })

  it("to other sites and within code are left alone", () => {
    expect(check("[x](https://example.org) [y](#y) `[z](z.md)`\n```\n[w](w.md)\n```")).toEqual([])
  })
})

describe("the lock file", () => {
  const locked = (entry: unknown) =>
    LockFile.check(
      projectOf({
        "packages/spool/package.json": manifest("@lupin/spool", "lmdb"),
        "package-lock.json": JSON.stringify({ packages: { "packages/spool": entry } }, undefined, 2)
      })
    ).map((own) => own.message)

  it("is fine while it holds the manifests as they stand", () => {
    expect(locked({ dependencies: { lmdb: "1.0.0" } })).toEqual([])
  })

  it("names no registry", () => {
    expect(locked({ dependencies: { lmdb: "1.0.0" }, resolved: "https://registry.example/x.tgz" })).toHaveLength(1)
  })

  it("lacks no package of another platform", () => {
    const dependencies = { lmdb: "1.0.0" }
    const optionalDependencies = { "@lmdb/darwin-x64": "1.0.0" }
    expect(locked({ dependencies, optionalDependencies })).toEqual([
      "lacks 1 packages of other platforms: npm run lock"
    ])
  })

  it("is behind a manifest with another version, one dependency more, or none locked at all", () => {
    const behind = ["is behind packages/spool/package.json: npm install"]
    expect(locked({ dependencies: { lmdb: "1.0.1" } })).toEqual(behind)
    expect(locked({ dependencies: { lmdb: "1.0.0", pg: "1.0.0" } })).toEqual(behind)
    expect(locked(undefined)).toEqual(behind)
  })
})

it("wants a reason for each dependency on code of others, and none for our own", () => {
  const check = (page: string) =>
    Reasons.check(
      projectOf({
        "packages/core/package.json": manifest("@lupin/core"),
        "packages/spool/package.json": manifest("@lupin/spool", "@lupin/core", "lmdb"),
        [Reasons.path]: page
      })
    ).map((own) => own.message)
  expect(check("`lmdb-js` is another")).toEqual(["gives no reason for lmdb"])
  expect(check("`lmdb` holds the projections")).toEqual([])
})

describe("exceptions", () => {
  const finding = { path: "a.ts", rule: "air", message: "m" }

  it("take away what they name and nothing else", () => {
    const list = [{ path: "a.ts", rule: "air", because: "it is the clock" }]
    const other = { path: "b.ts", rule: "air", message: "m" }
    expect(Exceptions.apply([finding, other], list)).toEqual([other])
  })

  it("that except nothing are findings themselves", () => {
    expect(Exceptions.apply([], [{ path: "a.ts", rule: "air", because: "it was the clock" }])).toHaveLength(1)
  })

  it("each give a reason", () => {
    expect(Exceptions.exceptions.filter((exception) => exception.because.trim() === "")).toEqual([])
  })
})

it("prints findings by path and line, as editors follow them", () => {
  const findings = [
    { path: "b.ts", rule: "r", message: "m" },
    { path: "a.ts", line: 10, rule: "r", message: "m" },
    { path: "a.ts", line: 9, rule: "r", message: "m" }
  ]
  expect(Finding.sort(findings).map(Finding.format)).toEqual(["a.ts:9  r  m", "a.ts:10  r  m", "b.ts  r  m"])
})
