import * as Article from "@lupin/core/Article"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Path from "@lupin/core/Path"
import * as Relay from "@lupin/core/Relay"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as RealArticles from "./RealArticles.ts"

const nowMillis = Date.UTC(2026, 10, 20, 12)
const context: Relay.RelayContext = { site: "sea.zone.lupin", nowMillis, verify: () => true }

const octets = (changes: { readonly [name: string]: string } = {}, body = "text"): Uint8Array => {
  const fields = {
    Path: "h1.boi!.POSTED!not-for-mail",
    From: "a@b.example",
    Newsgroups: "misc.test",
    Subject: "x",
    "Message-ID": "<1@b.example>",
    Date: NewsDate.format(nowMillis),
    ...changes
  }
  return Article.make(Object.entries(fields), body)
}
const outcome = (article: Uint8Array, changes: Partial<Relay.RelayContext> = {}, named?: string): string => {
  const commandId = named === undefined ? undefined : MessageId.MessageId.make(named)
  const received = Relay.receive(article, commandId, { ...context, ...changes })
  return received._tag === "Accepted" ? "Accepted" : `${received._tag} ${received.reason}`
}

describe("Relay.isRemembered", () => {
  const id = MessageId.MessageId.make("<1@b.example>")
  const isRemembered = (article: Uint8Array, one = id, changes: Partial<Relay.RelayContext> = {}): boolean =>
    Relay.isRemembered(one, Relay.receive(article, one, { ...context, ...changes }))

  it("is true of what its own octets rule out, on whatever way it came", () => {
    expect(isRemembered(Buffer.from("no article"))).toBe(true)
    expect(isRemembered(octets({}, "x".repeat(Limits.articleBytesMax)))).toBe(true)
    expect(isRemembered(octets({ Newsgroups: "digests.app.ratings.lake,clientposts.app.topic.x" }))).toBe(true)
  })

  it("is false of what is accepted, deferred, too old, came a long way, or under the id of another article", () => {
    expect(isRemembered(octets())).toBe(false)
    expect(isRemembered(octets({ Date: NewsDate.format(nowMillis + 2 * Limits.relayAheadMillisMax) }))).toBe(false)
    expect(isRemembered(octets({ Date: NewsDate.format(nowMillis - 2 * Limits.relayAgeMillisMax) }))).toBe(false)
    expect(isRemembered(octets({ Path: "a!".repeat(Limits.pathSitesMax + 2) + "b" }))).toBe(false)
    expect(isRemembered(octets(), MessageId.MessageId.make("<2@b.example>"))).toBe(false)
  })

  it("is false of an id that binds its content, which a bad copy is not", () => {
    const bound = MessageId.MessageId.make("<1@app.client.lupin>")
    expect(isRemembered(Buffer.from("no article"), bound)).toBe(false)
    const groups = { Newsgroups: "clientposts.app.topic.x", "Message-ID": bound }
    expect(isRemembered(octets(groups), bound, { verify: () => false })).toBe(false)
  })
})

describe("Relay", () => {
  it("changes nothing but Path and Xref, octet for octet, on any way", () => {
    const sites = fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(Netnews.article, sites, (sent, way) => {
        let current = sent.octets
        for (const site of way) {
          const received = Relay.receive(current, sent.messageId, {
            ...context,
            site,
            nowMillis: sent.injectedMillis,
            writerOf: () => undefined
          })
          if (received._tag !== "Accepted") return
          current = received.article.octets
          expect(Netnews.comparable(Article.read(current))).toEqual(Netnews.comparable(received.article))
        }
        const path = `${way.toReversed().join("!")}!${sent.path}`
        expect(current).toEqual(Article.withFields(sent, [["Path", path]], ["Xref"]))
      })
    )
  })

  it("is total, and every refusal fits into a reply line", () => {
    fc.assert(
      fc.property(Netnews.nearlyArticleOctets, (candidate) => {
        const received = Relay.receive(candidate, undefined, context)
        return received._tag === "Accepted" || /^[ -~]{1,400}$/.test(received.message)
      }),
      { numRuns: 1_000 }
    )
  })

  it("takes real articles of their time, 8-bit octets, odd dates and all", () => {
    for (const article of RealArticles.octets) {
      expect(outcome(article, { nowMillis: Date.UTC(1993, 4, 20), isBackfill: true })).toBe("Accepted")
    }
  })

  it("refuses an article under another id than that of the command", () => {
    expect(outcome(octets(), {}, "<2@b.example>")).toBe("Refused OtherId")
    expect(outcome(octets(), {}, "<1@b.example>")).toBe("Accepted")
  })

  it("defers what is dated ahead and refuses what is too old, unless a spool is being refilled", () => {
    const at = (millis: number) => octets({ "Injection-Date": NewsDate.format(nowMillis + millis) })
    expect(outcome(at(Limits.relayAheadMillisMax))).toBe("Accepted")
    expect(outcome(at(Limits.relayAheadMillisMax + 1_000))).toBe("Deferred TooFarAhead")
    expect(outcome(at(-Limits.relayAgeMillisMax))).toBe("Accepted")
    expect(outcome(at(-Limits.relayAgeMillisMax - 1_000))).toBe("Refused TooOld")
    expect(outcome(at(-Limits.relayAgeMillisMax - 1_000), { isBackfill: true })).toBe("Accepted")
  })

  it("keeps to the sizes of article, header and Path", () => {
    expect(outcome(octets({}, "x".repeat(Limits.articleBytesMax)))).toBe("Refused TooLarge")
    expect(outcome(octets({ "X-Long": "x".repeat(Limits.headerBytesMax) }))).toBe("Refused TooLarge")
    expect(outcome(octets({ Path: `${"x!".repeat(Limits.pathSitesMax)}y` }))).toBe("Accepted")
    expect(outcome(octets({ Path: `${"x!".repeat(Limits.pathSitesMax + 1)}y` }))).toBe("Refused PathTooLong")
    expect(outcome(octets({ Path: `${"x!!".repeat(Limits.pathSitesMax)}y` }))).toBe("Accepted")
  })

  it("takes a line as long as the article", () => {
    expect(outcome(octets({}, "x".repeat(900_000)))).toBe("Accepted")
  })

  it("keeps our namespaces: groups for their writers, ids for their groups, content for its hash", () => {
    const own = { Newsgroups: "clientposts.trailblaze.x", "Message-ID": "<1@trailblaze.client.lupin>" }
    expect(outcome(octets(own))).toBe("Accepted")
    expect(outcome(octets(own), { verify: () => false })).toBe("Refused BadHash")
    expect(outcome(octets(own), { writerOf: () => "zone" })).toBe("Refused Forged")
    expect(outcome(octets({ ...own, Newsgroups: "misc.test" }))).toBe("Refused StrayGroup")
    expect(outcome(octets({ Newsgroups: "digests.trailblaze.x" }))).toBe("Refused StrayGroup")
    expect(outcome(octets({ Newsgroups: "clientposts.x.a,clientposts.x.a.b" }))).toBe("Refused BadCrosspost")
  })

  it("asks who writes at the site where the article was injected", () => {
    const asked: Array<string | undefined> = []
    const writerOf = (site: string | undefined) => {
      asked.push(site)
      return undefined
    }
    const article = octets({ Path: "sea!h1.boi!.POSTED!not-for-mail", Newsgroups: "clientposts.x.a" })
    expect(outcome(article, { writerOf })).toBe("Accepted")
    expect(asked).toEqual(["h1.boi"])
  })

  it("leaves other networks their own rules", () => {
    const nine = Array.from({ length: 9 }, (_, index) => `alt.n${index}`).join(",")
    expect(outcome(octets({ Newsgroups: nine }))).toBe("Accepted")
    expect(outcome(octets({ Newsgroups: "comp.os,comp.os.misc" }))).toBe("Accepted")
  })

  it("takes an article back that it once passed on: only history knows what is here", () => {
    expect(outcome(octets({ Path: "b!sea.zone.lupin!h1.boi!x" }))).toBe("Accepted")
  })

  it("notes in the Path whether the peer is who it says", () => {
    const received = Relay.receive(octets(), undefined, { ...context, peers: ["h1.boi"] })
    if (received._tag !== "Accepted") throw new Error(received.message)
    expect(received.article.path).toBe("sea.zone.lupin!!h1.boi!.POSTED!not-for-mail")
    expect(Path.names(received.article.path, "sea.zone.lupin")).toBe(true)
  })

  it("judges an offer by history first, then by its form, then by what is on its way or cannot be stored", () => {
    expect(Relay.judgeOffer("<a@b>", { status: "held" })).toBe("here")
    expect(Relay.judgeOffer("<a@b>", { status: "held", isRefusing: true })).toBe("here")
    expect(Relay.judgeOffer("a@b", { status: "unknown", isRefusing: true })).toBe("refused")
    expect(Relay.judgeOffer("<a@b>", { status: "unknown", isRefusing: true })).toBe("later")
    expect(Relay.judgeOffer("<a@b>", { status: "removed", isInTransit: true })).toBe("here")
    expect(Relay.judgeOffer("a@b", { status: "unknown" })).toBe("refused")
    expect(Relay.judgeOffer("<a@b>", { status: "unknown", isInTransit: true })).toBe("later")
    expect(Relay.judgeOffer("<a@b>", { status: "unknown" })).toBe("wanted")
  })
})
