import * as FeedRule from "@lupin/core/FeedRule"
import * as Wildmat from "@lupin/core/Wildmat"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const offered: FeedRule.Offered = {
  groups: ["alt.a", "misc.test"],
  path: "b!c!not-for-mail",
  bytes: 1_000,
  injectedMillis: 100
}
const peer: FeedRule.Peer = { identities: ["d", "d.alias"] }
const rule = (text: string, more: Partial<FeedRule.FeedRule> = {}): FeedRule.FeedRule => ({
  wildmat: Wildmat.compile(text) ?? Wildmat.nothing,
  ...more
})
const verdict = (of: FeedRule.FeedRule, article: Partial<FeedRule.Offered> = {}, to = peer) => {
  const wants = FeedRule.wants(of, { ...offered, ...article }, to)
  return wants._tag === "Wanted" ? "Wanted" : wants.reason
}

describe("FeedRule", () => {
  it("wants an article for one of its groups, unless another is poisoned", () => {
    expect(verdict(rule("misc.*"))).toBe("Wanted")
    expect(verdict(rule("comp.*"))).toBe("GroupNotWanted")
    expect(verdict(rule("*,!misc.*"))).toBe("Wanted")
    expect(verdict(rule("*,@misc.*"))).toBe("GroupPoisoned")
  })

  it("does not offer an article to a peer that its Path names, under any of its names", () => {
    expect(verdict(FeedRule.everything, { path: "b!D.Alias!x" })).toBe("PeerInPath")
    expect(verdict(FeedRule.everything, { path: "b!x!d" })).toBe("Wanted")
  })

  it("gives a wiped peer back what is older than its spool", () => {
    const wiped = { ...peer, generationStartedMillis: 101 }
    expect(verdict(FeedRule.everything, { path: "d!x" }, wiped)).toBe("Wanted")
    expect(verdict(FeedRule.everything, { path: "d!x", injectedMillis: 101 }, wiped)).toBe("PeerInPath")
  })

  it("keeps each limit just at its bound", () => {
    expect(verdict(rule("*", { bytesMax: 1_000 }))).toBe("Wanted")
    expect(verdict(rule("*", { bytesMax: 999 }))).toBe("TooLarge")
    expect(verdict(rule("*", { crosspostMax: 2 }))).toBe("Wanted")
    expect(verdict(rule("*", { crosspostMax: 1 }))).toBe("TooManyGroups")
    expect(verdict(rule("*", { hopsMax: 2 }))).toBe("Wanted")
    expect(verdict(rule("*", { hopsMax: 1 }))).toBe("TooManyHops")
  })

  it("offers under a looser rule whatever it offers under a stricter one, and poison wins over all", () => {
    const group = fc.constantFrom("misc.test", "misc.private", "comp.lang", "alt.a")
    const article = fc.record({
      groups: fc.uniqueArray(group, { minLength: 1 }),
      path: fc
        .array(fc.constantFrom("a", "b", "d", "d.alias"), { maxLength: 6 })
        .map((sites) => [...sites, "x"].join("!")),
      bytes: fc.nat({ max: 10 }),
      injectedMillis: fc.nat({ max: 10 }),
      distribution: fc.constantFrom("", "world", "local", "usa, world")
    })
    const bound = fc.nat({ max: 10 })
    const limits = fc.record({ bytesMax: bound, crosspostMax: bound, hopsMax: bound })
    fc.assert(
      fc.property(article, limits, limits, fc.boolean(), (one, a, b, isLocalWanted) => {
        const text = "misc.*,comp.*,@misc.private"
        const distributions = isLocalWanted ? ["world"] : ["world", "!local"]
        const strict = rule(text, { ...a, distributions })
        const loose = rule(text, {
          bytesMax: a.bytesMax + b.bytesMax,
          crosspostMax: a.crosspostMax + b.crosspostMax,
          hopsMax: a.hopsMax + b.hopsMax
        })
        const found = verdict(strict, one)
        if (found === "Wanted") expect(verdict(loose, one)).toBe("Wanted")
        if (one.groups.includes("misc.private")) expect(found).not.toBe("Wanted")
        if (one.path.split("!").slice(0, -1).includes("d")) expect(found).not.toBe("Wanted")
      })
    )
  })

  it("takes one wanted distribution for enough, and an article without any always", () => {
    const local = rule("*", { distributions: ["world", "!local"] })
    expect(verdict(local)).toBe("Wanted")
    expect(verdict(local, { distribution: "usa, World" })).toBe("Wanted")
    expect(verdict(local, { distribution: "usa" })).toBe("DistributionNotWanted")
    expect(verdict(rule("*", { distributions: ["!local"] }), { distribution: "usa" })).toBe("Wanted")
    expect(verdict(rule("*", { distributions: ["!local"] }), { distribution: "LOCAL" })).toBe("DistributionNotWanted")
  })
})
