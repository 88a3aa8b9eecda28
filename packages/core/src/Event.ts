/**
 * What an app wrote, and the Message-ID that binds it: the same event has the same id through any POP.
 *
 * The id is a UUIDv7, a dot, and 128 bits of SHA-256 over the canonical event, so a retry cannot apply twice and
 * nobody can put other words under a known id.
 */
import * as Base32 from "./Base32.ts"
import * as CanonicalJson from "./CanonicalJson.ts"
import * as GeoPoint from "./GeoPoint.ts"
import * as MessageId from "./MessageId.ts"
import * as Sha256 from "./Sha256.ts"
import * as Uuid from "./Uuid.ts"

export interface Event {
  /** The app's name: one component of a group name. */
  readonly app: string
  readonly kind: string
  /** Which version of the kind's schema the payload follows; from 1. */
  readonly version: number
  /** A UUIDv7 in lower case, minted by the client. */
  readonly id: string
  /** Where it happened, normalised. */
  readonly at?: GeoPoint.GeoPoint
  /** The JSON value as the client sent it. */
  readonly payload: unknown
  /** Which version of the routing rules gave the event its groups. */
  readonly routing: number
}

/** The domain of every Message-ID that a client of `app` mints. */
export const domain = (app: string): string => `${app}.client.lupin`

/** The app whose client minted an id; nothing of other ids. */
export const appOf = (id: MessageId.MessageId): string | undefined => domainPattern.exec(id)?.[1]

const domainPattern = /@([a-z][a-z0-9-]*)\.client\.lupin>$/

/** How many octets of the hash an id carries: 128 bits. */
export const hashOctets = 16

/** The longest name of an app, a kind or a digestion, in characters. */
export const nameCharsMax = 32

const namePattern = /^[a-z][a-z0-9-]*$/

/** Whether this can name an app, a kind or a digestion: a letter, then letters, digits and hyphens, all lower case. */
export const isName = (text: string): boolean => text.length <= nameCharsMax && namePattern.test(text)

/** The largest version a kind, a digestion or the routing may have. */
export const versionMax = 999_999

/** Whether this can be a version: a whole number from 1. */
export const isVersion = (version: number): boolean =>
  Number.isInteger(version) && version >= 1 && version <= versionMax

/**
 * An event in the form that ids and groups are taken from: normalised place, lower-case UUID. `undefined` when a name,
 * a version, the UUID or the payload could not stand in an article.
 */
export const make = (event: Event): Event | undefined => {
  const uuid = Uuid.parse(event.id)
  if (uuid === undefined || !isName(event.app) || !isName(event.kind)) return undefined
  if (!isVersion(event.version) || !isVersion(event.routing)) return undefined
  if (CanonicalJson.tryEncode(event.payload) === undefined) return undefined
  const { at, ...rest } = event
  return { ...rest, id: uuid.text, ...(at === undefined ? {} : { at: GeoPoint.normalise(at) }) }
}

/**
 * Base 32 of 128 bits over the event without its UUID: 26 characters. `payload` is its payload in canonical JSON, for whoever
 * has it so. Throws where the payload is no JSON.
 */
export const hash32 = (event: Omit<Event, "id">, payload = CanonicalJson.encode(event.payload)): string => {
  const { app, at, kind, routing, version } = event
  // Names are in order, and neither they nor a URI has anything to escape: this is canonical JSON.
  const location = at === undefined ? "" : `"location":"${GeoPoint.toUri(at)}",`
  const canonical = `{"app":"${app}","kind":"${kind}",${location}"payload":${payload},"routing":${routing},"version":${version}}`
  return Base32.encode(Sha256.hashText(canonical).subarray(0, hashOctets))
}

/** `<uuid.hash@app.client.lupin>` of an event that `make` gave; `payload` as in `hash32`. */
export const messageId = (event: Event, payload?: string): MessageId.MessageId =>
  MessageId.MessageId.make(`<${event.id}.${hash32(event, payload)}@${domain(event.app)}>`)

/** The time the client minted the event at, in milliseconds. Throws where `make` did not give the event. */
export const mintedMillis = (event: Event): number => {
  const uuid = Uuid.parse(event.id)
  if (uuid === undefined) throw new TypeError(`${event.id} is no UUIDv7`)
  return uuid.millis
}

export interface IdParts {
  readonly uuid: string
  readonly millis: number
  readonly hash: string
  readonly app: string
}

const idPattern = /^<([0-9a-f-]{36})\.([a-z2-7]{26})@([a-z][a-z0-9-]*)\.client\.lupin>$/

/** Takes a client's id apart; `undefined` for every other Message-ID. */
export const parseMessageId = (id: string): IdParts | undefined => {
  const parts = idPattern.exec(id)
  if (parts === null) return undefined
  const [, uuidText = "", hash = "", app = ""] = parts
  const uuid = Uuid.parse(uuidText)
  return uuid === undefined || !isName(app) ? undefined : { uuid: uuid.text, millis: uuid.millis, hash, app }
}

/** Whether an id lies in a client's domain, well formed or not: then content must bear it out. */
export const isClientId = (id: MessageId.MessageId): boolean => MessageId.kindOf(id) === "client"
