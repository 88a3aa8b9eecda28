import * as Limits from "@lupin/core/Limits"
import * as Xref from "@lupin/core/Xref"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("Xref", () => {
  it("reads back what it writes", () => {
    const numbers = fc.array(fc.tuple(Netnews.groupName, fc.integer({ min: 1, max: Limits.articleNumberMax })))
    fc.assert(
      fc.property(numbers, (places) => {
        expect(Xref.parse(Xref.format("h1.boi", places))).toEqual({ site: "h1.boi", numbers: places })
      })
    )
  })

  it("refuses places without a number in range", () => {
    for (const text of ["", "  ", "s a", "s a:", "s a:0", "s a:2147483648", "s a:1x", "s :1", "s a..b:1"]) {
      expect(Xref.parse(text)).toBeUndefined()
    }
  })

  it("reads that of a real article", () => {
    expect(Xref.parse("cantaloupe.srv.cs.cmu.edu alt.atheism:49960 alt.answers:126")?.numbers).toHaveLength(2)
  })

  it("is total", () => {
    fc.assert(fc.property(fc.string(), (text) => Xref.parse(text) !== null))
  })
})
