/**
 * Ranges of IP addresses: one address, or a network with the length of its prefix (RFC 4632, RFC 4291 §2.3).
 *
 * An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address; a zone (`%eth0`) does not matter.
 */
import * as net from "node:net"

/** Octets of the network, four or sixteen, and how many of its bits count. */
export interface Cidr {
  readonly text: string
  readonly octets: ReadonlyArray<number>
  readonly bits: number
}

/** Reads `10.0.0.0/8`, `2001:db8::/32`, or a plain address; nothing where it is neither. */
export const parse = (text: string): Cidr | undefined => {
  const slash = text.indexOf("/")
  const written = slash < 0 ? text : text.slice(0, slash)
  const octets = octetsOf(written)
  if (octets === undefined || written.includes("%")) return undefined
  const all = octets.length * 8
  if (slash < 0) return { text, octets, bits: all }
  const length = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(length)) return undefined
  const isMapped = octets.length === 4 && written.includes(":")
  const bits = Number(length) - (isMapped ? mappedBits : 0)
  return bits < 0 || bits > all ? undefined : { text, octets, bits }
}

/** Says whether the range holds the address; what is no address is in no range. */
export const contains = (range: Cidr, address: string): boolean => {
  const octets = octetsOf(address)
  if (octets === undefined || octets.length !== range.octets.length) return false
  const whole = range.bits >> 3
  for (let at = 0; at < whole; at += 1) if (octets[at] !== range.octets[at]) return false
  const rest = range.bits & 7
  return rest === 0 || (octets[whole] ?? 0) >> (8 - rest) === (range.octets[whole] ?? 0) >> (8 - rest)
}

/** One text for all ways to write an address, so that connections can be counted by it; other text as it is. */
export const normal = (address: string): string => {
  const octets = octetsOf(address)
  if (octets === undefined) return address
  if (octets.length === 4) return octets.join(".")
  const words = Array.from({ length: 8 }, (_, at) => (octets[2 * at] ?? 0) * 256 + (octets[2 * at + 1] ?? 0))
  return words.map((word) => word.toString(16)).join(":")
}

const mappedBits = 96
const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

const octetsOf = (address: string): ReadonlyArray<number> | undefined => {
  const zone = address.indexOf("%")
  const plain = zone < 0 ? address : address.slice(0, zone)
  if (net.isIPv4(plain)) return plain.split(".").map(Number)
  if (!net.isIPv6(plain)) return undefined
  const octets = ofIpv6(plain)
  return mappedPrefix.every((octet, at) => octets[at] === octet) ? octets.slice(12) : octets
}

/** The text is known to be an IPv6 address. */
const ofIpv6 = (text: string): ReadonlyArray<number> => {
  const [head = "", tail] = text.split("::")
  const before = wordsOf(head)
  if (tail === undefined) return before
  const after = wordsOf(tail)
  return [...before, ...Array.from({ length: 16 - before.length - after.length }, () => 0), ...after]
}

const wordsOf = (text: string): ReadonlyArray<number> =>
  text === ""
    ? []
    : text.split(":").flatMap((word) => {
        if (word.includes(".")) return word.split(".").map(Number)
        const value = Number.parseInt(word, 16)
        return [value >> 8, value & 0xff]
      })
