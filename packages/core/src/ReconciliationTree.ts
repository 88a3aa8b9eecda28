/**
 * What a site knows of ids in the order of time, so that any range of a million is counted and summed in microseconds.
 *
 * A B+ tree whose nodes carry the count and the sum of what lies below: a range costs two ways down, a change one.
 * Items are ordered by the second of Injection-Date, then by the SHA-256 of Message-ID; that is their key, 36 octets.
 */
import * as Sum256 from "./Sum256.ts"

/** What history says of an id. `expired` is known, and not removed, but no more to be had here: it weighs as `live`. */
export type Mark = "live" | "removed" | "expired"

export const marks = ["live", "removed", "expired"] as const

export interface Item {
  /** Second of Injection-Date and SHA-256 of Message-ID. */
  readonly key: Uint8Array
  readonly mark: Mark
  /** What the caller finds the id by; below 2^48. */
  readonly ref: number
}

/** Count and sum of a range. */
export interface Measure {
  readonly count: number
  readonly sum: Sum256.Sum256
}

/** Octets of a whole key. A bound may be shorter, and then means the lowest key that begins so. */
export const keyBytes = 36
const secondBytes = 4
const markAt = keyBytes
const refAt = markAt + 1
const itemBytes = refAt + 6

/** Items of one leaf, and nodes of one branch, at most. */
const leafMax = 128
const branchMax = 32

interface Leaf {
  readonly _tag: "Leaf"
  count: number
  readonly sum: Sum256.Sum256
  readonly octets: Uint8Array
}
interface Branch {
  readonly _tag: "Branch"
  count: number
  readonly sum: Sum256.Sum256
  /** No key below a child is lower than its own; the first is not looked at. */
  readonly keys: Array<Uint8Array>
  readonly children: Array<Node>
}
type Node = Leaf | Branch

/** The key of an id, or the bound where a second begins. `hash` is SHA-256, or the first octets of one. */
export const key = (second: number, hash: Uint8Array = nothing): Uint8Array => {
  const octets = new Uint8Array(secondBytes + hash.length)
  new DataView(octets.buffer).setUint32(0, second)
  octets.set(hash, secondBytes)
  return octets
}

const nothing = new Uint8Array(0)

export const secondOf = (of: Uint8Array): number => new DataView(of.buffer, of.byteOffset, secondBytes).getUint32(0)

export const hashOf = (of: Uint8Array): Uint8Array => of.subarray(secondBytes)

/** Orders keys and bounds; octets that a bound does not have count as zero. */
export const compare = (left: Uint8Array, right: Uint8Array): number => compareAt(left, 0, left.length, right)

const compareAt = (octets: Uint8Array, at: number, length: number, right: Uint8Array): number => {
  const end = Math.max(length, right.length)
  for (let i = 0; i < end; i++) {
    const difference = (i < length ? (octets[at + i] as number) : 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

const newLeaf = (): Leaf => ({
  _tag: "Leaf",
  count: 0,
  sum: Sum256.zero(),
  octets: new Uint8Array(leafMax * itemBytes)
})

const newBranch = (): Branch => ({ _tag: "Branch", count: 0, sum: Sum256.zero(), keys: [], children: [] })

export class ReconciliationTree {
  #root: Node = newLeaf()

  get size(): number {
    return this.#root.count
  }

  /** Adds an item, or gives one that is there another mark and ref. */
  set(of: Uint8Array, mark: Mark, ref: number): void {
    const delta = Sum256.zero()
    const before = this.get(of)
    if (before !== undefined) weigh(delta, of, 0, marks.indexOf(before.mark), -1)
    weigh(delta, of, 0, marks.indexOf(mark), 1)
    const split = put(this.#root, { key: of, mark: marks.indexOf(mark), ref, delta, isNew: before === undefined })
    if (split === undefined) return
    const root = newBranch()
    adopt(root, nothing, this.#root)
    adopt(root, split.key, split.node)
    this.#root = root
  }

  get(of: Uint8Array): Item | undefined {
    let node = this.#root
    while (node._tag === "Branch") node = node.children[childAt(node, of)] as Node
    const at = lowerBound(node, of)
    if (at === node.count || compareAt(node.octets, at * itemBytes, keyBytes, of) !== 0) return undefined
    return itemAt(node, at)
  }

  /** Takes an item out, if it is there. */
  delete(of: Uint8Array): void {
    const item = this.get(of)
    if (item === undefined) return
    const delta = Sum256.zero()
    weigh(delta, of, 0, marks.indexOf(item.mark), -1)
    take(this.#root, of, delta)
    this.#shrink()
  }

  /** Takes out all below a bound; `onDrop` is told the key of each, valid during the call. */
  dropBefore(bound: Uint8Array, onDrop: (of: Uint8Array) => void = () => {}): void {
    prune(this.#root, bound, onDrop)
    this.#shrink()
  }

  /** Count and sum of what is from `lower` on and below `upper`. */
  measure(lower: Uint8Array, upper: Uint8Array): Measure {
    const sum = Sum256.zero()
    const above = sumBefore(this.#root, upper, sum, 1)
    const below = sumBefore(this.#root, lower, sum, -1)
    return { count: above - below, sum: Sum256.settle(sum) }
  }

  /** How many items are below a bound. */
  rank(bound: Uint8Array): number {
    return sumBefore(this.#root, bound, undefined, 1)
  }

  /** The item that has so many below it. */
  at(rank: number): Item | undefined {
    let node = this.#root
    let left = rank
    if (rank < 0 || rank >= node.count) return undefined
    while (node._tag === "Branch") {
      let child = 0
      while (left >= (node.children[child] as Node).count) left -= (node.children[child++] as Node).count
      node = node.children[child] as Node
    }
    return itemAt(node, left)
  }

  /** Items from `lower` on and below `upper`, ascending, at most `limit`. */
  items(lower: Uint8Array, upper: Uint8Array, limit: number): ReadonlyArray<Item> {
    const found: Array<Item> = []
    collect(this.#root, lower, upper, limit, found)
    return found
  }

  #shrink(): void {
    while (this.#root._tag === "Branch" && this.#root.children.length <= 1)
      this.#root = this.#root.children[0] ?? newLeaf()
  }
}

/** What is removed weighs by its hash read backwards, so that no sum of others makes up for the change. */
const weigh = (sum: Sum256.Sum256, octets: Uint8Array, at: number, mark: number, times: 1 | -1): void =>
  Sum256.addOctets(sum, octets, at + secondBytes, marks[mark] === "removed", times)

const itemAt = ({ octets }: Leaf, place: number): Item => {
  const at = place * itemBytes
  const view = new DataView(octets.buffer, at + refAt, 6)
  return {
    key: octets.slice(at, at + keyBytes),
    mark: marks[octets[at + markAt] as number] ?? "live",
    ref: view.getUint16(0) * 2 ** 32 + view.getUint32(2)
  }
}

/** The place of the first item that is not below the bound. */
const lowerBound = (leaf: Leaf, bound: Uint8Array): number => {
  let low = 0
  let high = leaf.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareAt(leaf.octets, middle * itemBytes, keyBytes, bound) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The child below which a key lies, or would lie. */
const childAt = ({ keys }: Branch, of: Uint8Array): number => {
  let low = 0
  let high = keys.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (compare(keys[middle] as Uint8Array, of) <= 0) low = middle
    else high = middle - 1
  }
  return low
}

interface Change {
  readonly key: Uint8Array
  readonly mark: number
  readonly ref: number
  readonly delta: Sum256.Sum256
  readonly isNew: boolean
}

interface Split {
  readonly key: Uint8Array
  readonly node: Node
}

const put = (node: Node, change: Change): Split | undefined => {
  Sum256.add(node.sum, change.delta, 1)
  Sum256.settle(node.sum)
  if (node._tag === "Leaf") return putInLeaf(node, change)
  if (change.isNew) node.count += 1
  const at = childAt(node, change.key)
  const split = put(node.children[at] as Node, change)
  if (split === undefined) return undefined
  node.keys.splice(at + 1, 0, split.key)
  node.children.splice(at + 1, 0, split.node)
  return node.children.length <= branchMax ? undefined : splitBranch(node)
}

const putInLeaf = (leaf: Leaf, { isNew, key: of, mark, ref }: Change): Split | undefined => {
  const place = lowerBound(leaf, of)
  const { octets } = leaf
  const at = place * itemBytes
  if (isNew) octets.copyWithin(at + itemBytes, at, leaf.count++ * itemBytes)
  octets.set(of, at)
  octets[at + markAt] = mark
  const view = new DataView(octets.buffer, at + refAt, 6)
  view.setUint16(0, Math.floor(ref / 2 ** 32))
  view.setUint32(2, ref % 2 ** 32)
  return leaf.count < leafMax ? undefined : splitLeaf(leaf)
}

/** Most items come in the order of time: what is full is left nearly full, and the newest begin another. */
const splitLeaf = (leaf: Leaf): Split => {
  const kept = Math.floor(leafMax * 0.9)
  const right = newLeaf()
  right.octets.set(leaf.octets.subarray(kept * itemBytes, leaf.count * itemBytes))
  right.count = leaf.count - kept
  for (let place = 0; place < right.count; place++) {
    const at = place * itemBytes
    weigh(right.sum, right.octets, at, right.octets[at + markAt] as number, 1)
  }
  Sum256.settle(right.sum)
  leaf.count = kept
  Sum256.add(leaf.sum, right.sum, -1)
  Sum256.settle(leaf.sum)
  return { key: right.octets.slice(0, keyBytes), node: right }
}

const splitBranch = (branch: Branch): Split => {
  const kept = Math.floor(branchMax * 0.75)
  const right = newBranch()
  const keys = branch.keys.splice(kept)
  for (const [at, child] of branch.children.splice(kept).entries()) {
    adopt(right, keys[at] as Uint8Array, child)
    branch.count -= child.count
    Sum256.add(branch.sum, child.sum, -1)
  }
  Sum256.settle(branch.sum)
  return { key: keys[0] as Uint8Array, node: right }
}

const adopt = (branch: Branch, of: Uint8Array, child: Node): void => {
  branch.keys.push(of)
  branch.children.push(child)
  branch.count += child.count
  Sum256.add(branch.sum, child.sum, 1)
  Sum256.settle(branch.sum)
}

/** The item is there; `delta` is what leaves the sums. */
const take = (node: Node, of: Uint8Array, delta: Sum256.Sum256): void => {
  Sum256.add(node.sum, delta, 1)
  Sum256.settle(node.sum)
  if (node._tag === "Leaf") {
    const at = lowerBound(node, of) * itemBytes
    node.octets.copyWithin(at, at + itemBytes, node.count-- * itemBytes)
    return
  }
  node.count -= 1
  const at = childAt(node, of)
  const child = node.children[at] as Node
  take(child, of, delta)
  if (child.count > 0) return
  node.keys.splice(at, 1)
  node.children.splice(at, 1)
}

const prune = (node: Node, bound: Uint8Array, onDrop: (of: Uint8Array) => void): void => {
  if (node._tag === "Leaf") {
    const dropped = lowerBound(node, bound)
    for (let place = 0; place < dropped; place++) {
      const at = place * itemBytes
      onDrop(node.octets.subarray(at, at + keyBytes))
      weigh(node.sum, node.octets, at, node.octets[at + markAt] as number, -1)
    }
    node.octets.copyWithin(0, dropped * itemBytes, node.count * itemBytes)
    node.count -= dropped
  } else {
    const last = childAt(node, bound)
    for (const child of node.children.slice(0, last + 1)) {
      node.count -= child.count
      Sum256.add(node.sum, child.sum, -1)
      prune(child, bound, onDrop)
      node.count += child.count
      Sum256.add(node.sum, child.sum, 1)
    }
    const empty = node.children.slice(0, last + 1).filter((child) => child.count === 0).length
    node.keys.splice(0, empty)
    node.children.splice(0, empty)
  }
  Sum256.settle(node.sum)
}

/** Adds the sum of what is below a bound, and gives its count. */
const sumBefore = (root: Node, bound: Uint8Array, sum: Sum256.Sum256 | undefined, times: 1 | -1): number => {
  let node = root
  let count = 0
  while (node._tag === "Branch") {
    const last = childAt(node, bound)
    for (let at = 0; at < last; at++) {
      const child = node.children[at] as Node
      count += child.count
      if (sum !== undefined) Sum256.add(sum, child.sum, times)
    }
    const next = node.children[last]
    if (next === undefined) return count
    node = next
  }
  const place = lowerBound(node, bound)
  if (sum !== undefined) addLeaf(node, place, sum, times)
  return count + place
}

/** Adds the first items of a leaf, or all of it less the last, whichever is shorter. */
const addLeaf = (leaf: Leaf, place: number, sum: Sum256.Sum256, times: 1 | -1): void => {
  const isWhole = place > leaf.count / 2
  if (isWhole) Sum256.add(sum, leaf.sum, times)
  const inverse = times === 1 ? -1 : 1
  for (let i = isWhole ? place : 0; i < (isWhole ? leaf.count : place); i++) {
    const at = i * itemBytes
    weigh(sum, leaf.octets, at, leaf.octets[at + markAt] as number, isWhole ? inverse : times)
  }
}

const collect = (node: Node, lower: Uint8Array, upper: Uint8Array, limit: number, found: Array<Item>): void => {
  if (node._tag === "Leaf") {
    const end = lowerBound(node, upper)
    for (let place = lowerBound(node, lower); place < end && found.length < limit; place++)
      found.push(itemAt(node, place))
    return
  }
  const last = childAt(node, upper)
  for (let at = childAt(node, lower); at <= last && found.length < limit; at++) {
    collect(node.children[at] as Node, lower, upper, limit, found)
  }
}
