/**
 * What history says of the ids in some groups, kept as a tree by which two sites find out what one of them lacks.
 *
 * A fold over the changes of a spool. Live is what was filed and not taken back, also where it has expired: the set is
 * history, not holdings. Removed is what was cancelled or superseded. A digest that a better one has superseded is no
 * member, also where a damaged log does not tell of it: the better one says as much. Seconds are those of Injection-Date, which the ids of clients hold.
 */
import type * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as Sha256 from "@lupin/core/Sha256"
import * as Tree from "@lupin/core/ReconciliationTree"
import * as Wildmat from "@lupin/core/Wildmat"
import { Clock, Effect } from "effect"
import { Outranked, type Ranked } from "./Outranked.ts"
import type { Change, Spool, SpoolUnavailable } from "./Spool.ts"

type Store = Spool["Service"]

/** Ids of one tree: about 75 octets of memory each. History begins later where there are more. */
export const itemsMax = 4_000_000
/** Ids that were removed before they came, so that their second is not known; the oldest is forgotten first. */
export const undatedMax = 100_000
/** Changes taken in at a time. */
const pageMax = 500

const hourSeconds = 3_600

interface Undated {
  readonly hash: Uint8Array
  readonly mark: Tree.Mark
  readonly position: number
}

export class HistoryTree {
  readonly wildmat: Wildmat.Wildmat
  readonly tree = new Tree.ReconciliationTree()
  /** The changes up to here are in. */
  position = 0
  /** The second at which the tree begins: whole hours. */
  floor = 0
  readonly #itemsMax: number
  /** By the first 16 octets of the hash. */
  readonly #undated = new Map<string, Undated>()
  readonly #outranked = new Outranked<Ranked & { readonly key: Uint8Array }>()

  constructor(wildmat: Wildmat.Wildmat, max = itemsMax) {
    this.wildmat = wildmat
    this.#itemsMax = max
  }

  take(change: Change): void {
    const hash = Sha256.hashText(change.id)
    const { position } = change
    const second = secondOf(change)
    if (change._tag === "Filed") {
      if (second === undefined || !this.#wants(change.newsgroups ?? change.groups)) return
      this.#set(second, hash, "live", position)
      const { id, slot } = change
      const lower = slot && this.#outranked.take(slot.key, { id, rank: slot.rank, key: Tree.key(second, hash) })
      if (lower !== undefined) this.tree.delete(lower.key)
      return
    }
    const mark = change.why === "expired" ? "expired" : "removed"
    const isOutranked = change.why === "superseded" && MessageId.kindOf(change.id) === "digest"
    if (second === undefined) {
      if (!isOutranked && this.#wants(change.groups, true)) this.#remember({ hash, mark, position })
      return
    }
    const key = Tree.key(second, hash)
    if (isOutranked) return this.tree.delete(key)
    const isMember = this.tree.get(key) !== undefined || this.#wants(change.groups, true)
    if (isMember) this.#set(second, hash, mark, position)
  }

  /** Another site knows the second of an id that was removed here; says whether it is one of those without. */
  date(second: number, hash: Uint8Array): boolean {
    const name = nameOf(hash)
    const undated = this.#undated.get(name)
    if (undated === undefined) return false
    this.#undated.delete(name)
    this.#set(second, undated.hash, undated.mark, undated.position)
    return true
  }

  /** What is removed here and not in the tree, since nothing but a hash is left of it, is in if the other site says so too. */
  agree(second: number, hash: Uint8Array, mark: Tree.Mark): void {
    if (this.date(second, hash) || mark !== "removed") return
    if (this.tree.get(Tree.key(second, hash)) === undefined) this.#set(second, hash, "removed", 0)
  }

  /** Lets go of what is older than history, or too much. */
  trim(nowMillis: number): void {
    const oldest = Math.floor((nowMillis - Limits.historyMillis) / 1000)
    const surplus = this.tree.at(this.tree.size - this.#itemsMax)
    const newest = surplus === undefined || this.tree.size <= this.#itemsMax ? 0 : Tree.secondOf(surplus.key)
    const floor = Math.max(0, Math.ceil(Math.max(oldest, newest) / hourSeconds) * hourSeconds)
    if (floor <= this.floor) return
    this.floor = floor
    this.tree.dropBefore(Tree.key(floor))
    this.#outranked.drop(({ key }) => Tree.secondOf(key) < floor)
  }

  #set(second: number, hash: Uint8Array, mark: Tree.Mark, position: number): void {
    if (second >= this.floor && second < 2 ** 32) this.tree.set(Tree.key(second, hash), mark, position)
  }

  #remember(undated: Undated): void {
    const [oldest] = this.#undated.keys()
    if (this.#undated.size >= undatedMax && oldest !== undefined) this.#undated.delete(oldest)
    this.#undated.set(nameOf(undated.hash), undated)
  }

  /** What was cancelled before it came has no groups, and might be of any. */
  #wants(groups: ReadonlyArray<GroupName.GroupName>, isRemoval = false): boolean {
    if (isRemoval && groups.length === 0) return true
    const senses = groups.map((group) => Wildmat.matchesFeed(this.wildmat, group))
    return senses.includes("wanted") && !senses.includes("poisoned")
  }
}

/** The second of Injection-Date: in the ids of clients, else as the log tells it. */
const secondOf = ({ id, injectedMillis }: Change): number | undefined => {
  const millis = MessageId.kindOf(id) === "client" ? MessageId.mintedMillis(id) : injectedMillis
  return millis === undefined ? undefined : Math.floor(millis / 1000)
}

const nameOf = (hash: Uint8Array): string => String.fromCharCode(...hash.subarray(0, 16))

/** Takes in all that has happened in the spool, a page at a time. One fiber at a time. */
export const follow = Effect.fnUntraced(function* (
  spool: Store,
  history: HistoryTree
): Effect.fn.Return<void, SpoolUnavailable> {
  for (;;) {
    const page = yield* spool.changes(history.position, pageMax)
    for (const change of page.changes) history.take(change)
    const isStill = page.next <= history.position
    history.position = Math.max(history.position, page.next)
    history.trim(yield* Clock.currentTimeMillis)
    if (isStill || page.next >= page.head) return
    // Others get their turn between two pages.
    yield* Effect.yieldNow
  }
})

/** An id of the log, with the groups it was filed in. */
export interface Named {
  readonly id: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
}

/** The ids behind positions of the log; those that the log no longer names are left out. */
export const idsAt = Effect.fnUntraced(function* (
  spool: Store,
  positions: ReadonlyArray<number>
): Effect.fn.Return<ReadonlyMap<number, Named>, SpoolUnavailable> {
  const wanted = [...new Set(positions)].toSorted((left, right) => left - right)
  const found = new Map<number, Named>()
  for (let at = 0; at < wanted.length;) {
    const first = wanted[at] as number
    const isRun = (wanted[at + 1] ?? Infinity) < first + pageMax
    const page = yield* spool.changes(first - 1, isRun ? pageMax : 1)
    for (const { groups, id, position } of page.changes) found.set(position, { id, groups })
    at += 1
    while (at < wanted.length && (wanted[at] as number) <= page.next) at += 1
    yield* Effect.yieldNow
  }
  return found
})
