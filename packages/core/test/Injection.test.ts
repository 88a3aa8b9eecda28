import * as Article from "@lupin/core/Article"
import * as Filing from "@lupin/core/Filing"
import * as Headers from "@lupin/core/Headers"
import * as Injection from "@lupin/core/Injection"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Relay from "@lupin/core/Relay"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as RealArticles from "./RealArticles.ts"

const nowMillis = Date.UTC(2026, 10, 20, 12)
const minted = MessageId.MessageId.make("<minted@h1.boi>")
const context: Injection.InjectionContext = {
  site: "h1.boi.pop.lupin",
  writer: "client",
  nowMillis,
  from: "192.0.2.7",
  apps: "any",
  mintId: () => minted,
  verify: () => true
}

type Fields = ReadonlyArray<readonly [string, string]>
const proto: Fields = [
  ["From", "hiker <hiker@trailblaze.invalid>"],
  ["Newsgroups", "clientposts.trailblaze.geo.us.idaho"],
  ["Subject", "review"]
]
const without = (name: string): Fields => proto.filter(([field]) => field !== name)
const inject = (fields: Fields, changes: Partial<Injection.InjectionContext> = {}, body = "text") =>
  Injection.inject(Article.make(fields, body), { ...context, ...changes })

const injected = (result: Injection.Injected | Injection.Refused): Article.Article => {
  if (result._tag === "Refused") throw new Error(result.message)
  return result.article
}
const reasonOf = (result: Injection.Injected | Injection.Refused): string =>
  result._tag === "Refused" ? `${result.reason._tag} ${result.reason.field}` : "Injected"

const clientId = (millis: number, domain = "trailblaze.client.lupin"): string => {
  const hex = millis.toString(16).padStart(12, "0")
  return `<${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab.k3v9@${domain}>`
}

describe("Injection", () => {
  it("adds what a proto-article lacks and leaves the rest octet for octet", () => {
    const octets = Article.make(proto, "text")
    const article = injected(Injection.inject(octets, context))
    const date = NewsDate.format(nowMillis)
    const [header = "", body = ""] = new TextDecoder().decode(octets).split("\r\n\r\n")
    expect(new TextDecoder().decode(article.octets)).toBe(
      `Path: h1.boi.pop.lupin!.POSTED.192.0.2.7!not-for-mail\r\n${header}\r\n` +
        `Message-ID: ${minted}\r\nDate: ${date}\r\nInjection-Date: ${date}\r\n` +
        `Injection-Info: h1.boi.pop.lupin; posting-host="192.0.2.7"\r\n\r\n${body}`
    )
  })

  it("names an account in Injection-Info only, and quotes it", () => {
    const article = injected(inject(proto, { from: 'hik"er' }))
    expect(article.path).toBe("h1.boi.pop.lupin!.POSTED!not-for-mail")
    expect(Article.field(article, "Injection-Info")).toBe('h1.boi.pop.lupin; posting-account="hik\\"er"')
  })

  it("gives a client's event the time inside its id, whatever the clock", () => {
    const millis = nowMillis - Limits.injectAgeMillisMax + 5_000
    const article = injected(inject([...proto, ["Message-ID", clientId(millis)]]))
    expect(article.injectedMillis).toBe(millis)
    expect(Article.field(article, "Date")).toBe(NewsDate.format(millis))
    expect(Article.field(article, "Injection-Date")).toBe(NewsDate.format(millis))
  })

  it("is total, and every refusal fits into a reply line", () => {
    fc.assert(
      fc.property(Netnews.nearlyArticleOctets, (octets) => {
        const result = Injection.inject(octets, context)
        return result._tag === "Injected" || /^[ -~]{1,400}$/.test(result.message)
      }),
      { numRuns: 1_000 }
    )
  })

  it("injects only what every relaying site takes", () => {
    const article = fc.tuple(Netnews.groupName, Netnews.groupName, Netnews.fieldContent, Netnews.bodyOctets)
    fc.assert(
      fc.property(article, ([group, other, subject, body]) => {
        const fields: Fields = [
          ...without("Newsgroups").slice(0, 1),
          ["Newsgroups", `${group},${other}`],
          ["Subject", subject]
        ]
        const result = Injection.inject(Article.make(fields, body), context)
        if (result._tag === "Refused") return
        const { octets } = result.article
        expect(Netnews.comparable(Article.read(octets))).toEqual(Netnews.comparable(result.article))
        const received = Relay.receive(octets, minted, {
          site: "x",
          nowMillis,
          verify: () => true,
          writerOf: () => "client"
        })
        expect(received._tag).toBe("Accepted")
      })
    )
  })

  it.each(["From", "Newsgroups", "Subject"])("misses %s", (name) => {
    expect(reasonOf(inject(without(name)))).toBe(`Missing ${name}`)
  })

  it.each<[Fields, string]>([
    [[...proto, ["subject", "again"]], "Repeated subject"],
    [[...proto, ["Injection-Info", "x"]], "Forbidden Injection-Info"],
    [[...proto, ["Xref", "x a:1"]], "Forbidden Xref"],
    [[...proto, ["Path", "x!.POSTED!y"]], "Forbidden Path"],
    [[...proto, ["Path", `${"x!".repeat(60)}y`]], "Invalid Path"],
    [[...proto, ["Message-ID", "x@y"]], "Invalid Message-ID"],
    [[...proto, ["Message-ID", "<1@trailblaze.client.lupin>"]], "Invalid Message-ID"],
    [[...proto, ["Date", "yesterday"]], "Invalid Date"],
    [[...proto, ["Summary", " "]], "Invalid Summary"],
    [[...proto, ["Control", "newgroup alt.x"]], "NotPermitted Control"],
    [[...proto, ["Control", "cancel"]], "Invalid Control"],
    [[...proto, ["Control", "cancel <a@b> <c@d>"]], "Invalid Control"],
    [[...proto, ["Control", "cancel <a@b>"], ["Supersedes", "<a@b>"]], "Invalid Supersedes"],
    [[...proto, ["Supersedes", "<a@b> <c@d>"]], "Invalid Supersedes"],
    [[...proto, ["Cancel-Lock", "sha256"]], "Invalid Cancel-Lock"],
    [[...proto, ["Cancel-Key", "sha256:a:clue"]], "Invalid Cancel-Key"],
    [[["From", "nobody"], ...without("From")], "Invalid From"],
    [[...without("Newsgroups"), ["Newsgroups", "a b"]], "Invalid Newsgroups"],
    [[...without("Newsgroups"), ["Newsgroups", "digests.trailblaze.x"]], "NotPermitted Newsgroups"],
    [[...without("Newsgroups"), ["Newsgroups", "control.cancel"]], "NotPermitted Newsgroups"],
    [[...without("Newsgroups"), ["Newsgroups", "blobs.x.a,clientposts.x.a"]], "BadCrosspost Newsgroups"],
    [
      [...without("Newsgroups"), ["Newsgroups", "misc.test"], ["Message-ID", clientId(nowMillis)]],
      "NotPermitted Newsgroups"
    ]
  ])("refuses %j for the right reason", (fields, reason) => {
    expect(reasonOf(inject(fields))).toBe(reason)
  })

  it("takes a cancel from anyone, and knows the apps it was told of", () => {
    expect(reasonOf(inject([...proto, ["Control", "cancel <a@b>"]]))).toBe("Injected")
    expect(reasonOf(inject(proto, { apps: new Set(["trailblaze"]) }))).toBe("Injected")
    expect(reasonOf(inject(proto, { apps: new Set(["other"]) }))).toBe("UnknownApp Newsgroups")
    expect(reasonOf(inject([...without("Newsgroups"), ["Newsgroups", "misc.test"]], { apps: new Set() }))).toBe(
      "Injected"
    )
  })

  it("wants a space after the colon and no empty line within a field", () => {
    const raw = (line: string) =>
      new TextEncoder().encode(`${line}\r\nFrom: a@b\r\nNewsgroups: a\r\nSubject: x\r\n\r\n`)
    expect(reasonOf(Injection.inject(raw("X-A:b"), context))).toBe("Invalid X-A")
    expect(reasonOf(Injection.inject(raw("X-A: b\r\n "), context))).toBe("Invalid X-A")
    expect(reasonOf(Injection.inject(raw("X-A: \r\n b"), context))).toBe("Invalid X-A")
    expect(reasonOf(Injection.inject(raw("X-A: b\r\n\tc"), context))).toBe("Injected")
  })

  it("takes dates just within three days and five minutes", () => {
    const dated = (name: string, millis: number) => reasonOf(inject([...proto, [name, NewsDate.format(millis)]]))
    for (const name of ["Date", "Injection-Date"]) {
      expect(dated(name, nowMillis - Limits.injectAgeMillisMax)).toBe("Injected")
      expect(dated(name, nowMillis - Limits.injectAgeMillisMax - 1_000)).toBe(`TooOld ${name}`)
      expect(dated(name, nowMillis + Limits.injectAheadMillisMax)).toBe("Injected")
      expect(dated(name, nowMillis + Limits.injectAheadMillisMax + 1_000)).toBe(`TooFarAhead ${name}`)
    }
    expect(reasonOf(inject([...proto, ["Message-ID", clientId(nowMillis + 3_600_000)]]))).toBe("TooFarAhead Message-ID")
  })

  it("has the content of an id checked on the finished article", () => {
    const seen: Array<string> = []
    const verify = (article: Article.Article) => {
      seen.push(article.messageId)
      return false
    }
    const id = clientId(nowMillis)
    expect(reasonOf(inject([...proto, ["Message-ID", id]], { verify }))).toBe("BadHash Message-ID")
    expect(seen).toEqual([id])
  })

  it("keeps to the sizes of an article and of a header", () => {
    const size = Article.make(proto, "").length
    expect(reasonOf(inject(proto, {}, "x".repeat(Limits.articleBytesMax - size - 1)))).toBe("TooLarge article")
    expect(reasonOf(inject(proto, {}, "x".repeat(Limits.articleBytesMax - size - 1_000)))).toBe("Injected")
    expect(reasonOf(inject([...proto, ["X-Long", "x".repeat(Limits.headerBytesMax)]]))).toBe("TooLarge header")
    expect(reasonOf(inject([...proto, ["X-Long", "x".repeat(Limits.headerBytesMax - 200)]]))).toBe("TooLarge header")
  })

  it("refuses real articles that were injected long ago, each with a reason", () => {
    for (const octets of RealArticles.octets) expect(Injection.inject(octets, context)._tag).toBe("Refused")
  })
})

describe("Injection for an owner", () => {
  const secret = Uint8Array.from({ length: 32 }, (_, at) => at)
  const by = (name: string, fields: Fields) => injected(inject(fields, { owner: { name, secret } }))
  const post: Fields = [...proto.slice(0, 1), ["Newsgroups", "misc.test"], ["Subject", "a word"]]
  const field = (article: Article.Article, name: string) => Article.field(article, name) ?? ""

  it("locks an article so that its poster alone withdraws or replaces it, by the site and without a key of their own", () => {
    fc.assert(
      fc.property(fc.constantFrom("ann", "bob", "an"), fc.constantFrom("ann", "bob", "an"), (poster, other) => {
        const locks = Filing.owners(by(poster, post))
        for (const withdrawal of [
          ["Control", `cancel ${minted}`],
          ["Supersedes", minted]
        ] as const) {
          const claim = Filing.claim(by(other, [...post, ["Message-ID", "<later@x.test>"], withdrawal]))
          expect(claim?.opens.some((mark) => locks.includes(mark))).toBe(poster === other)
        }
      })
    )
  })

  it("leaves the poster's own locks and keys alone, and events, which are the same at every site", () => {
    const own: Fields = [
      ...post,
      ["Cancel-Lock", "sha256:own="],
      ["Control", "cancel <a@b>"],
      ["Cancel-Key", "sha256:key="]
    ]
    const article = by("ann", own)
    expect([field(article, "cancel-lock"), field(article, "cancel-key")]).toEqual(["sha256:own=", "sha256:key="])
    const event = by("ann", [...proto, ["Message-ID", clientId(nowMillis)]])
    expect(field(event, "cancel-lock")).toBe("")
    expect(field(injected(inject(post)), "cancel-lock")).toBe("")
  })
})

describe("Injection of digests", () => {
  const digest: Fields = [
    ["From", "digester <digester@trailblaze.digest.lupin>"],
    ["Newsgroups", "digests.trailblaze.trail-ratings"],
    ["Subject", "sawtooth-lake"],
    ["Date", "Thu, 01 Jan 1970 00:00:00 +0000"],
    ["Injection-Date", "Thu, 01 Jan 1970 00:00:00 +0000"],
    ["Message-ID", "<k3v9@trailblaze.digest.lupin>"]
  ]
  const door = (fields: Fields) => Injection.injectDigest(Article.make(fields, "{}"), { site: "sea.zone.lupin" })

  it("adds only the Path, however old the inputs", () => {
    const article = injected(door(digest))
    expect(Headers.entries(article.octets, article.bodyStart - 2)).toEqual([
      ["Path", "sea.zone.lupin!.POSTED!not-for-mail"],
      ...digest
    ])
  })

  it("takes nothing but digests", () => {
    const change = (name: string, value: string): Fields =>
      digest.map(([field, old]) => [field, field === name ? value : old])
    expect(reasonOf(door(change("Message-ID", "<1@example>")))).toBe("Invalid Message-ID")
    expect(reasonOf(door(change("Newsgroups", "clientposts.trailblaze.x")))).toBe("NotPermitted Newsgroups")
    expect(reasonOf(door(change("Newsgroups", "digests.x.a,digests.x.a.b")))).toBe("BadCrosspost Newsgroups")
    expect(reasonOf(door(digest.filter(([name]) => name !== "Date")))).toBe("Malformed article")
    expect(reasonOf(Injection.injectDigest(Uint8Array.of(1, 2), context))).toBe("Malformed article")
  })
})
