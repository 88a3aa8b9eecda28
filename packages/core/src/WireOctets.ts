/**
 * Octets as a connection brings them, where they are looked at sixteen at a time: ends of ids and of blocks, and articles.
 *
 * What is loaded stays until something else is; where there are no vectors nothing is. Whoever cannot be told something here
 * finds it out without.
 */
import type { ArticleScan } from "./ArticleScan.ts"
import * as VectorScan from "./internal/VectorScan.ts"
import * as Vectors from "./internal/Vectors.ts"

/** Loads octets, and says which load that was; 0 where it cannot be. */
export const load = (octets: Uint8Array): number => Vectors.loadWire(octets)

/** Whether the octets of a load are still there. */
export const isLoaded = (turn: number): boolean => turn === Vectors.wireTurn

/**
 * Where a Message-ID ends that is the rest of a line, CRLF apart, and is one without a look at its letters (RFC 5536
 * §3.1.3). 0 where that is not so, or cannot be told yet. Offsets are those of the octets that were loaded.
 */
export const idEnd = (from: number, end: number): number => {
  const found = Vectors.idEnd(Vectors.wireAt + from, Vectors.wireAt + end)
  return found === 0 ? 0 : found - Vectors.wireAt
}

/**
 * Where the article ends that begins at an offset, its last CRLF included and the "." CRLF behind it not; `scan` tells then what
 * was found in it. 0 where it has not ended, is not well formed, or a line of it begins with a dot.
 */
export const articleEnd = (from: number, end: number): number => {
  const found = Vectors.block(Vectors.wireAt + from, Vectors.wireAt + end)
  return found === 0 ? 0 : found - Vectors.wireAt
}

/** What was found in the article that was looked at last, which began there. */
export const scan = (from: number): ArticleScan => VectorScan.found(Vectors.wireTurn, Vectors.wireAt + from)
