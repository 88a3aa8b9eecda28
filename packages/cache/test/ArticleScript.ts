/**
 * Articles for tests of the cache, as a server would hold them.
 */
import * as Article from "@lupin/core/Article"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import type * as GeoPoint from "@lupin/core/GeoPoint"
import * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Uuid from "@lupin/core/Uuid"

export interface Posted {
  readonly id: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
  readonly octets: Uint8Array
}

/** When the first article of a script is posted. */
export const epochMillis = Date.UTC(2026, 10, 21)

export const groupName = (text: string): GroupName.GroupName => GroupName.GroupName.make(text)

export interface EventScript {
  readonly groups: ReadonlyArray<string>
  readonly kind?: string
  readonly at?: GeoPoint.GeoPoint
  readonly payload?: unknown
  /** After `epochMillis`. */
  readonly millis?: number
  readonly app?: string
}

/** An event; events with different `serial` are different. */
export const event = (serial: number, script: EventScript): Posted => {
  const { app = "trailblaze", kind = "review", payload = { serial }, millis = 0, at } = script
  const random = Uint8Array.from({ length: 10 }, (_, index) => (serial >> (8 * (index % 4))) & 255)
  const made = Event.make({
    app,
    kind,
    version: 1,
    id: Uuid.v7(epochMillis + millis, random),
    payload,
    routing: 1,
    ...(at && { at })
  })
  if (made === undefined) throw new TypeError("the script has no event here")
  const groups = script.groups.map(groupName)
  return posted(EventArticle.toProto(made, { groups, from: "hiker <hiker@trailblaze.invalid>" }))
}

/** An article that is no event. */
export const plain = (serial: number, groups: ReadonlyArray<string>): Posted =>
  posted(
    Article.make(
      [
        ["From", "somebody@example.invalid"],
        ["Newsgroups", groups.join(",")],
        ["Subject", "hello"],
        ["Date", NewsDate.format(epochMillis)],
        ["Message-ID", `<plain-${serial}@example.invalid>`]
      ],
      "hello\r\n"
    )
  )

export interface DigestScript {
  readonly group: string
  readonly key: string
  readonly events: number
  readonly removals?: number
  readonly version?: number
  readonly fingerprint?: string
}

/** A digest with a view that says how many events it has counted. */
export const digest = (script: DigestScript): Posted => {
  const { group, key, events, removals = 0, version = 1, fingerprint = "a".repeat(26) } = script
  const identity = { app: "trailblaze", name: "trail-ratings", version, key, events, removals, fingerprint }
  const header = `trail-ratings; v=${version}; key=${encodeURIComponent(key)}; events=${events}; removals=${removals}; fingerprint=${fingerprint}`
  return posted(
    Article.make(
      [
        ["From", "digester <digester@trailblaze.digest.lupin>"],
        ["Newsgroups", group],
        ["Subject", `trail-ratings ${key}`],
        ["Date", NewsDate.format(epochMillis)],
        ["Message-ID", DigestArticle.messageId(identity)],
        [DigestArticle.digestHeader, header]
      ],
      `{"state":${events},"view":{"count":${events}}}`
    )
  )
}

const posted = (proto: Uint8Array): Posted => {
  const path = new TextEncoder().encode("Path: scripted!not-for-mail\r\n")
  const octets = new Uint8Array(path.length + proto.length)
  octets.set(path)
  octets.set(proto, path.length)
  const article = Article.read(octets)
  if (Article.isMalformed(article)) throw new TypeError(article.reason)
  return { id: article.messageId, groups: article.groups, octets }
}
