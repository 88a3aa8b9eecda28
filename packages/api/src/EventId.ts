/**
 * Mints the id of an event: a UUIDv7 of the clock's time and the random service's octets.
 *
 * Clients mint at the first attempt to send; a POP mints for those that sent none.
 */
import { Clock, Effect, Random } from "effect"
import * as Uuid from "@lupin/core/Uuid"

/** A new id, lower case, of a time so many milliseconds ahead of this clock: 0, or what a wrong clock is off. */
export const mintAhead = (aheadMillis: number): Effect.Effect<string> =>
  Effect.gen(function* () {
    const millis = Math.floor((yield* Clock.currentTimeMillis) + aheadMillis)
    const random = new Uint8Array(Uuid.randomOctets)
    for (let index = 0; index < random.length; index++) random[index] = yield* Random.nextIntBetween(0, 255)
    return Uuid.v7(Math.min(Uuid.millisMax, Math.max(0, millis)), random)
  })

/** A new id of now, lower case. */
export const mint: Effect.Effect<string> = mintAhead(0)
