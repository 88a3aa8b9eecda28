import * as Article from "@lupin/core/Article"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Events from "@lupin/testing/Events"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const reread = (octets: Uint8Array): Article.Article => {
  const article = Article.read(octets)
  if (Article.isMalformed(article)) throw new Error(article.reason)
  return article
}

const withField = (article: Article.Article, name: string, value: string): Article.Article =>
  reread(Article.withFields(article, [[name, value]], []))

const withBody = (article: Article.Article, body: string): Article.Article =>
  reread(new Uint8Array([...article.octets.subarray(0, article.bodyStart), ...new TextEncoder().encode(body)]))

describe("EventArticle.read", () => {
  it("reads the event that the article was made of", () => {
    fc.assert(
      fc.property(Events.event, fc.string({ unit: "binary" }), (event, subject) => {
        const read = EventArticle.read(Events.articleOf(event, subject))
        if (EventArticle.isNotAnEvent(read)) throw new Error(read.reason)
        expect(CanonicalJson.encode(read)).toBe(CanonicalJson.encode(event))
      })
    )
  })

  it("takes ordinary netnews for no event", () => {
    fc.assert(
      fc.property(Netnews.messageId, (id) => {
        const octets = Article.make(
          [
            ["Path", "not-for-mail"],
            ["From", "a <a@b.example>"],
            ["Newsgroups", "misc.test"],
            ["Subject", "test"],
            ["Date", NewsDate.format(0)],
            ["Message-ID", id]
          ],
          "{}"
        )
        const article = reread(octets)
        expect(EventArticle.isNotAnEvent(EventArticle.read(article))).toBe(true)
        expect(EventArticle.verify(article)).toBe(true)
      })
    )
  })
})

describe("EventArticle.toProto", () => {
  it("gives the same octets for every spelling of an event", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        const spelled = Event.make({
          ...event,
          id: event.id.toUpperCase(),
          payload: JSON.parse(JSON.stringify(event.payload, undefined, 2))
        })
        expect(Events.articleOf(spelled ?? event).octets).toEqual(Events.articleOf(event).octets)
      })
    )
  })

  it("dates the article by the time in its id, in whole seconds", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        const article = Events.articleOf(event)
        const minted = Event.mintedMillis(event)
        expect(article.injectedMillis).toBe(minted - (minted % 1000))
        expect(Article.field(article, "Date")).toBe(Article.field(article, "Injection-Date"))
      })
    )
  })
})

describe("EventArticle.verify", () => {
  it("takes every honest article", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        expect(EventArticle.fault(Events.articleOf(event))).toBeUndefined()
      })
    )
  })

  it("refuses another payload under the same id", () => {
    fc.assert(
      fc.property(Events.event, Events.payload, (event, payload) => {
        const text = CanonicalJson.encode(payload)
        fc.pre(text !== CanonicalJson.encode(event.payload))
        expect(EventArticle.verify(withBody(Events.articleOf(event), `${text}\r\n`))).toBe(false)
      })
    )
  })

  it("refuses another spelling of the same payload, so that one id is one body", () => {
    fc.assert(
      fc.property(Events.event, fc.constantFrom("\r\n\r\n", " \r\n"), (event, tail) => {
        const article = Events.articleOf(event)
        expect(EventArticle.verify(withBody(article, CanonicalJson.encode(event.payload) + tail))).toBe(false)
      })
    )
  })

  it("refuses another kind, version, routing, place, date or id", () => {
    fc.assert(
      fc.property(Events.event, Events.event, (event, other) => {
        const article = Events.articleOf(event)
        const { app, kind, routing, version } = event
        const header = (kind: string, v: number, r: number) => `${app}.${kind}; v=${v}; routing=${r}`
        const forged = [
          withField(article, "Lupin-Event", header(`${kind}x`.slice(-8).replace(/^[^a-z]/, "a"), version, routing + 1)),
          withField(article, "Lupin-Event", header(kind, version + 1, routing)),
          withField(article, "Lupin-Event", header(kind, version, routing + 1)),
          withField(article, "Lupin-Event", `${app}.${kind};v=${version};routing=${routing}`),
          withField(article, "Lupin-Location", "geo:12.345678,-1.5;u=7"),
          withField(article, "Lupin-Location", "somewhere"),
          withField(article, "Date", NewsDate.format(article.injectedMillis + 1000)),
          withField(article, "Injection-Date", NewsDate.format(article.injectedMillis - 1000)),
          withField(article, "Message-ID", Event.messageId({ ...other, app: `x${app}`.slice(0, 13) }))
        ]
        for (const article of forged) expect(EventArticle.verify(article)).toBe(false)
      })
    )
  })

  it("refuses a client's id that is none", () => {
    const article = Netnews.messageId.map((id) => id.replace(/@.*/, "@trailblaze.client.lupin>"))
    fc.assert(
      fc.property(Events.event, article, (event, id) => {
        expect(EventArticle.verify(withField(Events.articleOf(event), "Message-ID", id))).toBe(false)
      })
    )
  })
})

describe("EventArticle.mailbox", () => {
  it("makes an address that RFC 5536 §3.1.2 allows, whatever the user is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (user) => {
        expect(EventArticle.mailbox("trailblaze", user)).toMatch(/^([a-z0-9_-]{1,64}) <\1@trailblaze\.invalid>$/)
      })
    )
  })
})
