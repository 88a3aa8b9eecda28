/**
 * Which of the articles that a log tells of are outranked in their slots, whatever the log has lost of their removals.
 *
 * A digest that a better one outranks is superseded by the very record that files the one that came last. Where that record
 * is damaged, the log tells neither, and the better one comes again without a word of the other.
 */
import * as Admission from "@lupin/core/Admission"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Site from "@lupin/core/Site"

/** An article of a slot. */
export interface Ranked {
  readonly id: MessageId.MessageId
  readonly rank: string
}

export class Outranked<A extends Ranked> {
  readonly #highest = new Map<Site.Slot["key"], A>()

  /** Takes an article that was filed, once or again; gives the one that is outranked by now, be it this one. */
  take(key: Site.Slot["key"], one: A): A | undefined {
    const highest = this.#highest.get(key)
    if (highest?.id === one.id) return undefined
    const isHigher = highest === undefined || Admission.rankOrder(one, highest) > 0
    if (isHigher) this.#highest.set(key, one)
    return isHigher ? highest : one
  }

  /** Forgets slots whose highest article is of no interest any more. */
  drop(isMeant: (highest: A) => boolean): void {
    for (const [key, highest] of this.#highest) if (isMeant(highest)) this.#highest.delete(key)
  }
}
