import * as GroupName from "@lupin/core/GroupName"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const compiled = (text: string): Wildmat.Wildmat => {
  const wildmat = Wildmat.compile(text)
  if (wildmat === undefined) throw new Error(`${text} is no wildmat`)
  return wildmat
}

/** The rule as RFC 3977 §4.2 tells it, slow and plain. */
const naiveGlob = (pattern: ReadonlyArray<string>, name: ReadonlyArray<string>): boolean => {
  const [first, ...rest] = pattern
  if (first === undefined) return name.length === 0
  if (first === "*") return naiveGlob(rest, name) || (name.length > 0 && naiveGlob(pattern, name.slice(1)))
  return name.length > 0 && (first === "?" || first === name[0]) && naiveGlob(rest, name.slice(1))
}

const naive = (text: string, name: string): string => {
  let sense = "unwanted"
  for (const part of text.split(",")) {
    const isPlain = !part.startsWith("!") && !part.startsWith("@")
    if (!naiveGlob(Array.from(isPlain ? part : part.slice(1)), Array.from(name))) continue
    sense = isPlain ? "wanted" : part.startsWith("!") ? "unwanted" : "poisoned"
  }
  return sense
}

describe("Wildmat", () => {
  it("lets the rightmost part that matches decide, as a naive model does", () => {
    fc.assert(
      fc.property(Netnews.wildmatText, Netnews.wildmatName, (text, name) => {
        expect(Wildmat.matchesFeed(compiled(text), name)).toBe(naive(text, name))
        expect(Wildmat.matches(compiled(text), name)).toBe(naive(text, name) === "wanted")
      }),
      { numRuns: 3_000 }
    )
  })

  it("knows the examples of RFC 3977 §4.4", () => {
    const wildmat = compiled("a*,!*b,*c*")
    expect(["aaa", "abb", "ccb", "xxx"].map((name) => Wildmat.matches(wildmat, name))).toEqual([
      true,
      false,
      true,
      false
    ])
    expect(Wildmat.matches(compiled("a*,c*,!*b"), "ccb")).toBe(false)
    expect(Wildmat.matches(compiled("?a*,!*b"), "xab")).toBe(false)
    expect(Wildmat.matches(compiled("?a*"), "xa")).toBe(true)
  })

  it("poisons by the rightmost match only", () => {
    const wildmat = compiled("*,@alt.binaries.*,alt.binaries.maps")
    expect(Wildmat.matchesFeed(wildmat, "alt.binaries.x")).toBe("poisoned")
    expect(Wildmat.matchesFeed(wildmat, "alt.binaries.maps")).toBe("wanted")
  })

  it("counts characters, not UTF-16 units", () => {
    expect(Wildmat.matches(compiled("a?b"), "a🦊b")).toBe(true)
    expect(Wildmat.matches(compiled("a??b"), "a🦊b")).toBe(false)
    expect(Wildmat.matches(compiled("*?b"), "🦊b")).toBe(true)
  })

  it("refuses what RFC 3977 §4.1 has no place for", () => {
    for (const text of ["", "a,", ",a", "!", "@", "a,,b", "a b", "[ab]", "a\\*", "a!b", "a\r\n"]) {
      expect(Wildmat.compile(text)).toBeUndefined()
    }
  })

  it("stays quick under many stars", () => {
    const wildmat = compiled(`${"a*".repeat(200)}b`)
    expect(Wildmat.matches(wildmat, "a".repeat(255))).toBe(false)
  })

  it("of subtrees matches just what lies within one of them", () => {
    fc.assert(
      fc.property(fc.array(Netnews.fewGroupNames, { maxLength: 3 }), Netnews.fewGroupNames, (subtrees, name) => {
        const wildmat = Wildmat.ofSubtrees(subtrees)
        const isWithin = subtrees.some((subtree) => GroupName.isWithin(name, subtree))
        expect(Wildmat.matches(wildmat, name)).toBe(isWithin)
        expect(Wildmat.matches(compiled(wildmat.text), name)).toBe(isWithin)
      })
    )
  })
})
