import { describe, expect, it } from "vitest"
import * as Seams from "../tidy/Seams.ts"
import { projectOf } from "./projectOf.ts"

const module = (specifier: string) => `/** Says what. */\nimport * as outside from "${specifier}"\n`

const found = (path: string, specifier: string, allowed: Readonly<Record<string, string>> = {}) =>
  Seams.check(projectOf({ [path]: module(specifier) }), allowed).map(({ message }) => message)

describe("seams", () => {
  it.each([
    "node:fs",
    "fs",
    "node:fs/promises",
    "node:net",
    "node:child_process",
    "lmdb",
    "@effect/platform-node/NodeSocket"
  ])("wants %s behind a service", (specifier) => {
    expect(found("packages/site/src/Feeds.ts", specifier)).toHaveLength(1)
  })

  it("leaves what reaches nothing alone, and so tests, scripts and the command", () => {
    expect(found("packages/site/src/Feeds.ts", "node:path")).toEqual([])
    expect(found("packages/site/test/Feeds.test.ts", "node:fs")).toEqual([])
    expect(found("scripts/Feeds.ts", "node:fs")).toEqual([])
    expect(found("apps/cli/src/Dev.ts", "node:fs")).toEqual([])
  })

  it("knows its seams, and those that are none any more", () => {
    const path = "packages/spool/src/Disk.ts"
    expect(found(path, "node:fs", { [path]: "the service itself" })).toEqual([])
    expect(found(path, "node:path", { [path]: "the service itself" })).toEqual([
      `${path} reaches nothing outside: remove its line`
    ])
  })
})
