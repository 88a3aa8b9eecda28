/**
 * Makes the generation of a new spool: what sets its numbers and positions apart from those before a wipe.
 *
 * Time comes from Effect's Clock and chance from its Random, so that a simulated fleet can be replayed.
 */
import * as Base32 from "@lupin/core/Base32"
import type * as Site from "@lupin/core/Site"
import { Clock, Effect, Random } from "effect"

/** Article numbers of a new generation begin at the seconds since this instant, so that they only ever grow. */
export const numberEpochMillis = Date.UTC(2024, 0, 1)

const idOctets = 16

/** A new generation: 128 random bits as 26 characters of base32, and the number base of this moment. */
export const fresh: Effect.Effect<Site.Generation> = Effect.gen(function* () {
  const startedMillis = yield* Clock.currentTimeMillis
  const octets = new Uint8Array(idOctets)
  for (let at = 0; at < idOctets; at++) octets[at] = yield* Random.nextIntBetween(0, 255)
  const numberBase = Math.max(0, Math.floor((startedMillis - numberEpochMillis) / 1000))
  return { id: Base32.encode(octets), startedMillis, numberBase }
})
