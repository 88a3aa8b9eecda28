/**
 * The key by which a balancer finds the POP host that already holds what a user reads: `<host>.<cache generation>`.
 *
 * Every answer carries it in `Lupin-Routing-Key`; clients send it back. A wiped cache gets a new generation, so the key of
 * an answer tells a client when what it knew of this host is gone (design, section 6).
 */

/** `host` is the site's name; `cacheGeneration`, the random id of its cache, has no dot. */
export interface RoutingKey {
  readonly host: string
  readonly cacheGeneration: string
}

/** Name of the header, in requests and answers alike. */
export const headerName = "lupin-routing-key"

/** Longest key accepted from a client, in characters. */
export const routingKeyLengthMax = 200

const hostPattern = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/
const generationPattern = /^[A-Za-z0-9_-]+$/

/** Says whether a pair can be written as a key and read back. */
export const isValid = (key: RoutingKey): boolean =>
  hostPattern.test(key.host) && generationPattern.test(key.cacheGeneration) && format(key).length <= routingKeyLengthMax

/** Writes the header's value. */
export const format = (key: RoutingKey): string => `${key.host}.${key.cacheGeneration}`

/** Reads a header's value; whatever is no key is `undefined`, as it came from outside. */
export const parse = (text: string): RoutingKey | undefined => {
  if (text.length > routingKeyLengthMax) return undefined
  const dot = text.lastIndexOf(".")
  if (dot < 0) return undefined
  const key = { host: text.slice(0, dot), cacheGeneration: text.slice(dot + 1) }
  return isValid(key) ? key : undefined
}
