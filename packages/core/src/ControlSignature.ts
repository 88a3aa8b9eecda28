/**
 * The signature of a control message as netnews has it: the field X-PGP-Sig, over some fields and the body.
 *
 * Source: the FORMAT page of pgpcontrol, and pgpverify of INN, which this follows octet by octet. What is signed is text
 * with LF line ends: `X-Signed-Headers:` with the names, the fields in that order, an empty line, the body.
 */
import * as Article from "./Article.ts"
import * as Headers from "./Headers.ts"

export interface Signed {
  /** What was signed, octet by octet. */
  readonly text: Uint8Array
  /** The detached signature in its ASCII armour. */
  readonly signature: string
}

/** Fields that must be signed: without them an old signature would do for another message. */
export const signedMin: ReadonlyArray<string> = ["Control", "Message-ID", "Date"]

const signatureField = /^(\S+)\s+(\S+)\s+((?:[A-Za-z0-9+/=]+\s+)*=[A-Za-z0-9+/]{4})$/

/** What is signed and by what; nothing where the article has no such field, a malformed one, or one that signs too little. */
export const read = (article: Article.Article): Signed | undefined => {
  const fields = fieldsOf(article)
  const [content, ...more] = fields.get("X-PGP-Sig") ?? []
  const [, version, names = "", code = ""] = signatureField.exec(content ?? "") ?? []
  if (version === undefined || more.length > 0) return undefined
  const signed = names.split(",")
  if (!signedMin.every((name) => signed.includes(name))) return undefined
  let header = `X-Signed-Headers: ${names}\n`
  for (const name of signed) {
    const values = fields.get(name) ?? []
    // Of two fields with one name nobody could say which one was signed.
    if (values.length > 1) return undefined
    header += `${name}: ${values[0] ?? ""}\n`
  }
  const body = latin1(Article.body(article)).replaceAll("\r\n", "\n")
  return {
    text: Uint8Array.from(`${header}\n${body}`.replaceAll(/[ \t]+\n/g, "\n"), (char) => char.charCodeAt(0)),
    signature:
      `-----BEGIN PGP SIGNATURE-----\nVersion: ${version}\n\n` +
      `${code.trim().replaceAll(/\s+/g, "\n")}\n-----END PGP SIGNATURE-----\n`
  }
}

/** Every field by its name as it is written, folded, each octet one character. */
const fieldsOf = (article: Article.Article): ReadonlyMap<string, ReadonlyArray<string>> => {
  const { bodyStart, octets } = article
  const end = bodyStart - 2
  const fields = new Map<string, Array<string>>()
  for (let at = 0; at < end;) {
    const next = Headers.fieldEnd(octets, at, end)
    const name = Headers.nameAt(octets, at)
    const value = latin1(octets.subarray(at + name.length + 2, next - 2)).replaceAll("\r\n", "\n")
    fields.set(name, [...(fields.get(name) ?? []), value])
    at = next
  }
  return fields
}

const latin1 = (octets: Uint8Array): string => Headers.latin1(octets, 0, octets.length)
