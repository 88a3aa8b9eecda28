/**
 * Arbitraries for apps: UUIDs, places, payloads, events and their articles.
 */
import * as Article from "@lupin/core/Article"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import * as GeoPoint from "@lupin/core/GeoPoint"
import * as GroupName from "@lupin/core/GroupName"
import * as Uuid from "@lupin/core/Uuid"
import * as fc from "fast-check"
import * as Places from "./Places.ts"

const known = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error("an arbitrary made a value that its own model refuses")
  return value
}

/** Times of the years 2020 to 2099, in milliseconds. */
export const millis: fc.Arbitrary<number> = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2099, 11, 31) })

/** UUIDs of version 7 in lower case, of the times that articles have. */
export const uuid: fc.Arbitrary<string> = fc
  .tuple(millis, fc.uint8Array({ minLength: Uuid.randomOctets, maxLength: Uuid.randomOctets }))
  .map(([millis, random]) => Uuid.v7(millis, random))

/** Places as clients send them: any spelling of a point, with or without an uncertainty. */
export const geoPoint: fc.Arbitrary<GeoPoint.GeoPoint> = fc
  .tuple(
    Places.point,
    fc.option(fc.double({ min: 0, max: GeoPoint.uncertaintyMetresMax, noNaN: true }), { nil: undefined })
  )
  .map(([{ lat, lon }, uncertainty]) => (uncertainty === undefined ? { lat, lon } : { lat, lon, uncertainty }))

/** Names of apps, kinds and digestions. */
export const name: fc.Arbitrary<string> = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/)

/** JSON values that have a canonical spelling. */
export const payload: fc.Arbitrary<unknown> = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => CanonicalJson.tryEncode(value) !== undefined)

/** Events as `Event.make` gives them. */
export const event: fc.Arbitrary<Event.Event> = fc
  .record(
    {
      app: name,
      kind: name,
      version: fc.integer({ min: 1, max: 9 }),
      id: uuid,
      at: geoPoint,
      payload,
      routing: fc.constant(1)
    },
    { requiredKeys: ["app", "kind", "version", "id", "payload", "routing"] }
  )
  .map((fields) => known(Event.make(fields)))

/** An event's article as its first host files it, in the group of its kind. */
export const articleOf = (event: Event.Event, subject?: string): Article.Article => {
  const proto = EventArticle.toProto(event, {
    groups: [GroupName.GroupName.make(`clientposts.${event.app}.topic.${event.kind}`)],
    from: EventArticle.mailbox(event.app, "someone"),
    ...(subject === undefined ? {} : { subject })
  })
  return filed(proto)
}

/** The article of octets that only lack their Path. */
export const filed = (octets: Uint8Array): Article.Article => {
  const path = new TextEncoder().encode("Path: pop.example!.POSTED!not-for-mail\r\n")
  const whole = new Uint8Array(path.length + octets.length)
  whole.set(path)
  whole.set(octets, path.length)
  const article = Article.read(whole)
  if (Article.isMalformed(article)) throw new Error(article.reason)
  return article
}
