/**
 * The total of one key: inputs of days that are open, and the parts of those that are sealed or about to be.
 *
 * Every input counts in one place only. As long as no day was due the total is the set of open inputs, and costs no more.
 */
import type * as Digestion from "@lupin/core/Digestion"
import * as Fingerprint from "@lupin/core/Fingerprint"
import type * as Fold from "@lupin/core/Fold"
import type * as MessageId from "@lupin/core/MessageId"
import * as Bucket from "./Bucket.ts"
import * as InputSet from "./InputSet.ts"
import type * as Lost from "./Lost.ts"
import * as Unlike from "./Unlike.ts"
import * as Part from "./Part.ts"

type AnyFold = Fold.Fold<Digestion.Input, unknown>

export class KeyTotal {
  readonly key: string
  readonly open: Bucket.Inputs
  /** The day of the last input, so that most inputs need no look at days. */
  lastDay = Number.NaN
  readonly #fold: AnyFold
  readonly #arrivals: InputSet.Arrivals = { taken: 0 }
  readonly #buckets = new Map<number, Bucket.Bucket>()
  /** What days come to that nothing changes any more. */
  #closed: Part.Part<unknown>
  readonly #closedDays = new Set<number>()
  /** Closed days and buckets together, as long as none has changed. */
  #days: Part.Part<unknown> | undefined
  #total: { readonly of: InputSet.Summary; readonly summary: InputSet.Summary } | undefined
  #nameless = Fingerprint.noneNameless

  constructor(key: string, fold: AnyFold) {
    this.key = key
    this.#fold = fold
    this.open = new InputSet.InputSet(fold, this.#arrivals)
    this.#closed = Part.empty(fold)
  }

  /** How many events were taken so far, in the order that `ordinalOf` counts. */
  get taken(): number {
    return this.#arrivals.taken
  }

  get buckets(): Iterable<Bucket.Bucket> {
    return this.#buckets.values()
  }

  /** Events that are gone, and so are their ids: they count as removed. */
  get nameless(): Fingerprint.Nameless {
    return this.#nameless
  }

  /** Takes what a digest says of nameless events; says whether that is more than was known. */
  addNameless(nameless: Fingerprint.Nameless): boolean {
    const more = nameless.count - this.#nameless.count
    if (more < 0 || (more === 0 && nameless.newestMillis <= this.#nameless.newestMillis)) return false
    this.#nameless = nameless
    this.#total = undefined
    return true
  }

  /** What a digest counts more is gone, whatever it was: as many nameless events are added as it takes to outrank it. */
  outrank(counted: Lost.Counted): void {
    this.addNameless(Unlike.namelessOver(this.summary, this.#nameless, counted))
  }

  get summary(): InputSet.Summary {
    if (this.#isYoung && this.#nameless.count === 0) return this.open.summary
    const of = this.open.summary
    if (this.#total?.of === of) return this.#total.summary
    const days = this.#daysPart
    const named = Fingerprint.merge(days.fingerprint, this.open.fingerprint)
    const summary = InputSet.summarize(
      days.events + of.events + this.#nameless.count,
      days.removals + of.removals + this.#nameless.count,
      Fingerprint.addNameless(named, this.#nameless)
    )
    this.#total = { of, summary }
    return summary
  }

  /** What all of it comes to that has a name. */
  get part(): Part.Part<unknown> {
    return this.#isYoung ? this.open.part : Part.merge(this.#fold, this.#daysPart, this.open.part)
  }

  ordinalOf(id: MessageId.MessageId): number | undefined {
    const ordinal = this.open.ordinalOf(id)
    if (ordinal !== undefined || this.#isYoung) return ordinal
    for (const { own } of this.#buckets.values()) {
      const found = own.ordinalOf(id)
      if (found !== undefined) return found
    }
    return undefined
  }

  bucket(day: number): Bucket.Bucket | undefined {
    return this.#buckets.get(day)
  }

  /** The bucket of a day, with what is open of it; `undefined` for a closed day. */
  ensure(day: number): Bucket.Bucket | undefined {
    const known = this.#buckets.get(day)
    if (known !== undefined || this.#closedDays.has(day)) return known
    const bucket = new Bucket.Bucket(day, new InputSet.InputSet(this.#fold, this.#arrivals))
    this.#buckets.set(day, bucket)
    this.touch()
    return bucket
  }

  /** Moves what is open of a day into its bucket. */
  collect(bucket: Bucket.Bucket, dayMillis: number): void {
    bucket.own = this.open.split(bucket.day, bucket.day + dayMillis)
    this.touch()
  }

  /** The part of a bucket has changed. */
  touch(): void {
    this.#days = undefined
    this.#total = undefined
  }

  /** Nothing changes a day any more: it needs no bucket. */
  close(bucket: Bucket.Bucket): void {
    if (!this.#buckets.delete(bucket.day)) return
    this.#closed = Part.merge(this.#fold, this.#closed, bucket.part)
    this.#closedDays.add(bucket.day)
  }

  get #daysPart(): Part.Part<unknown> {
    return (this.#days ??= [...this.#buckets.values()].reduce(
      (sum, { part }) => Part.merge(this.#fold, sum, part),
      this.#closed
    ))
  }

  get #isYoung(): boolean {
    return this.#buckets.size === 0 && this.#closedDays.size === 0
  }
}
