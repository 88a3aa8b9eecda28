/**
 * Mints the id of an event: a UUIDv7 of the clock's time and the random service's octets.
 *
 * Clients mint at the first attempt to send; a POP mints for those that sent none.
 */
import { Clock, Effect, Random } from "effect"
import * as Uuid from "@lupin/core/Uuid"

/** A new id, lower case. */
export const mint: Effect.Effect<string> = Effect.gen(function* () {
  const millis = yield* Clock.currentTimeMillis
  const random = new Uint8Array(Uuid.randomOctets)
  for (let index = 0; index < random.length; index++) random[index] = yield* Random.nextIntBetween(0, 255)
  return Uuid.v7(Math.floor(millis), random)
})
