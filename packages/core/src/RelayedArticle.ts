/**
 * An article with what a relaying site puts in front of its Path (RFC 5537 §3.6), the octets of which are put together where they
 * are wanted: most are wanted once, in the log.
 */
import type { Article } from "./Article.ts"
import * as ArticleScan from "./ArticleScan.ts"
import type * as GroupName from "./GroupName.ts"
import type * as MessageId from "./MessageId.ts"
import * as Octets from "./Octets.ts"

/** So many are copied one by one. */
const fewOctets = 64

/** An article that has been looked at. */
export type Scanned = Article & { readonly scan: ArticleScan.ArticleScan }

export class RelayedArticle implements Article {
  readonly bodyStart: number
  readonly messageId: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
  readonly path: string
  readonly injectedMillis: number
  readonly scan: ArticleScan.ArticleScan
  readonly expiresMillis?: number
  readonly bytes: number
  /** Those that came, which do not change before the article is stored; once they are put together, all of them. */
  #octets: Uint8Array
  readonly #prefix: Uint8Array
  readonly #prefixAt: number

  /** `prefix`: in letters and in octets, which are ASCII. `prefixAt`: where the content of the Path begins. */
  constructor(article: Scanned, prefix: string, octets: Uint8Array, prefixAt: number) {
    const { length } = octets
    this.bodyStart = article.bodyStart + length
    this.messageId = article.messageId
    this.groups = article.groups
    this.path = prefix + article.path
    this.injectedMillis = article.injectedMillis
    this.scan = ArticleScan.withPrefix(article.scan, prefixAt, length)
    if (article.expiresMillis !== undefined) this.expiresMillis = article.expiresMillis
    this.bytes = article.octets.length + length
    this.#octets = article.octets
    this.#prefix = octets
    this.#prefixAt = prefixAt
  }

  get octets(): Uint8Array {
    if (this.#octets.length < this.bytes) {
      const whole = Octets.take(this.bytes)
      this.put(whole, 0)
      this.#octets = whole
    }
    return this.#octets
  }

  /** Puts all octets at a place among others. */
  put(target: Uint8Array, at: number): void {
    if (this.#octets.length === this.bytes) return target.set(this.#octets, at)
    const prefix = this.#prefix
    const { length } = prefix
    const prefixAt = this.#prefixAt
    // All of it moves up by the prefix, then what stands before the prefix goes back: a view on a part costs more than that.
    target.set(this.#octets, at + length)
    if (prefixAt > fewOctets) target.copyWithin(at, at + length, at + length + prefixAt)
    else for (let turn = 0; turn < prefixAt; turn += 1) target[at + turn] = target[at + length + turn] as number
    target.set(prefix, at + prefixAt)
  }
}
