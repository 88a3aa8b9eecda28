/**
 * Arbitrary octet streams, and arbitrary ways to cut them into chunks.
 */
import * as fc from "fast-check"
import { Buffer } from "node:buffer"

/** Streams in which the given pieces are frequent and every octet is possible. */
export const octetsLike = (pieces: ReadonlyArray<string>): fc.Arbitrary<Buffer> =>
  fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...pieces).map((piece) => Buffer.from(piece, "latin1")) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((octets) => Buffer.from(octets)) }
      ),
      { maxLength: 60 }
    )
    .map((parts) => Buffer.concat(parts))

/** Cuts a stream into chunks of one octet or more. */
export const splits: fc.Arbitrary<(octets: Uint8Array) => ReadonlyArray<Uint8Array>> = fc
  .infiniteStream(fc.integer({ min: 1, max: 12 }))
  .map((sizes) => (octets: Uint8Array) => {
    const chunks: Array<Uint8Array> = []
    for (let at = 0; at < octets.length;) {
      const end = at + (sizes.next().value ?? 1)
      chunks.push(Uint8Array.from(octets.subarray(at, end)))
      at = end
    }
    return chunks
  })
