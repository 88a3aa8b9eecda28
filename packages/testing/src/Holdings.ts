/**
 * What a site of a simulated fleet holds, kept up to date from its log, with a fingerprint by which sites are compared.
 */
import * as Fingerprint from "@lupin/core/Fingerprint"
import type * as MessageId from "@lupin/core/MessageId"
import { Outranked } from "@lupin/spool/Outranked"
import type * as Spool from "@lupin/spool/Spool"
import { Effect } from "effect"

/** Changes read at a time. */
const pageMax = 500

/** Weights of ids: each is worked out once for all sites. */
const weights = new Map<MessageId.MessageId, Fingerprint.Fingerprint>()
const weightsMax = 200_000

export class Holdings {
  readonly #ids = new Set<MessageId.MessageId>()
  readonly #expired: Set<MessageId.MessageId>
  readonly #outranked = new Outranked()
  #fingerprint = Fingerprint.empty
  #position = 0

  /** Of the same spool as `before`: what had expired by then has, though its log has rotted since and tells it no more. */
  constructor(before?: Holdings) {
    this.#expired = new Set(before?.expired)
  }

  /** Ids that are held. */
  get ids(): ReadonlySet<MessageId.MessageId> {
    return this.#ids
  }

  /** Ids of what has expired. */
  get expired(): ReadonlySet<MessageId.MessageId> {
    return this.#expired
  }

  /** Equal where the same ids are held: 16 octets as text. */
  get fingerprint(): string {
    return Fingerprint.text(this.#fingerprint)
  }

  /** The newest event of the log that was looked at. */
  get position(): number {
    return this.#position
  }

  /** Reads on in the log. A new generation wants new holdings. */
  readonly read = Effect.fnUntraced(function* (this: Holdings, spool: Spool.Spool["Service"]) {
    for (;;) {
      const { changes, head, next } = yield* spool.changes(this.#position, pageMax)
      for (const change of changes) {
        if (change._tag === "Filed") this.#file(change)
        else {
          this.#remove(change.id)
          if (change.why === "expired") this.#expired.add(change.id)
        }
      }
      this.#position = next
      if (next >= head) return
    }
  })

  #file({ id, slot }: Spool.Change & { readonly _tag: "Filed" }): void {
    this.#add(id)
    const lower = slot && this.#outranked.take(slot.key, { id, rank: slot.rank })
    if (lower !== undefined) this.#remove(lower.id)
  }

  #add(id: MessageId.MessageId): void {
    if (this.#ids.has(id)) return
    this.#ids.add(id)
    this.#fingerprint = Fingerprint.merge(this.#fingerprint, weightOf(id))
  }

  #remove(id: MessageId.MessageId): void {
    if (this.#ids.delete(id)) this.#fingerprint = Fingerprint.remove(this.#fingerprint, id)
  }
}

const weightOf = (id: MessageId.MessageId): Fingerprint.Fingerprint => {
  const known = weights.get(id)
  if (known !== undefined) return known
  if (weights.size >= weightsMax) weights.clear()
  const weight = Fingerprint.add(Fingerprint.empty, id)
  weights.set(id, weight)
  return weight
}
