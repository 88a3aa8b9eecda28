import * as FeedRule from "@lupin/core/FeedRule"
import * as Wildmat from "@lupin/core/Wildmat"
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

  it("takes one wanted distribution for enough, and an article without any always", () => {
    const local = rule("*", { distributions: ["world", "!local"] })
    expect(verdict(local)).toBe("Wanted")
    expect(verdict(local, { distribution: "usa, World" })).toBe("Wanted")
    expect(verdict(local, { distribution: "usa" })).toBe("DistributionNotWanted")
    expect(verdict(rule("*", { distributions: ["!local"] }), { distribution: "usa" })).toBe("Wanted")
    expect(verdict(rule("*", { distributions: ["!local"] }), { distribution: "LOCAL" })).toBe("DistributionNotWanted")
  })
})
