/**
 * Which zones a key's digest belongs to, in order: the first emits, the others stand in for it.
 *
 * Rendezvous hashing (Thaler and Ravishankar, 1998): every zone computes the same order without asking, and taking a
 * zone away moves only the keys it was home to.
 */
import * as Sha256 from "@lupin/core/Sha256"

/** All of `zones`, by falling weight for the group. The order in which they are given does not matter. */
export const order = (group: string, zones: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(zones)]
    .map((zone) => ({ zone, weight: weigh(group, zone) }))
    .sort((a, b) => (a.weight < b.weight ? 1 : a.weight > b.weight ? -1 : a.zone < b.zone ? -1 : 1))
    .map(({ zone }) => zone)

/** The place of `zone` in that order: 0 is home. */
export const placeOf = (zone: string, group: string, zones: ReadonlyArray<string>): number =>
  Math.max(0, order(group, zones).indexOf(zone))

const weigh = (group: string, zone: string): bigint => {
  const octets = Sha256.hashText(`${zone} ${group}`)
  return new DataView(octets.buffer, octets.byteOffset).getBigUint64(0)
}
