/**
 * What a promise of a spool is, and the words to write one with.
 */
import type { SiteIdentity } from "@lupin/spool/SiteIdentity"
import * as Spool from "@lupin/spool/Spool"
import { Effect } from "effect"

export interface Promised {
  /** The fact it states, to name a test. */
  readonly name: string
  /** Dies with what was seen where the layer breaks it. Needs a spool of its own. */
  readonly check: Effect.Effect<void, Spool.SpoolUnavailable, Spool.Spool | SiteIdentity>
}

const plain = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? { octets: [...part] } : part))

/** Throws where two values are not the same, octets compared as such. */
export const equal = (what: string, seen: unknown, wanted: unknown): void => {
  // A Buffer spells itself as an object; it is octets like any other.
  const [left, right] = [plain(asOctets(seen)), plain(asOctets(wanted))]
  if (left !== right) throw new Error(`${what}: ${left} is not ${right}`)
}

const asOctets = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(asOctets)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [key, asOctets(part)] as const)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
  )
}

/** As `isKnown`, of an id that is text. */
export const isKnown = (spool: Spool.Spool["Service"], id: string): boolean => {
  const octets = new TextEncoder().encode(id)
  return spool.isKnown(new DataView(octets.buffer), 0, octets.length)
}

/** A promise by its name, and what checks it. */
export const promise = (
  name: string,
  check: () => Effect.fn.Return<void, Spool.SpoolUnavailable, Spool.Spool | SiteIdentity>
): Promised => ({ name, check: Effect.gen(check) })

/** Reclaims until there is nothing to do. */
export const reclaimAll = Effect.gen(function* () {
  const spool = yield* Spool.Spool
  while ((yield* spool.reclaim).isMore);
})

/** What became of each. */
export const tagsOf = (stored: ReadonlyArray<Spool.Stored>) => stored.map(({ _tag }) => _tag)
