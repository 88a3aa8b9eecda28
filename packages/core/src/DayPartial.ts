/**
 * What one day added to one key of a digestion, as an article: totals are merged from these once the inputs have expired.
 *
 * As with a digest, all of it follows from the inputs and is the same octets in whichever zone it was computed. It is dated
 * at the instant at which its day is sealed.
 */
import type * as Schema from "effect/Schema"
import * as Article from "./Article.ts"
import * as Base32 from "./Base32.ts"
import * as CanonicalJson from "./CanonicalJson.ts"
import * as DigestArticle from "./DigestArticle.ts"
import * as Digestion from "./Digestion.ts"
import * as Event from "./Event.ts"
import * as Fingerprint from "./Fingerprint.ts"
import * as Fold from "./Fold.ts"
import * as GroupName from "./GroupName.ts"
import * as MessageId from "./MessageId.ts"
import * as NewsDate from "./NewsDate.ts"
import * as Sha256 from "./Sha256.ts"

/** `trail-ratings; v=1; key=sawtooth-lake; day=2026-11-21T00:00:00Z; events=12; removals=0; fingerprint=k3v9…`. */
export const partialHeader = "Lupin-Partial"

/** Which inputs it was made of: what its Message-ID binds. */
export interface Identity extends DigestArticle.Identity {
  /** When its day began, in milliseconds; whole seconds. */
  readonly dayMillis: number
}

/** What a set of inputs comes to: all that a total needs of them. */
export interface Part<S> {
  /** How many events were counted, those removed later among them. */
  readonly events: number
  readonly removals: number
  /** Uncut, so that it adds up. */
  readonly fingerprint: Fingerprint.Fingerprint
  readonly state: S
  /** Injection-Date of the newest event, in milliseconds; 0 of none. */
  readonly newestMillis: number
  /** Events that were removed, sorted; the last `DigestArticle.removedMax` of them. */
  readonly removed: ReadonlyArray<MessageId.MessageId>
  /** Of both counts, and of the fingerprint, what nobody can name. */
  readonly nameless: Fingerprint.Nameless
}

export interface Partial<S> {
  readonly digestion: Digestion.Digestion<S>
  readonly key: string
  readonly dayMillis: number
  /** The instant at which the day is sealed, in milliseconds; whole seconds. */
  readonly sealedMillis: number
  readonly part: Part<S>
}

/** A partial article as it was read; its state is still to be decoded by the fold. */
export interface Read extends Identity, Omit<Part<Schema.Json>, "fingerprint"> {
  readonly sum: Fingerprint.Fingerprint
}

export interface NotAPartial {
  readonly _tag: "NotAPartial"
  readonly reason: string
}

/** `digests.<app>.days.<name>`: the partials of all keys and days of a digestion. No digestion is called `days`. */
export const targetOf = (app: string, name: string): GroupName.GroupName =>
  GroupName.GroupName.make(`digests.${app}.${Digestion.daysName}.${name}`)

/** `<hash@app.digest.lupin>`: 128 bits of SHA-256 over the identity. */
export const messageId = (identity: Identity): MessageId.MessageId => {
  const { app, name, version, key, dayMillis, events, removals, fingerprint } = identity
  const day = dayText(dayMillis)
  const canonical = CanonicalJson.encode({ app, day, events, fingerprint, key, name, removals, version })
  const hash = Base32.encode(Sha256.hashText(canonical).subarray(0, Event.hashOctets))
  return MessageId.MessageId.make(`<${hash}@${app}.digest.lupin>`)
}

/** The octets of the article, without Path. */
export const toArticle = <S>({ dayMillis, digestion, key, part, sealedMillis }: Partial<S>): Uint8Array => {
  const { app, name, version } = digestion
  const { events, newestMillis, removals } = part
  const fingerprint = Fingerprint.text(part.fingerprint)
  const identity: Identity = { app, name, version, key, dayMillis, events, removals, fingerprint }
  const date = NewsDate.format(sealedMillis)
  const removed = part.removed.slice(-DigestArticle.removedMax)
  const content = {
    state: Fold.encodeJson(digestion.fold, part.state),
    view: digestion.view(part.state, key),
    sum: Fingerprint.toHex(part.fingerprint),
    newest: newestMillis,
    ...(removed.length === 0 ? {} : { removed }),
    ...DigestArticle.namelessField(part.nameless)
  }
  const subject = `${name} ${key} ${dayText(dayMillis)}`
  const says = [partialHeader, headerOf(identity)] as const
  return DigestArticle.compose(
    { app, group: targetOf(app, name), subject, date, id: messageId(identity), says },
    content
  )
}

/** Reads a partial, and checks that its Message-ID is derived from what it says. Total. */
export const read = (article: Article.Article): Read | NotAPartial => {
  const identity = readIdentity(article)
  if (identity === undefined) return notAPartial(`${partialHeader} is missing or malformed`)
  if (messageId(identity) !== article.messageId) return notAPartial("its Message-ID belongs to another partial")
  const content = readContent(Article.body(article))
  if (content === undefined) return notAPartial("its body is no JSON with state, sum and newest")
  if (content.nameless.count > identity.removals) return notAPartial("its nameless removals are more than all")
  if (Fingerprint.text(content.sum) !== identity.fingerprint) return notAPartial("its sum has another fingerprint")
  return { ...identity, ...content }
}

export const isNotAPartial = (read: Read | NotAPartial): read is NotAPartial => "_tag" in read

/** The slot of a partial: one per key and day, in which a site keeps the highest rank. `undefined` for other articles. */
export const slot = (article: Article.Article): { readonly key: string; readonly rank: string } | undefined => {
  if (MessageId.kindOf(article.messageId) !== "digest") return undefined
  const identity = readIdentity(article)
  if (identity === undefined) return undefined
  return { key: slotKey(identity), rank: DigestArticle.rank(identity) }
}

/** `partial trailblaze/trail-ratings/2026-11-21T00:00:00Z/sawtooth-lake`. */
export const slotKey = ({ app, name, key, dayMillis }: Pick<Identity, "app" | "name" | "key" | "dayMillis">): string =>
  `partial ${app}/${name}/${dayText(dayMillis)}/${encodeURIComponent(key)}`

const dayText = (millis: number): string => new Date(millis).toISOString().replace(".000Z", "Z")

const headerOf = ({ name, version, key, dayMillis, events, removals, fingerprint }: Identity): string =>
  [
    name,
    `v=${version}`,
    `key=${encodeURIComponent(key)}`,
    `day=${dayText(dayMillis)}`,
    `events=${events}`,
    `removals=${removals}`,
    `fingerprint=${fingerprint}`
  ].join("; ")

const headerPattern =
  /^([^;]+; v=\d+; key=[^;\s]+); day=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)(; events=\d+; removals=\d+; fingerprint=[a-z2-7]+)$/

/** The identity of a digest, and a day in the midst of it. */
const readIdentity = (article: Article.Article): Identity | undefined => {
  const parts = headerPattern.exec(Article.field(article, partialHeader) ?? "")
  if (parts === null) return undefined
  const [, before = "", day = "", after = ""] = parts
  const identity = DigestArticle.parseIdentity(article.messageId, `${before}${after}`)
  const dayMillis = Date.parse(day)
  if (identity === undefined || !Number.isSafeInteger(dayMillis) || dayText(dayMillis) !== day) return undefined
  return { ...identity, dayMillis }
}

type Content = Pick<Read, "nameless" | "newestMillis" | "removed" | "state" | "sum">

const readContent = (octets: Uint8Array): Content | undefined => {
  const value = DigestArticle.readBody(octets)
  if (value === undefined || !("state" in value) || !("sum" in value) || !("newest" in value)) return undefined
  const sum = typeof value.sum === "string" ? Fingerprint.fromHex(value.sum) : undefined
  const newestMillis = value.newest
  if (sum === undefined || typeof newestMillis !== "number" || !Number.isSafeInteger(newestMillis)) return undefined
  const removed = "removed" in value ? DigestArticle.readIds(value.removed) : []
  const nameless = DigestArticle.readNameless(value)
  if (nameless === undefined) return undefined
  return { state: value.state as Schema.Json, sum, newestMillis, removed, nameless }
}

const notAPartial = (reason: string): NotAPartial => ({ _tag: "NotAPartial", reason })
