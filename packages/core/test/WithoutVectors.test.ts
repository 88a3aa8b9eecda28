import * as Article from "@lupin/core/Article"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { afterEach, describe, expect, it, vi } from "vitest"

/** As on engines that have no WebAssembly, or none with vectors. */
const without = async (engine: unknown) => {
  vi.resetModules()
  vi.stubGlobal("WebAssembly", engine)
  const article = await import("@lupin/core/Article")
  const wire = await import("@lupin/core/WireOctets")
  return { article, wire }
}

function Refusing(): never {
  throw new Error("no vectors")
}

describe.each([
  ["no WebAssembly", undefined],
  ["one that takes no vectors", { Module: Refusing, Instance: Refusing }]
])("an engine with %s", (_, engine) => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it("reads articles as every other", async () => {
    const { article } = await without(engine)
    fc.assert(
      fc.property(fc.oneof(Netnews.articleOctets, Netnews.nearlyArticleOctets), (octets) => {
        expect(Netnews.comparable(article.read(octets))).toEqual(Netnews.comparable(Article.read(octets)))
        const id = Article.read(octets)
        if (!Article.isMalformed(id)) {
          expect(Netnews.comparable(article.read(octets, id.messageId))).toEqual(
            Netnews.comparable(Article.read(octets, id.messageId))
          )
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("loads nothing of what connections bring", async () => {
    const { wire } = await without(engine)
    const turn = wire.load(Uint8Array.of(1, 2, 3))
    expect(turn).toBe(0)
    expect(wire.isLoaded(turn)).toBe(false)
  })
})
