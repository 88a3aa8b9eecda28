/**
 * When a day of inputs is sealed, agreed on and let go of: the limits of time by which digesters close what they count.
 *
 * A day begins at a multiple of its length. It is due at its seal instant, when zones state what it has come to, and sealed at
 * the deadline, when all take the partial of highest rank. It is past once its inputs have expired, and closed once nobody
 * relays a partial of it any more.
 */
import * as Limits from "@lupin/core/Limits"
import * as Sha256 from "@lupin/core/Sha256"
import { Context } from "effect"

/** All in milliseconds, days in whole seconds. Every zone of a fleet has the same. */
export interface Calendar {
  readonly dayMillis: number
  /** From the start of a day to its seal instant. */
  readonly sealMillis: number
  /** From then to the deadline. */
  readonly agreeMillis: number
  /** How long an input is kept. */
  readonly keepMillis: number
}

/** Days of UTC, sealed after 11 of them; inputs are kept for 14. */
export const production: Calendar = {
  dayMillis: Limits.dayMillis,
  sealMillis: Limits.sealMillis,
  agreeMillis: Limits.sealAgreeMillis,
  keepMillis: Limits.historyMillis
}

/** That of production, unless something else is provided: simulated fleets have shorter days. */
export const Calendar = Context.Reference<Calendar>("@lupin/digest/Calendar", { defaultValue: () => production })

/** When the day of a moment began. */
export const dayOf = ({ dayMillis }: Calendar, millis: number): number => Math.floor(millis / dayMillis) * dayMillis

/** The seal instant of a day. */
export const dueMillis = ({ sealMillis }: Calendar, day: number): number => day + sealMillis

/** The deadline of a day. */
export const deadlineMillis = (calendar: Calendar, day: number): number =>
  dueMillis(calendar, day) + calendar.agreeMillis

/** When nobody relays a partial of a day any more, and history forgets it. */
export const closedMillis = (calendar: Calendar, day: number): number => dueMillis(calendar, day) + calendar.keepMillis

/** When the last input of a day has expired. */
export const pastMillis = ({ dayMillis, keepMillis }: Calendar, day: number): number => day + dayMillis + keepMillis

/**
 * How long after the seal instant the partial of a key is due, in every zone: within a quarter of the time to agree, so that the
 * keys of a day do not come all at once.
 */
export const spreadMillis = ({ agreeMillis }: Calendar, key: string): number => {
  const [first = 0, second = 0] = Sha256.hashText(key)
  return Math.floor(((first * 256 + second) / 65_536) * (agreeMillis / 4))
}

/** The first day that is not due yet. */
export const undueDay = (calendar: Calendar, nowMillis: number): number =>
  dayOf(calendar, nowMillis - calendar.sealMillis) + calendar.dayMillis
