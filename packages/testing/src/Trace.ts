/**
 * What has happened in a simulated world, in order, for people to read and for seeds to be compared.
 *
 * The last entries are kept; all of them, and every message on the network, go into one fingerprint.
 */
export interface Entry {
  readonly atMillis: number
  /** The site, or `world`. */
  readonly who: string
  /** One word: `fault`, `post`, `log`, `filed`, … */
  readonly what: string
  readonly text: string
}

/** Words that are put together when somebody reads them. */
export interface Words {
  /** Numbers in them, by which histories are told apart, and a text. */
  readonly numbers: ReadonlyArray<number>
  readonly about: string
  readonly text: () => string
}

/** Entries kept, where nothing else is said. */
export const entriesMaxDefault = 20_000

/** An entry whose text is put together when it is read. */
class Late implements Entry {
  readonly atMillis: number
  readonly who: string
  readonly what: string
  readonly #words: Words

  constructor(atMillis: number, who: string, what: string, words: Words) {
    this.atMillis = atMillis
    this.who = who
    this.what = what
    this.#words = words
  }

  get text(): string {
    return this.#words.text()
  }
}

export class Trace {
  readonly #startMillis: number
  readonly #entriesMax: number
  #entries: Array<Entry> = []
  #listeners: Array<(entry: Entry) => void> = []
  #hash = 0x811c9dc5
  #count = 0

  constructor(startMillis: number, entriesMax: number = entriesMaxDefault) {
    this.#startMillis = startMillis
    this.#entriesMax = entriesMax
  }

  add(atMillis: number, who: string, what: string, words: string | Words): void {
    const entry =
      typeof words === "string" ? { atMillis, who, what, text: words } : new Late(atMillis, who, what, words)
    this.#entries.push(entry)
    if (this.#entries.length > 2 * this.#entriesMax) this.#entries = this.#entries.slice(-this.#entriesMax)
    this.stir(atMillis)
    this.stirText(who)
    if (typeof words === "string") this.stirText(words)
    else {
      this.stirText(words.about)
      for (const number of words.numbers) this.stir(number)
    }
    for (const listener of this.#listeners) listener(entry)
  }

  /** Counts a number into the fingerprint without an entry of its own. */
  stir(number: number): void {
    this.#count += 1
    this.#hash = Math.imul(this.#hash ^ (number * 1024), 0x01000193)
    this.#hash ^= this.#hash >>> 15
  }

  stirText(text: string): void {
    for (let at = 0; at < text.length; at++) this.#hash = Math.imul(this.#hash ^ text.charCodeAt(at), 0x01000193)
  }

  /** Called with every entry from now on. */
  listen(listener: (entry: Entry) => void): void {
    this.#listeners.push(listener)
  }

  get entries(): ReadonlyArray<Entry> {
    return this.#entries.slice(-this.#entriesMax)
  }

  /** Equal for equal histories: how much has happened, and a hash of all of it. */
  get fingerprint(): string {
    return `${this.#count}-${(this.#hash >>> 0).toString(16).padStart(8, "0")}`
  }

  /** The last so many entries, a line each: seconds since the start, who, what, and the words. */
  text(linesMax: number = this.#entriesMax): string {
    return this.#entries
      .slice(-linesMax)
      .map(({ atMillis, text, what, who }) => {
        const seconds = ((atMillis - this.#startMillis) / 1000).toFixed(3)
        return `${seconds.padStart(10)}  ${who.padEnd(12)} ${what.padEnd(8)} ${text}`
      })
      .join("\n")
  }
}
