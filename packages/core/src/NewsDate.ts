/**
 * Dates as articles write them (RFC 5322 §3.3, RFC 5536 §3.1.1), the obsolete forms of old articles included.
 */

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

/** Zone names with their offset in hours. Those of RFC 5322 §4.3, and those that articles of the time use besides. */
const zones: ReadonlyMap<string, number> = new Map([
  ["est", -5],
  ["edt", -4],
  ["cst", -6],
  ["cdt", -5],
  ["mst", -7],
  ["mdt", -6],
  ["pst", -8],
  ["pdt", -7],
  ["bst", 1],
  ["met", 1],
  ["mest", 2],
  ["cet", 1],
  ["cest", 2],
  ["eet", 2],
  ["eest", 3],
  ["jst", 9],
  ["nzst", 12],
  ["nzdt", 13]
])

const grammar =
  /^(?:[a-z]{3,9} *,? +)?(\d{1,2}) +([a-z]{3}) +(\d{2,4}) +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: +(?:([+-])(\d{2})(\d{2})|([a-z]{1,5})(?:([+-]\d{1,2}))?))?$/i
const comments = /\([^()]*\)/g
const textMax = 128
const isPlain = /^[^\s(][^\t\r\n(]*[^\s]$/
const plain = (text: string): string =>
  text
    .replace(comments, " ")
    .replaceAll(/[\t\r\n]/g, " ")
    .trim()

/**
 * Milliseconds since the epoch, whole seconds; nothing where the text is no date.
 *
 * A missing or unknown zone counts as UTC, as RFC 5322 §4.3 has it; two digits of a year are 1950 to 2049.
 */
export const parse = (text: string): number | undefined => {
  // The dates of an article are often the same one.
  if (latest.text !== text) latest = { text, millis: read(text) }
  return latest.millis
}

let latest: { readonly text: string; readonly millis: number | undefined } = { text: "", millis: undefined }

const read = (text: string): number | undefined => {
  if (text.length > textMax) return undefined
  const found = grammar.exec(isPlain.test(text) ? text : plain(text))
  if (found === null) return undefined
  const [
    ,
    day = "",
    monthName = "",
    yearDigits = "",
    hour = "",
    minute = "",
    second = "0",
    sign,
    zoneHours = "",
    zoneMinutes = "",
    zoneName,
    zoneShift
  ] = found
  const month = months.indexOf(monthName.toLowerCase())
  const year = fullYear(yearDigits)
  if (month < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  if (Number(day) < 1 || Number(day) > daysIn(year, month) || Number(zoneMinutes) > 59) return undefined
  const local = Date.UTC(year, month, Number(day), Number(hour), Number(minute), Number(second))
  const offsetMinutes =
    sign === undefined
      ? (zones.get((zoneName ?? "").toLowerCase()) ?? 0) * 60 + Number(zoneShift ?? 0) * 60
      : (sign === "-" ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes))
  return local - offsetMinutes * 60_000
}

/** As `Thu, 01 Jan 1970 00:00:00 +0000`; parts of a second are cut off. */
export const format = (millis: number): string => {
  const date = new Date(millis)
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits).join(":")
  const month = months[date.getUTCMonth()] ?? ""
  const year = String(date.getUTCFullYear()).padStart(4, "0")
  return `${days[date.getUTCDay()]}, ${twoDigits(date.getUTCDate())} ${month[0]?.toUpperCase()}${month.slice(1)} ${year} ${clock} +0000`
}

const twoDigits = (number: number): string => String(number).padStart(2, "0")

/** RFC 5322 §4.3: two digits below 50 are of this century, three digits count from 1900. */
const fullYear = (digits: string): number => {
  const year = Number(digits)
  if (digits.length === 4) return year
  return digits.length === 2 && year < 50 ? 2000 + year : 1900 + year
}

const daysIn = (year: number, month: number): number => {
  if (year < 1900) return 0
  if (month === 1) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 3 || month === 5 || month === 8 || month === 10 ? 30 : 31
}
