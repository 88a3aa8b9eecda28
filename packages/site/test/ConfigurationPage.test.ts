import { assert, describe, it } from "@effect/vitest"
import * as AccessConfig from "@lupin/site/AccessConfig"
import * as Lists from "@lupin/site/Lists"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Result } from "effect"
import * as FileSystem from "node:fs"

const page = FileSystem.readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8")

/** The keys that a part of the page tells of. */
const told = (heading: string): ReadonlySet<string> => {
  const part = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? ""
  return new Set([...part.matchAll(/`(\w+)`/g)].map(([, key = ""]) => key))
}

const untold = (fields: object, ...headings: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = headings.map(told)
  return Object.keys(fields).filter((key) => !known.some((keys) => keys.has(key)))
}

describe("the page on the configuration", () => {
  it("tells of every key that a site may have, and of what is in each", () => {
    assert.deepStrictEqual(untold(SiteConfig.Pop.fields, "Every site", "A POP host"), [])
    assert.deepStrictEqual(untold(SiteConfig.Central.fields, "Every site", "A host of a central zone"), [])
    assert.deepStrictEqual(untold(SiteConfig.Peer.fields, "A peer"), [])
    const parts = [SiteConfig.Pop.fields.listen, SiteConfig.Flood, SiteConfig.Control, AccessConfig.Tls]
    for (const { fields } of [...parts, AccessConfig.Limits, AccessConfig.ListedGroup, Lists.Lists])
      assert.deepStrictEqual(untold(fields, "Every site"), [])
  })

  it("shows a configuration that is one", () => {
    const shown = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? ""
    const read = SiteConfig.pop(shown, "the page")
    assert.isTrue(Result.isSuccess(read), Result.isFailure(read) ? read.failure.message : "")
  })
})
