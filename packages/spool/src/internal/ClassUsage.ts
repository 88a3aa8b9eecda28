/**
 * What the articles held take in each storage class.
 */
import type { Usage } from "../Spool.ts"

export class ClassUsage {
  readonly #usage = new Map<string, { articles: number; bytes: number }>()

  /** Takes up what `entries` gave. */
  constructor(entries: Iterable<Usage> = []) {
    for (const { articles, bytes, class: name } of entries) this.#usage.set(name, { articles, bytes })
  }

  add(name: string, articles: number, bytes: number): void {
    const known = this.#usage.get(name)
    if (known === undefined) this.#usage.set(name, { articles, bytes })
    else {
      known.articles += articles
      known.bytes += bytes
    }
  }

  entries(): ReadonlyArray<Usage> {
    return [...this.#usage].map(([name, usage]) => ({ class: name, ...usage }))
  }

  /** Those that have some. */
  all(): ReadonlyArray<Usage> {
    return this.entries().filter(({ articles }) => articles > 0)
  }
}
