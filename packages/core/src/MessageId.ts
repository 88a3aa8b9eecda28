/**
 * The name of an article, good everywhere and for ever (RFC 5536 §3.1.3).
 */
import * as Schema from "effect/Schema"
import * as Limits from "./Limits.ts"

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const dotAtom = `${atom}(?:\\.${atom})*`
const literal = "\\[[!-=?-Z^-~]*\\]"
const grammar = new RegExp(`^<${dotAtom}@(?:${dotAtom}|${literal})>$`)
const uuidV7 = /^<([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}[.@]/

/** Text of a Message-ID with its angle brackets, at most 250 octets, all of them ASCII. */
export const MessageId = Schema.String.pipe(
  Schema.check(Schema.isMaxLength(Limits.messageIdBytesMax), Schema.isPattern(grammar)),
  Schema.brand("MessageId")
)
export type MessageId = typeof MessageId.Type

const isWellFormed = (text: string): text is MessageId => text.length <= Limits.messageIdBytesMax && grammar.test(text)

/** The id that `text` spells, or nothing where RFC 5536 §3.1.3 does not allow it. Surrounding space is not trimmed. */
export const parse = (text: string): MessageId | undefined => {
  if (text === latest) return latest
  if (!isWellFormed(text)) return undefined
  latest = text
  return text
}

/** A text as the id that it was found to be elsewhere, octet by octet. */
export const found = (text: string): MessageId => {
  latest = text as MessageId
  return latest
}

/** The last text that was an id: whoever reads a command and whoever obeys it ask one after the other. */
let latest: MessageId | undefined

/**
 * Says whose names the id is one of: ids under `client.lupin` bind the content of an event, ids under `digest.lupin`
 * that of a digest, all others are ordinary netnews.
 */
export const kindOf = (id: MessageId): "client" | "digest" | "foreign" => {
  // Asked several times of every article, most of which are of other networks.
  if (!id.endsWith(".lupin>")) return "foreign"
  return id.endsWith(".client.lupin>") ? "client" : id.endsWith(".digest.lupin>") ? "digest" : "foreign"
}

/** Milliseconds since the epoch at which a UUIDv7 in front of the id was minted; nothing where there is none. */
export const mintedMillis = (id: MessageId): number | undefined => {
  const found = uuidV7.exec(id)
  return found === null ? undefined : Number.parseInt(`${found[1]}${found[2]}`, 16)
}
