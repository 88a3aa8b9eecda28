import { describe, expect, it } from "vitest"
import * as Arrows from "../tidy/Arrows.ts"
import { manifest, projectOf } from "./projectOf.ts"

const packages = {
  "packages/core/package.json": manifest("@lupin/core"),
  "packages/spool/package.json": manifest("@lupin/spool", "@lupin/core"),
  "packages/nntp/package.json": manifest("@lupin/nntp", "@lupin/core", "@lupin/spool"),
  "packages/cache/package.json": manifest("@lupin/cache", "@lupin/core", "@lupin/nntp"),
  "packages/testing/package.json": manifest("@lupin/testing", "@lupin/core"),
  "packages/sdk/package.json": manifest("@lupin/sdk", "@lupin/core"),
  "apps/pop/package.json": manifest("@lupin/pop", "@lupin/core"),
  "apps/central/package.json": manifest("@lupin/central", "@lupin/core"),
  "examples/trails/package.json": manifest("@lupin-examples/trails", "@lupin/sdk"),
  "package.json": JSON.stringify({ devDependencies: { vitest: "1.0.0" } })
}

/** The messages for one file that imports one thing. */
const importing = (path: string, specifier: string) =>
  Arrows.check(projectOf({ ...packages, [path]: `import * as X from "${specifier}"\n` })).map((own) => own.message)

describe("a package's src", () => {
  it("may import along an arrow", () => {
    expect(importing("packages/spool/src/Spool.ts", "@lupin/core/Article")).toEqual([])
    expect(importing("examples/trails/src/app.ts", "@lupin/sdk/App")).toEqual([])
  })

  it("must not import against an arrow", () => {
    expect(importing("packages/core/src/Article.ts", "@lupin/spool/Spool")).toHaveLength(1)
    expect(importing("examples/trails/src/app.ts", "@lupin/spool/Spool")).toHaveLength(1)
  })

  it("must not import testing, by name or by path", () => {
    expect(importing("packages/spool/src/Spool.ts", "@lupin/testing/Arbitraries")).toHaveLength(1)
    expect(importing("packages/spool/src/Spool.ts", "../test/spoolContract.ts")).toEqual([
      'src must not import tests ("../test/spoolContract.ts")'
    ])
  })

  it("must not leave its package by a relative path", () => {
    expect(importing("packages/spool/src/Spool.ts", "../../core/src/Article.ts")).toHaveLength(1)
  })

  it("must not reach what a package keeps internal", () => {
    expect(importing("packages/spool/src/Spool.ts", "@lupin/core/internal/Octets")).toHaveLength(1)
  })

  it("names a module, not a package", () => {
    expect(importing("packages/spool/src/Spool.ts", "@lupin/core")).toHaveLength(1)
  })

  it("imports only what its manifest declares", () => {
    expect(importing("packages/spool/src/Spool.ts", "lmdb")).toEqual([
      '"lmdb" is not among the dependencies of packages/spool'
    ])
  })

  it("has no Node module where it runs on phones too", () => {
    expect(importing("packages/core/src/Sha256.ts", "node:crypto")).toHaveLength(1)
    expect(importing("packages/sdk/src/Outbox.ts", "fs")).toHaveLength(1)
    expect(importing("packages/spool/src/FileSpool.ts", "node:fs")).toEqual([])
  })

  it("knows only the client side of nntp, if it is the cache's", () => {
    expect(importing("packages/cache/src/Scraper.ts", "@lupin/nntp/NntpReader")).toEqual([])
    expect(importing("packages/cache/src/Scraper.ts", "@lupin/nntp/NntpServer")).toHaveLength(1)
  })
})

describe("a test", () => {
  it("may import testing and the tools of the root", () => {
    expect(importing("packages/core/test/Article.test.ts", "@lupin/testing/Arbitraries")).toEqual([])
    expect(importing("packages/core/test/Article.test.ts", "vitest")).toEqual([])
  })

  it("keeps the two servers apart", () => {
    expect(importing("apps/pop/test/Pop.test.ts", "@lupin/central/Central")).toHaveLength(1)
    expect(importing("apps/central/test/Central.test.ts", "@lupin/pop/Pop")).toHaveLength(1)
  })
})

describe("a manifest", () => {
  it("must not declare a dependency against an arrow", () => {
    const project = projectOf({ ...packages, "packages/core/package.json": manifest("@lupin/core", "@lupin/spool") })
    expect(Arrows.check(project).map((own) => own.rule)).toEqual(["arrows"])
  })

  it("pins exact versions", () => {
    const text = JSON.stringify({ name: "@lupin/core", dependencies: { lmdb: "^3.5.6" } })
    expect(Arrows.check(projectOf({ "packages/core/package.json": text })).map((own) => own.rule)).toEqual(["pins"])
  })

  it("of a folder without arrows is itself a finding", () => {
    const project = projectOf({ "packages/attic/package.json": manifest("@lupin/attic") })
    expect(Arrows.check(project).map((own) => own.rule)).toEqual(["arrows"])
  })
})

it("has no circle of arrows", () => {
  const reach = (folder: string, seen: ReadonlyArray<string>): boolean =>
    (Arrows.arrows[folder] ?? []).some(
      (next) => next === seen[0] || (!seen.includes(next) && reach(next, [...seen, next]))
    )
  expect(Object.keys(Arrows.arrows).filter((folder) => reach(folder, [folder]))).toEqual([])
})
