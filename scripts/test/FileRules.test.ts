import { describe, expect, it } from "vitest"
import * as FileRules from "../tidy/FileRules.ts"
import { projectOf } from "./projectOf.ts"

const rules = (path: string, text: string) => FileRules.check(projectOf({ [path]: text })).map((own) => own.rule)
const module = (body: string) => `/** Says what. */\n${body}\n`

describe("size", () => {
  const ofLines = (count: number) => module("export const a = 1\n".repeat(count - 2))

  it("allows a module 400 lines and no more", () => {
    expect(rules("packages/core/src/Article.ts", ofLines(400))).toEqual([])
    expect(rules("packages/core/src/Article.ts", ofLines(402))).toContain("size")
  })

  it("allows a test 600 lines and no more", () => {
    expect(rules("packages/core/test/Article.test.ts", ofLines(600))).toEqual([])
    expect(rules("packages/core/test/Article.test.ts", ofLines(602))).toContain("size")
  })
})

describe("name", () => {
  it("refuses a barrel, by its name or by what it does", () => {
    expect(rules("packages/core/src/index.ts", module("export const a = 1"))).toEqual(["barrel"])
    expect(rules("packages/core/src/All.ts", module(`export * from "./A.ts"\nexport * from "./B.ts"`))).toEqual([
      "barrel"
    ])
  })

  it("lets a module hand on one other", () => {
    expect(rules("packages/sdk/src/Fold.ts", module(`export * from "@lupin/core/Fold"`))).toEqual([])
  })

  it.each(["utils", "StringHelpers", "common", "PeerManager", "misc"])("refuses %s", (name) => {
    expect(rules(`packages/core/src/${name}.ts`, module("export const a = 1"))).toEqual(["name"])
  })

  it("wants a noun in PascalCase in a package", () => {
    expect(rules("packages/core/src/article.ts", module("export const a = 1"))).toEqual(["name"])
    expect(rules("apps/pop/src/main.ts", module("export const a = 1"))).toEqual([])
  })
})

describe("header", () => {
  it("is wanted of modules and scripts, not of tests", () => {
    expect(rules("packages/core/src/Article.ts", "export const a = 1\n")).toEqual(["header"])
    expect(rules("scripts/check.ts", "export const a = 1\n")).toEqual(["header"])
    expect(rules("packages/core/test/Article.test.ts", "export const a = 1\n")).toEqual([])
  })

  it("has a first sentence that ends", () => {
    expect(rules("packages/core/src/Article.ts", "/** Says what */\nexport const a = 1\n")).toEqual(["header"])
  })
})

describe("air", () => {
  it.each(["Date.now()", "new Date()", "Math.random()", "setTimeout(f, 1)", "setInterval(f, 1)", "performance.now()"])(
    "refuses %s in src and leaves tests and scripts alone",
    (use) => {
      expect(rules("packages/spool/src/Spool.ts", module(`export const a = ${use}`))).toEqual(["air"])
      expect(rules("packages/spool/test/Spool.test.ts", module(`export const a = ${use}`))).toEqual([])
      expect(rules("scripts/check.ts", module(`export const a = ${use}`))).toEqual([])
    }
  )

  it("lets a date be made of a number", () => {
    expect(rules("packages/core/src/NewsDate.ts", module("export const a = (m: number) => new Date(m)"))).toEqual([])
  })
})

it("refuses Node's globals where the code runs on phones too", () => {
  const text = module("export const a = Buffer.from([1])")
  expect(rules("packages/core/src/Octets.ts", text)).toEqual(["portable"])
  expect(rules("packages/nntp/src/Octets.ts", text)).toEqual([])
})
