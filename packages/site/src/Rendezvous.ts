/**
 * Rendezvous hashing: every site ranks the same hosts for a key in the same order, and asks nobody.
 *
 * Taking a host out moves only what it was first for.
 */

/** The names, the highest for `key` first. */
export const rank = (names: ReadonlyArray<string>, key: string): ReadonlyArray<string> =>
  names
    .map((name) => ({ name, weight: weigh(`${key}\n${name}`) }))
    .toSorted((left, right) => right.weight - left.weight || (left.name < right.name ? -1 : 1))
    .map(({ name }) => name)

/** 32 bits: FNV-1a over the UTF-16 units, mixed so that names which differ at their end rank independently. */
const weigh = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
