import * as Base32 from "@lupin/core/Base32"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as Event from "@lupin/core/Event"
import * as GeoPoint from "@lupin/core/GeoPoint"
import * as MessageId from "@lupin/core/MessageId"
import * as Sha256 from "@lupin/core/Sha256"
import * as Events from "@lupin/testing/Events"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const made = (event: Event.Event): Event.Event => {
  const made = Event.make(event)
  if (made === undefined) throw new Error("not an event")
  return made
}

const review = made({
  app: "trailblaze",
  kind: "review",
  version: 2,
  id: "01939f2e-0000-7000-8000-000000000000",
  at: { lat: 44.1612, lon: -115.0593, uncertainty: 30 },
  payload: { trail: "sawtooth-lake", rating: 5, text: "…" },
  routing: 1
})

describe("Event.messageId", () => {
  it("stays what it was: written down here, as ids out in the world must never change", () => {
    expect(Event.messageId(review)).toBe(
      "<01939f2e-0000-7000-8000-000000000000.6uxdpj6ghl7egt5jgy7755vqd4@trailblaze.client.lupin>"
    )
  })

  it("is taken apart into what it was made of", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        const id = Event.messageId(event)
        expect(MessageId.parse(id)).toBe(id)
        expect(MessageId.mintedMillis(id)).toBe(Event.mintedMillis(event))
        expect(Event.parseMessageId(id)).toEqual({
          uuid: event.id,
          millis: Event.mintedMillis(event),
          hash: Event.hash32(event),
          app: event.app
        })
      })
    )
  })

  it("is the same for every spelling of the event: order of names, case of the UUID, digits of the place", () => {
    const spelled = made({
      ...review,
      id: review.id.toUpperCase(),
      payload: JSON.parse('{"text":"\\u2026","rating":5.0,"trail":"sawtooth-lake"}'),
      at: { lat: 44.16120000001, lon: -115.0593, uncertainty: 30 }
    })
    expect(Event.messageId(spelled)).toBe(Event.messageId(review))
  })

  it("hashes canonical JSON of the event, whatever it holds", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        const { app, at, kind, payload, routing, version } = event
        const location = at === undefined ? {} : { location: GeoPoint.toUri(at) }
        const octets = Sha256.hashText(CanonicalJson.encode({ app, kind, ...location, payload, routing, version }))
        expect(Event.hash32(event)).toBe(Base32.encode(octets.subarray(0, Event.hashOctets)))
        expect(Event.hash32(event, CanonicalJson.encode(payload))).toBe(Event.hash32(event))
      })
    )
  })

  it("differs with any part of the content", () => {
    fc.assert(
      fc.property(Events.event, Events.event, (a, b) => {
        const hash = Event.hash32(a)
        const { at: _, ...placeless } = a
        const parts: ReadonlyArray<Event.Event> = [
          { ...a, app: b.app },
          { ...a, kind: b.kind },
          { ...a, version: b.version },
          { ...a, routing: a.routing + 1 },
          { ...a, payload: b.payload },
          b.at === undefined ? placeless : { ...a, at: b.at }
        ]
        for (const other of parts) expect(Event.hash32(other) === hash).toBe(isSame(other, a))
      })
    )
  })
})

const isSame = (a: Event.Event, b: Event.Event): boolean => CanonicalJson.encode(a) === CanonicalJson.encode(b)

describe("Event.make", () => {
  it("changes nothing the second time", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        expect(Event.make(event)).toEqual(event)
      })
    )
  })

  it.each([
    ["a name of an app with a dot", { app: "trail.blaze" }],
    ["a name of an app that is too long", { app: "a".repeat(Event.nameCharsMax + 1) }],
    ["a kind in upper case", { kind: "Review" }],
    ["version 0", { version: 0 }],
    ["half a version", { routing: 1.5 }],
    ["a random UUID", { id: "01939f2e-0000-4000-8000-000000000000" }],
    ["a payload with half a character", { payload: "\ud83e" }]
  ])("makes none of %s", (_, part) => {
    expect(Event.make({ ...review, ...part })).toBeUndefined()
  })
})

describe("Event.parseMessageId", () => {
  it.each([
    "<1@few.example>",
    "<01939f2e-0000-7000-8000-000000000000@trailblaze.client.lupin>",
    "<01939f2e-0000-4000-8000-000000000000.aaaaaaaaaaaaaaaaaaaaaaaaaa@trailblaze.client.lupin>",
    "<01939F2E-0000-7000-8000-000000000000.aaaaaaaaaaaaaaaaaaaaaaaaaa@trailblaze.client.lupin>",
    "<01939f2e-0000-7000-8000-000000000000.aaaaaaaaaaaaaaaaaaaaaaaaa1@trailblaze.client.lupin>",
    "<01939f2e-0000-7000-8000-000000000000.aaaaaaaaaaaaaaaaaaaaaaaaaa@a.b.client.lupin>"
  ])("knows %s for no client's id", (id) => {
    expect(Event.parseMessageId(id)).toBeUndefined()
  })
})
