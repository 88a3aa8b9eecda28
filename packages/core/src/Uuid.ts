/**
 * The UUIDs that name events: version 7, whose first 48 bits are the time they were minted at.
 *
 * Source: RFC 9562 §5.7. Pure: the caller brings the time and the random octets.
 */

/** How many random octets `v7` takes: 74 of their 80 bits are used. */
export const randomOctets = 10

/** The last time a UUID of version 7 can hold, in milliseconds: 48 bits. */
export const millisMax = 2 ** 48 - 1

/** Mints a UUID from a time in whole milliseconds since the epoch and ten random octets. */
export const v7 = (millis: number, random: Uint8Array): string => {
  if (!Number.isInteger(millis) || millis < 0 || millis > millisMax)
    throw new RangeError(`no time of a UUID: ${millis}`)
  if (random.length !== randomOctets) throw new RangeError(`a UUID takes ${randomOctets} random octets`)
  const octets = new Uint8Array(16)
  new DataView(octets.buffer).setUint32(0, Math.floor(millis / 0x1_0000))
  new DataView(octets.buffer).setUint16(4, millis % 0x1_0000)
  octets.set(random, 6)
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x70
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("")
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}

const pattern = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Reads a UUID of version 7 in either case, with its time in milliseconds; `undefined` for anything else. */
export const parse = (text: string): { readonly text: string; readonly millis: number } | undefined => {
  const lowered = text.toLowerCase()
  const parts = pattern.exec(lowered)
  if (parts === null) return undefined
  return { text: lowered, millis: Number.parseInt(`${parts[1]}${parts[2]}`, 16) }
}
