/**
 * Marks that tell whose an article is: locks, and where there are none its author's address, as ever in netnews.
 *
 * A claim may wait for its target for days, so it bears a hash of the address: nothing of the author is kept with it.
 */
import * as Base32 from "./Base32.ts"
import * as Sha256 from "./Sha256.ts"

const authorPrefix = "author:"

/** Of an article: its author, by an address in lower case. */
export const ofAuthor = (address: string): string => `${authorPrefix}${address}`

/** What a claim by the bearer of a mark carries. Locks are hashes already. */
export const claimed = (mark: string): string =>
  mark.startsWith(authorPrefix) ? `${authorPrefix}${Base32.encode(Sha256.hashText(mark))}` : mark

/** Whether a claim with such marks may remove an article of such owners. */
export const opens = (claims: ReadonlyArray<string>, owners: ReadonlyArray<string>): boolean =>
  claims.length > 0 && owners.some((mark) => claims.includes(claimed(mark)))
