/**
 * An event as a netnews article that a person can read in a newsreader, there and back.
 *
 * Everything an article says of its event follows from the event, so that each host which takes it makes the same
 * article; `fault` tells where an article under a client's id says something else.
 */
import * as Article from "./Article.ts"
import * as ArticleScan from "./ArticleScan.ts"
import * as CanonicalJson from "./CanonicalJson.ts"
import * as Event from "./Event.ts"
import * as GeoPoint from "./GeoPoint.ts"
import type * as GroupName from "./GroupName.ts"
import * as HeaderText from "./HeaderText.ts"
import * as KnownField from "./KnownField.ts"
import * as NewsDate from "./NewsDate.ts"

/** Names app, kind, version and routing: `trailblaze.review; v=2; routing=1`. */
export const eventHeader = "Lupin-Event"

/** Holds the place as a `geo:` URI. */
export const locationHeader = "Lupin-Location"

/** Says what hinders reading an article as an event; most articles are none, and that is no error. */
export interface NotAnEvent {
  readonly _tag: "NotAnEvent"
  readonly reason: string
}

export interface ProtoOptions {
  readonly groups: ReadonlyArray<GroupName.GroupName>
  /** The text of the Subject; any characters. The kind alone where it is absent. */
  readonly subject?: string
  /** The mailbox of the author, see `mailbox`. */
  readonly from: string
  /** What the author's key opens (RFC 8315). The event's id does not bind it: the first article to arrive counts. */
  readonly lock?: string
}

/**
 * The proto-article (RFC 5537 §3.4) of an event that `Event.make` gave: octets with Message-ID, Date and Injection-Date
 * of the UUID's time, but neither Path nor Injection-Info, which the injecting host adds.
 */
export const toProto = (event: Event.Event, options: ProtoOptions): Uint8Array => {
  const date = NewsDate.format(dateMillis(Event.mintedMillis(event)))
  const subject = options.subject === undefined ? event.kind : `${event.kind} ${options.subject}`
  const fields: Array<readonly [string, string]> = [
    ["From", HeaderText.clean(options.from)],
    ["Newsgroups", options.groups.join(",")],
    ["Subject", HeaderText.encode(subject)],
    ["Date", date],
    ["Injection-Date", date],
    ["Message-ID", Event.messageId(event)],
    ["MIME-Version", "1.0"],
    ["Content-Type", "application/json; charset=utf-8"],
    ["Content-Transfer-Encoding", "8bit"],
    [eventHeader, `${event.app}.${event.kind}; v=${event.version}; routing=${event.routing}`]
  ]
  if (options.lock !== undefined) fields.push(["Cancel-Lock", options.lock])
  if (event.at !== undefined) fields.push([locationHeader, GeoPoint.toUri(event.at)])
  return Article.make(fields, bodyOf(CanonicalJson.encode(event.payload)))
}

/** Reads the event out of an article under a client's id. Total; does not check the hash, see `fault`. */
export const read = (article: Article.Article): Event.Event | NotAnEvent => {
  const whole = readWhole(article)
  return "_tag" in whole ? whole : whole.event
}

/** With the payload as it is spelt, which is canonical. */
const readWhole = (
  article: Article.Article
): { readonly event: Event.Event; readonly payload: string } | NotAnEvent => {
  const id = Event.parseMessageId(article.messageId)
  if (id === undefined) return notAnEvent("its Message-ID is no client's")
  const header = readHeader(contentOf(article, KnownField.field.lupinEvent))
  if (header === undefined) return notAnEvent(`${eventHeader} is missing or malformed`)
  if (header.app !== id.app) return notAnEvent(`${eventHeader} names another app than the Message-ID`)
  const location = contentOf(article, KnownField.field.lupinLocation)
  const at = location === undefined ? undefined : GeoPoint.fromUri(location)
  if (location !== undefined && (at === undefined || GeoPoint.toUri(at) !== location)) {
    return notAnEvent(`${locationHeader} is not the canonical URI of a place`)
  }
  const payload = readBody(Article.body(article))
  if (payload === undefined) return notAnEvent("its body is no canonical JSON")
  const event = { ...header, id: id.uuid, payload: payload.value, ...(at === undefined ? {} : { at }) }
  return { event, payload: payload.text }
}

export const isNotAnEvent = (read: Event.Event | NotAnEvent): read is NotAnEvent => "_tag" in read

/**
 * What an article under a client's id says against its id: an unreadable event, another content, another date.
 * `undefined` for honest articles, and for all ids outside the clients' domains.
 */
export const fault = (article: Article.Article): string | undefined => {
  if (!Event.isClientId(article.messageId)) return undefined
  const whole = readWhole(article)
  if ("_tag" in whole) return whole.reason
  const { event, payload } = whole
  if (Event.messageId(event, payload) !== article.messageId) return "its Message-ID belongs to another content"
  const millis = dateMillis(Event.mintedMillis(event))
  for (const [name, field] of dates) {
    const text = contentOf(article, field)
    if (text !== undefined && NewsDate.parse(text) !== millis) return `its ${name} is not the time in its Message-ID`
  }
  return undefined
}

const dates = [
  ["Date", KnownField.field.date],
  ["Injection-Date", KnownField.field.injectionDate]
] as const

const contentOf = (article: Article.Article, field: KnownField.Field): string | undefined =>
  ArticleScan.content(article.octets, Article.scanOf(article), field)

/** Whether an article is what its id promises; true for ids outside the clients' domains, which promise nothing. */
export const verify = (article: Article.Article): boolean => fault(article) === undefined

/** A mailbox for someone known by `user`: `hiker-7f3a <hiker-7f3a@trailblaze.invalid>` (RFC 5536 §3.1.2). */
export const mailbox = (app: string, user: string): string => {
  const local = user
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, userCharsMax)
  const name = local === "" ? "someone" : local
  return `${name} <${name}@${app}.invalid>`
}

const userCharsMax = 64

// A date of netnews has whole seconds.
const dateMillis = (millis: number): number => Math.floor(millis / 1000) * 1000

// An article on the wire ends with a line end.
const bodyOf = (json: string): string => `${json}\r\n`

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const readBody = (octets: Uint8Array): { readonly value: unknown; readonly text: string } | undefined => {
  const body = decodeUtf8(octets)
  if (body === undefined || !body.endsWith("\r\n")) return undefined
  const text = body.slice(0, -2)
  const payload = CanonicalJson.decode(text)
  return payload && { ...payload, text }
}

const decodeUtf8 = (octets: Uint8Array): string | undefined => {
  try {
    return utf8.decode(octets)
  } catch {
    return undefined
  }
}

const headerPattern = /^([a-z0-9-]+)\.([a-z0-9-]+); v=([1-9]\d*); routing=([1-9]\d*)$/

const readHeader = (text: string | undefined): Omit<Event.Event, "id" | "at" | "payload"> | undefined => {
  const parts = text === undefined ? null : headerPattern.exec(text)
  if (parts === null) return undefined
  const [, app = "", kind = "", v = "", r = ""] = parts
  const [version, routing] = [Number(v), Number(r)]
  if (!Event.isName(app) || !Event.isName(kind) || !Event.isVersion(version) || !Event.isVersion(routing))
    return undefined
  return { app, kind, version, routing }
}

const notAnEvent = (reason: string): NotAnEvent => ({ _tag: "NotAnEvent", reason })
