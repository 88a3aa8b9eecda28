/**
 * Overview lines as readers get them, end to end: pages of a hundred or so article numbers of a group, kept in memory.
 *
 * Made from the log when a range is asked for, and dropped least used first; what is filed into a group is added to the
 * page it belongs to, what is removed takes its page along. Losing a page loses nothing.
 */
import { Buffer } from "node:buffer"

/** Article numbers that a page spans. */
export const pageNumbers = 128
/** All pages together, in octets. */
export const bytesMaxDefault = 32 * 1024 * 1024

const numbersMax = 2 ** 31
const lineBytesMin = 256

/** Lines of ascending numbers, the ends of each line after its CRLF. What lies before an end never changes. */
export interface Page {
  readonly numbers: Array<number>
  readonly ends: Array<number>
  octets: Buffer
}

/** The first number of the page that holds a number. */
export const pageStart = (number: number): number => number - (number % pageNumbers)

/** Lines from one number to another, at most so many of them. */
export const slice = (
  { ends, numbers, octets }: Page,
  low: number,
  high: number,
  limit: number
): { readonly rows: number; readonly last: number; readonly octets: Uint8Array } => {
  let first = 0
  while (first < numbers.length && (numbers[first] ?? 0) < low) first += 1
  let next = first
  while (next < numbers.length && (numbers[next] ?? 0) <= high && next - first < limit) next += 1
  const start = first === 0 ? 0 : (ends[first - 1] ?? 0)
  const end = next === first ? start : (ends[next - 1] ?? 0)
  return { rows: next - first, last: numbers[next - 1] ?? 0, octets: octets.subarray(start, end) }
}

export class OverviewPages {
  readonly #bytesMax: number
  // A Map keeps the order of insertion: whoever was used last stands last.
  readonly #pages = new Map<number, Page>()
  #bytes = 0

  constructor(bytesMax = bytesMaxDefault) {
    this.#bytesMax = bytesMax
  }

  get isEmpty(): boolean {
    return this.#pages.size === 0
  }

  /** Octets held by all pages. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether the page of a number was made. */
  has(group: number, number: number): boolean {
    return this.#pages.has(keyOf(group, number))
  }

  /** The page that holds a number of a group, if it was made. */
  get(group: number, number: number): Page | undefined {
    const key = keyOf(group, number)
    const page = this.#pages.get(key)
    if (page === undefined) return undefined
    this.#pages.delete(key)
    this.#pages.set(key, page)
    return page
  }

  /** Makes the page of a number out of all lines that it holds now, in order. A line lacks its number in front, and has a character for each octet. */
  make(group: number, number: number, lines: Iterable<readonly [number: number, line: string]>): Page {
    const page: Page = { numbers: [], ends: [], octets: Buffer.alloc(0) }
    for (const [of, line] of lines) append(page, of, line)
    this.#pages.set(keyOf(group, number), page)
    this.#bytes += page.octets.length
    this.#evict()
    return page
  }

  /** Adds the line of a number above all that the group had. */
  filed(group: number, number: number, line: string): void {
    const page = this.#pages.get(keyOf(group, number))
    if (page === undefined) return
    const before = page.octets.length
    append(page, number, line)
    this.#bytes += page.octets.length - before
    this.#evict()
  }

  /** The group holds that number no longer. */
  removed(group: number, number: number): void {
    this.#drop(keyOf(group, number))
  }

  #evict(): void {
    for (const key of this.#pages.keys()) {
      if (this.#bytes <= this.#bytesMax) return
      this.#drop(key)
    }
  }

  #drop(key: number): void {
    const page = this.#pages.get(key)
    if (page === undefined) return
    this.#pages.delete(key)
    this.#bytes -= page.octets.length
  }
}

const keyOf = (group: number, number: number): number =>
  group * (numbersMax / pageNumbers) + Math.floor(number / pageNumbers)

const append = (page: Page, number: number, line: string): void => {
  const start = page.ends.at(-1) ?? 0
  const text = `${number}${line}\r\n`
  const end = start + text.length
  if (end > page.octets.length) {
    const grown = Buffer.allocUnsafeSlow(Math.max(end, page.octets.length * 2, lineBytesMin))
    page.octets.copy(grown, 0, 0, start)
    page.octets = grown
  }
  page.octets.write(text, start, "latin1")
  page.numbers.push(number)
  page.ends.push(end)
}
