/**
 * The date and time arguments of NEWGROUPS and NEWNEWS (RFC 3977 §7.3), with years of four or two digits.
 */

/** A point in time as written; two digits of a year mean something only together with the present year. */
export interface Since {
  readonly year: number
  readonly hasCentury: boolean
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const date = /^(\d{2}|\d{4})(\d{2})(\d{2})$/
const time = /^(\d{2})(\d{2})(\d{2})$/

/** Reads `yyyymmdd hhmmss` or `yymmdd hhmmss`; nothing where that is no time. Second 60 is allowed. */
export const parse = (dateText: string, timeText: string): Since | undefined => {
  const onDay = date.exec(dateText)
  const atTime = time.exec(timeText)
  if (onDay === null || atTime === null) return undefined
  const since: Since = {
    year: Number(onDay[1]),
    hasCentury: onDay[1]?.length === 4,
    month: Number(onDay[2]),
    day: Number(onDay[3]),
    hour: Number(atTime[1]),
    minute: Number(atTime[2]),
    second: Number(atTime[3])
  }
  const isTime = since.hour <= 23 && since.minute <= 59 && since.second <= 60
  return isTime && since.month >= 1 && since.month <= 12 && since.day >= 1 && since.day <= 31 ? since : undefined
}

/**
 * Milliseconds since the epoch, taken as UTC. Two digits mean this century up to the present year, else the one before
 * (RFC 3977 §7.3.2).
 */
export const millis = (since: Since, nowMillis: number): number => {
  const present = new Date(nowMillis).getUTCFullYear()
  const century = present - (present % 100)
  const year = since.hasCentury
    ? since.year
    : since.year <= present % 100
      ? century + since.year
      : century - 100 + since.year
  return new Date(0).setUTCFullYear(year, since.month - 1, since.day) + timeOfDay(since)
}

/** The date as a server writes it in its answer to DATE, and as a client sends it: `yyyymmddhhmmss`, UTC. */
export const format = (atMillis: number): string => new Date(atMillis).toISOString().replace(/\D/g, "").slice(0, 14)

const timeOfDay = (since: Since): number => ((since.hour * 60 + since.minute) * 60 + since.second) * 1000
