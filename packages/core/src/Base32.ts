/**
 * Base 32 in lower case and without padding, safe in Message-IDs, group names and URLs.
 *
 * Source: RFC 4648 §6, with its letters lowered.
 */
const letters = "abcdefghijklmnopqrstuvwxyz234567"

/** Writes the octets as `ceil(bits / 5)` characters of `a-z2-7`. */
export const encode = (octets: Uint8Array): string => {
  let text = ""
  let held = 0
  let heldBits = 0
  for (const octet of octets) {
    held = (held << 8) | octet
    heldBits += 8
    while (heldBits >= 5) {
      heldBits -= 5
      text += letters.charAt((held >>> heldBits) & 31)
    }
    held &= (1 << heldBits) - 1
  }
  return heldBits === 0 ? text : text + letters.charAt((held << (5 - heldBits)) & 31)
}

/** Reads what `encode` wrote; `undefined` for any other text, so that equal octets have one spelling. */
export const decode = (text: string): Uint8Array | undefined => {
  const octets = new Uint8Array(Math.floor((text.length * 5) / 8))
  let length = 0
  let held = 0
  let heldBits = 0
  for (const letter of text) {
    const value = letters.indexOf(letter)
    if (value < 0) return undefined
    held = (held << 5) | value
    heldBits += 5
    if (heldBits < 8) continue
    heldBits -= 8
    octets[length++] = held >>> heldBits
    held &= (1 << heldBits) - 1
  }
  return heldBits >= 5 || held !== 0 ? undefined : octets
}
