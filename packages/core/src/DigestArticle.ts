/**
 * The result of a digestion for one key as an article, the same octets in whichever zone it was computed.
 *
 * No wall clock, no zone and no Supersedes: Message-ID, dates and body follow from the inputs alone. Only Path and Xref
 * are added on the way.
 */
import type * as Schema from "effect/Schema"
import * as Article from "./Article.ts"
import * as ArticleScan from "./ArticleScan.ts"
import * as Base32 from "./Base32.ts"
import * as CanonicalJson from "./CanonicalJson.ts"
import * as Digestion from "./Digestion.ts"
import * as Event from "./Event.ts"
import * as Fingerprint from "./Fingerprint.ts"
import * as Fold from "./Fold.ts"
import * as HeaderText from "./HeaderText.ts"
import * as KnownField from "./KnownField.ts"
import * as MessageId from "./MessageId.ts"
import * as NewsDate from "./NewsDate.ts"
import * as Sha256 from "./Sha256.ts"

/** `trail-ratings; v=1; key=sawtooth-lake; events=12; removals=0; fingerprint=k3v9…`; the key is percent-encoded. */
export const digestHeader = "Lupin-Digest"

/** Which inputs a digest was made of: what its Message-ID binds. */
export interface Identity {
  readonly app: string
  readonly name: string
  readonly version: number
  readonly key: string
  /** How many events it has counted, those removed later among them. */
  readonly events: number
  /** How many of them it has seen removed. */
  readonly removals: number
  /** 26 characters of base 32, see `Fingerprint.text`. */
  readonly fingerprint: string
}

export interface Digest<S> {
  readonly digestion: Digestion.Digestion<S>
  readonly key: string
  readonly events: number
  readonly removals: number
  readonly fingerprint: string
  readonly state: S
  /** Injection-Date of the newest input, in milliseconds. */
  readonly newestMillis: number
  /** Events that were removed, sorted, as far as they are told. */
  readonly removed?: ReadonlyArray<MessageId.MessageId>
  /** How many of its events and removals nobody can name. */
  readonly nameless?: Fingerprint.Nameless
}

/** Removed events that a digest names, at most: the last ones in the order of their ids, which is that of time. */
export const removedMax = 1_000

/** The body of a digest article. */
export interface Content {
  /** The state of the fold, as its codec encodes it: what totals are merged from. */
  readonly state: Schema.Json
  /** What readers look at. */
  readonly view: Schema.Json
  /**
   * Events that were counted and then removed. Their articles are gone: a digester that starts again knows of them
   * only from here, and without them its set would seem smaller than that of older digests.
   */
  readonly removed: ReadonlyArray<MessageId.MessageId>
  /**
   * Events that earlier digests have counted and that are gone, with their removals, of which no ids are known: they add to both
   * counts, so that what is left outranks those digests.
   */
  readonly nameless: Fingerprint.Nameless
}

export interface Read extends Identity, Content {
  /** Injection-Date of the newest input, in milliseconds; whole seconds. */
  readonly newestMillis: number
}

export interface NotADigest {
  readonly _tag: "NotADigest"
  readonly reason: string
}

/** `<hash@app.digest.lupin>`: 128 bits of SHA-256 over the identity, so that equal inputs are one article. */
export const messageId = (identity: Identity): MessageId.MessageId => {
  const { app, name, version, key, events, removals, fingerprint } = identity
  const canonical = CanonicalJson.encode({ app, events, fingerprint, key, name, removals, version })
  const hash = Base32.encode(Sha256.hashText(canonical).subarray(0, Event.hashOctets))
  return MessageId.MessageId.make(`<${hash}@${app}.digest.lupin>`)
}

/** The octets of the article, without Path. The key is one that `Digestion.keyOf` gave. */
export const toArticle = <S>(digest: Digest<S>): Uint8Array => {
  const { digestion, key, nameless = Fingerprint.noneNameless, state } = digest
  const identity = identityOf(digest)
  const date = NewsDate.format(digest.newestMillis)
  const removed = (digest.removed ?? []).slice(-removedMax)
  const content = {
    state: Fold.encodeJson(digestion.fold, state),
    view: digestion.view(state, key),
    ...(removed.length === 0 ? {} : { removed }),
    ...namelessField(nameless)
  }
  const subject = `${digestion.name} ${key}`
  const says = [digestHeader, headerOf(identity)] as const
  const group = digestion.target(key)
  return compose({ app: digestion.app, group, subject, date, id: messageId(identity), says }, content)
}

/** What the header of a digester's article says. */
export interface Heading {
  readonly app: string
  readonly group: string
  /** As people read it. */
  readonly subject: string
  /** Of its newest input, or of the instant its day was sealed. */
  readonly date: string
  readonly id: string
  /** The field of ours, by its name. */
  readonly says: readonly [name: string, content: string]
}

/** The octets of a digester's article: nothing in them depends on where and when it is put together. */
export const compose = ({ app, date, group, id, says, subject }: Heading, content: unknown): Uint8Array =>
  Article.make(
    [
      ["From", `digester <digester@${app}.digest.lupin>`],
      ["Newsgroups", group],
      ["Subject", HeaderText.encode(subject)],
      ["Date", date],
      ["Injection-Date", date],
      ["Message-ID", id],
      ["MIME-Version", "1.0"],
      ["Content-Type", "application/json; charset=utf-8"],
      ["Content-Transfer-Encoding", "8bit"],
      says
    ],
    CanonicalJson.encode(content)
  )

/** Reads a digest article, and checks that its Message-ID is derived from what it says. Total. */
export const read = (article: Article.Article): Read | NotADigest => {
  const identity = readIdentity(article)
  if (identity === undefined) return notADigest(`${digestHeader} is missing or malformed`)
  if (messageId(identity) !== article.messageId) return notADigest("its Message-ID belongs to another digest")
  const content = readContent(Article.body(article))
  if (content === undefined) return notADigest("its body is no JSON with state and view")
  if (content.nameless.count > identity.removals) return notADigest("its nameless removals are more than all")
  return { ...identity, ...content, newestMillis: article.injectedMillis }
}

/** What a digest article counts, for who shows it to nobody. Its body is read only where something was removed: it tells what. */
export const readCounts = (article: Article.Article): Omit<Read, "state" | "view"> | NotADigest => {
  const identity = readIdentity(article)
  if (identity === undefined || identity.removals > 0) return read(article)
  if (messageId(identity) !== article.messageId) return notADigest("its Message-ID belongs to another digest")
  bareContent ??= readContent(new TextEncoder().encode(bareBody))
  if (bareContent === undefined) return read(article)
  return { ...identity, ...bareContent, newestMillis: article.injectedMillis }
}

export const isNotADigest = (read: object): read is NotADigest => "_tag" in read

/** The slot of a digest article: one per key, in which a site keeps the highest rank. `undefined` for other articles. */
export const slot = (article: Article.Article): { readonly key: string; readonly rank: string } | undefined => {
  if (MessageId.kindOf(article.messageId) !== "digest") return undefined
  const identity = readIdentity(article)
  return identity === undefined ? undefined : { key: slotKey(identity), rank: rank(identity) }
}

/** `digest trailblaze/trail-ratings/sawtooth-lake`. */
export const slotKey = ({ app, name, key }: Pick<Identity, "app" | "name" | "key">): string =>
  `digest ${app}/${name}/${encodeURIComponent(key)}`

/**
 * Text that compares as (version, events + removals, fingerprint): a total order that extends inclusion of the inputs,
 * so the highest rank has missed nothing that a lower one of its chain has counted.
 */
export const rank = ({ version, events, removals, fingerprint }: Identity): string =>
  [String(version).padStart(6, "0"), String(events + removals).padStart(countDigits, "0"), fingerprint].join("|")

// Enough for every safe integer.
const countDigits = 16

const identityOf = <S>({ digestion, key, events, removals, fingerprint }: Digest<S>): Identity => ({
  app: digestion.app,
  name: digestion.name,
  version: digestion.version,
  key,
  events,
  removals,
  fingerprint
})

const headerOf = ({ name, version, key, events, removals, fingerprint }: Identity): string =>
  `${name}; v=${version}; key=${encodeURIComponent(key)}; events=${events}; removals=${removals}; fingerprint=${fingerprint}`

const idPattern = /^<[a-z2-7]{26}@([a-z][a-z0-9-]*)\.digest\.lupin>$/
const headerPattern =
  /^([a-z0-9-]+); v=([1-9]\d{0,5}); key=([^;\s]+); events=(0|[1-9]\d{0,14}); removals=(0|[1-9]\d{0,14}); fingerprint=([a-z2-7]{26})$/

const readIdentity = (article: Article.Article): Identity | undefined => {
  const header = ArticleScan.content(article.octets, Article.scanOf(article), KnownField.field.lupinDigest)
  return header === undefined ? undefined : parseIdentity(article.messageId, header)
}

/** What the id and the header of a digest say of its inputs; a partial says the same, and its day. */
export const parseIdentity = (id: MessageId.MessageId, header: string): Identity | undefined => {
  const app = idPattern.exec(id)?.[1]
  const parts = headerPattern.exec(header)
  if (app === undefined || parts === null) return undefined
  const [, name = "", version, encodedKey = "", events, removals, fingerprint = ""] = parts
  const key = readKey(encodedKey)
  if (key === undefined || !Event.isName(app) || !Event.isName(name)) return undefined
  return {
    app,
    name,
    version: Number(version),
    key,
    events: Number(events),
    removals: Number(removals),
    fingerprint
  }
}

/** Stands for itself in a key, as most of them do throughout. */
const plainKeyPattern = /^[A-Za-z0-9_.-]{1,64}$/

const readKey = (encoded: string): string | undefined => {
  if (plainKeyPattern.test(encoded)) return encoded
  try {
    const key = decodeURIComponent(encoded)
    return Digestion.isKey(key) && encodeURIComponent(key) === encoded ? key : undefined
  } catch {
    return undefined
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** The JSON object in a body; `undefined` where it is none. */
export const readBody = (octets: Uint8Array): object | undefined => {
  const json = CanonicalJson.decode(decoder.decode(octets).replace(/\r\n$/, ""))
  return typeof json?.value === "object" && json.value !== null ? json.value : undefined
}

/** Of a digest that counts no removals. */
const bareBody = `{"state":null,"view":null}`
let bareContent: Content | undefined

const readContent = (octets: Uint8Array): Content | undefined => {
  const value = readBody(octets)
  if (value === undefined || !("state" in value) || !("view" in value)) return undefined
  // What JSON.parse gave is JSON throughout.
  const removed = "removed" in value ? readIds(value.removed) : []
  const nameless = readNameless(value)
  if (nameless === undefined) return undefined
  return { state: value.state as Schema.Json, view: value.view as Schema.Json, removed, nameless }
}

/** What a body says of nameless events; nothing of none. */
export const namelessField = ({ count, newestMillis }: Fingerprint.Nameless): object =>
  count === 0 ? {} : { nameless: { count, newest: newestMillis } }

/** Reads `namelessField`; `undefined` where it makes no sense. */
export const readNameless = (body: object): Fingerprint.Nameless | undefined => {
  if (!("nameless" in body)) return Fingerprint.noneNameless
  const { nameless } = body
  if (typeof nameless !== "object" || nameless === null || !("count" in nameless) || !("newest" in nameless))
    return undefined
  const { count, newest } = nameless
  return isCount(count) && isCount(newest) ? { count, newestMillis: newest } : undefined
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** Ids of events in JSON; what is none is passed over. */
export const readIds = (value: unknown): ReadonlyArray<MessageId.MessageId> =>
  Array.isArray(value)
    ? value
        .slice(0, removedMax)
        .flatMap((text) => (typeof text === "string" ? (MessageId.parse(text) ?? []) : []))
        .filter(Event.isClientId)
    : []

const notADigest = (reason: string): NotADigest => ({ _tag: "NotADigest", reason })
