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

/** By their letters, as `monthAt` packs them. */
const monthOf: ReadonlyMap<number, number> = new Map(
  months.map((name, month) => [(name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2), month])
)

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
  if (isUsual(text)) {
    const offsetMinutes = (text.charCodeAt(26) === minus ? -1 : 1) * (two(text, 27) * 60 + two(text, 29))
    const year = two(text, 12) * 100 + two(text, 14)
    const clock = clockOf(two(text, 17), two(text, 20), two(text, 23))
    return two(text, 29) > 59 ? undefined : millisOf(year, monthAt(text, 8), two(text, 5), clock, offsetMinutes)
  }
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
  if (Number(zoneMinutes) > 59) return undefined
  const offsetMinutes =
    sign === undefined
      ? (zones.get((zoneName ?? "").toLowerCase()) ?? 0) * 60 + Number(zoneShift ?? 0) * 60
      : (sign === "-" ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes))
  const clock = clockOf(Number(hour), Number(minute), Number(second))
  return millisOf(fullYear(yearDigits), monthAt(monthName, 0), Number(day), clock, offsetMinutes)
}

/** Seconds since midnight; nothing where no clock shows that. */
const clockOf = (hour: number, minute: number, second: number): number | undefined =>
  hour > 23 || minute > 59 || second > 60 ? undefined : (hour * 60 + minute) * 60 + second

const millisOf = (
  year: number,
  month: number,
  day: number,
  clock: number | undefined,
  offsetMinutes: number
): number | undefined =>
  month < 0 || clock === undefined || day < 1 || day > daysIn(year, month)
    ? undefined
    : Date.UTC(year, month, day) + (clock - offsetMinutes * 60) * 1000

const minus = 45
/** The form of `format`, which nearly every article has: `x` for a letter, `0` for a digit, `+` for a sign. */
const usual = "xxx, 00 xxx 0000 00:00:00 +0000"

/** Whether a text has the usual form, in which each part has its place. */
const isUsual = (text: string): boolean => {
  if (text.length !== usual.length) return false
  for (let at = 0; at < usual.length; at += 1) {
    const code = text.charCodeAt(at)
    switch (usual.charCodeAt(at)) {
      case 0x78:
        if ((code | 32) < 97 || (code | 32) > 122) return false
        break
      case 0x30:
        if (code < 48 || code > 57) return false
        break
      case 0x2b:
        if (code !== 43 && code !== minus) return false
        break
      default:
        if (code !== usual.charCodeAt(at)) return false
    }
  }
  return true
}

/** Two digits as a number. */
const two = (text: string, at: number): number => (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48

/** Which month three letters name, in any case; -1 where none. */
const monthAt = (text: string, at: number): number =>
  monthOf.get(
    ((text.charCodeAt(at) | 32) << 16) | ((text.charCodeAt(at + 1) | 32) << 8) | text.charCodeAt(at + 2) | 32
  ) ?? -1

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
