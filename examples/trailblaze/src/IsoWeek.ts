/**
 * The week of a time by ISO 8601: from Monday, in UTC, the first week of a year being the one with its first Thursday.
 */
const dayMillis = 86_400_000

/** `2026-w47` of a time in milliseconds since the epoch. */
export const of = (millis: number): string => {
  const day = Math.floor(millis / dayMillis)
  // 1970-01-01 was a Thursday, and a week belongs to the year of its Thursday.
  const thursday = Math.floor((day + 3) / 7) * 7
  const year = new Date(thursday * dayMillis).getUTCFullYear()
  const week = Math.floor((thursday - Date.UTC(year, 0, 1) / dayMillis) / 7) + 1
  return `${year}-w${String(week).padStart(2, "0")}`
}
