/**
 * The random id of a cache's content: a routing key that carries it is void once the content was dropped.
 */
import * as Base32 from "@lupin/core/Base32"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** 80 random bits, so that a generation is never seen twice. */
const generationBytes = 10

/** A new generation: 16 characters `a-z2-7`. */
export const mint: Effect.Effect<string> = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 255), generationBytes),
  (octets) => Base32.encode(Uint8Array.from(octets))
)
