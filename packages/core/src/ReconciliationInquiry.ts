/**
 * The asking side of a reconciliation: what to ask next, and what the answers say of both sets.
 *
 * Octets of the other side are not trusted: an answer that does not fit its question ends the inquiry with a reason, and
 * rounds, frames and findings have bounds. Frames may be sent ahead of the answers; answers come in their order.
 */
import type * as Reconciliation from "./Reconciliation.ts"
import * as Rules from "./Reconciliation.ts"
import * as Frame from "./ReconciliationFrame.ts"
import * as Tree from "./ReconciliationTree.ts"
import * as Sha256 from "./Sha256.ts"

/** Rounds of questions that follow from one another. A million ids take five. */
export const roundsMax = 64
/** Frames of one inquiry: 1.3 GB, if all are full. */
export const framesMax = 20_000
/** Ids found of each kind, after which an inquiry ends before it is complete. */
export const foundMax = 100_000
/** Questions that wait to be sent. */
export const pendingMax = 100_000

/** An id on which the two sides do not agree. */
export interface Unlike {
  readonly item: Tree.Item
  /** Removed there and not here; otherwise it is the other way round. */
  readonly isRemovedThere: boolean
}

/** What was found so far. Lists are cut at `foundMax`, counts are not. */
export interface Found {
  /** In ascending order within one answer. */
  readonly there: Array<Reconciliation.Told>
  readonly here: Array<Tree.Item>
  hereCount: number
  readonly unlike: Array<Unlike>
}

interface Asked {
  readonly question: Reconciliation.Question
  readonly level: number
  /** Of a list: its items. */
  readonly items?: ReadonlyArray<Tree.Item>
}

export class Inquiry {
  readonly found: Found = { there: [], here: [], hereCount: 0, unlike: [] }
  /** Of the deepest question so far. */
  rounds = 0
  frames = 0
  /** What was wrong with the answers. */
  trouble: string | undefined
  /** Ended before it was complete, since so much differs. */
  isFull = false
  readonly #tree: Tree.ReconciliationTree
  readonly #window: Reconciliation.Window
  readonly #bytesMax: number
  #pending: Array<Asked>
  /** Follows from the answers that are being taken. */
  #next: Array<Asked> = []
  readonly #sent: Array<ReadonlyArray<Asked>> = []

  /** `frameBytesMax`: of what is asked; at least `frameBytesMin`. The tree may change while the inquiry goes on. */
  constructor(tree: Tree.ReconciliationTree, window: Reconciliation.Window, frameBytesMax = Rules.frameBytesMax) {
    this.#tree = tree
    this.#window = window
    this.#bytesMax = Math.max(Rules.frameBytesMin, frameBytesMax)
    const range = Rules.rangeOf(window)
    this.#pending = [{ question: Rules.compareOf(tree, range), level: 1 }]
  }

  /** Every question was answered. */
  get isComplete(): boolean {
    return this.trouble === undefined && !this.isFull && this.#pending.length === 0 && this.#sent.length === 0
  }

  /** Nothing was found. */
  get isEqual(): boolean {
    const { hereCount, there, unlike } = this.found
    return this.isComplete && hereCount === 0 && there.length === 0 && unlike.length === 0
  }

  /** The next frame to send; nothing while answers are awaited, or at the end. */
  ask(): Uint8Array | undefined {
    this.isFull ||= this.frames === framesMax || this.#pending.length > pendingMax
    this.isFull ||= Math.max(this.found.there.length, this.found.unlike.length) >= foundMax
    if (this.trouble !== undefined || this.isFull || this.#pending.length === 0) return undefined
    const questions = this.#pending.map(({ question }) => question)
    const { count, frame } = Frame.encodeQuestions({ isWanting: false, questions }, this.#window, this.#bytesMax)
    const asked = this.#pending.splice(0, count)
    this.#sent.push(asked)
    this.frames += 1
    this.rounds = asked.reduce((rounds, { level }) => Math.max(rounds, level), this.rounds)
    return frame
  }

  /** Takes the answers to the first frame that was sent and not answered. */
  take(frame: Uint8Array): void {
    const asked = this.#sent.shift() ?? []
    const answers = Frame.decodeAnswers(frame, this.#window)
    if (answers === undefined) return this.#fail("what came is no frame of answers")
    if (answers.length === 0 && asked.length > 0) return this.#fail("a frame answered nothing")
    if (answers.length > asked.length) return this.#fail("more answers than questions")
    for (const [at, answer] of answers.entries()) {
      const reason = this.#settle(asked[at] as Asked, answer)
      if (reason !== undefined) return this.#fail(reason)
    }
    // What follows from an answer comes first: so the pending questions stay few, however much differs.
    this.#pending = [...this.#next, ...asked.slice(answers.length), ...this.#pending]
    this.#next = []
  }

  #fail(reason: string): void {
    this.trouble ??= reason
  }

  #settle(asked: Asked, answer: Reconciliation.Answer): string | undefined {
    const { question } = asked
    switch (answer._tag) {
      case "Equal":
        return question._tag === "Compare" ? undefined : "a list is not answered by a comparison"
      case "ListWanted":
        return this.#list(question, asked.level + 1)
      case "Split":
        return this.#descend(asked, answer.parts)
      case "Inventory":
        return this.#inventory(asked, answer)
      case "Difference":
        return this.#difference(asked, answer)
    }
  }

  /** Asks about a range by the list of what is in it. */
  #list({ lower, upper }: Reconciliation.Question, level: number): string | undefined {
    if (level > roundsMax) return "too many rounds"
    const items = this.#tree.items(lower, upper, Rules.listMax + 1)
    if (items.length > Rules.listMax) {
      return this.#compare({ lower, upper }, level)
    }
    const listed = items.map(({ key, mark }) => ({
      key: key.subarray(0, Rules.listedBytes),
      isRemoved: mark === "removed"
    }))
    this.#next.push({ question: { _tag: "List", lower, upper, items: listed }, level, items })
    return undefined
  }

  #compare(range: Pick<Reconciliation.Question, "lower" | "upper">, level: number): string | undefined {
    if (level > roundsMax) return "too many rounds"
    this.#next.push({ question: Rules.compareOf(this.#tree, range), level })
    return undefined
  }

  #descend({ level, question }: Asked, parts: ReadonlyArray<Reconciliation.Part>): string | undefined {
    let { lower } = question
    const last = parts.at(-1)
    if (last === undefined || Tree.compare(last.upper, question.upper) !== 0) return "a range is split into other ones"
    for (const { count, fingerprint, upper } of parts) {
      if (Tree.compare(lower, upper) >= 0) return "parts of a range are out of order"
      const reason = this.#part({ lower, upper }, count, fingerprint, level + 1)
      if (reason !== undefined) return reason
      lower = upper
    }
    return undefined
  }

  #part(
    range: Pick<Reconciliation.Question, "lower" | "upper">,
    count: number,
    fingerprint: Uint8Array,
    level: number
  ): string | undefined {
    const own = Rules.compareOf(this.#tree, range)
    if (own._tag !== "Compare" || Rules.isEqual(own.fingerprint, fingerprint)) return undefined
    if (count === 0) return this.#lackAll(range.lower, range.upper)
    if (own.count <= Rules.listMax) return this.#list(own, level)
    // So few are there that they are told at once.
    if (count <= Rules.listMax) return this.#compare(range, level)
    let { lower } = range
    for (const { upper } of Rules.split(this.#tree, range, own.count)) {
      const reason = this.#compare({ lower, upper }, level)
      if (reason !== undefined) return reason
      lower = upper
    }
    return undefined
  }

  #inventory({ level, question }: Asked, { items, reached }: Reconciliation.Answer & { _tag: "Inventory" }) {
    const end = reached ?? question.upper
    const keys = keysOf(items, question.lower, end)
    if (keys === undefined) return "what is told lies outside of its range"
    const told = new Map(keys.map((key, at) => [Rules.nameOf(key), items[at]]))
    const own = this.#tree.items(question.lower, end, foundMax)
    const surplus = this.#tree.measure(question.lower, end).count - own.length
    this.found.hereCount += surplus
    for (const item of own) {
      const name = Rules.nameOf(item.key)
      const other = told.get(name)
      if (other === undefined) this.#lack(item)
      else if ((other.mark === "removed") !== (item.mark === "removed")) this.#disagree(item)
      told.delete(name)
    }
    for (const item of told.values()) if (item !== undefined) this.#learn(item)
    return this.#goOn(question, level, reached)
  }

  #difference({ items: own, level, question }: Asked, answer: Reconciliation.Answer & { _tag: "Difference" }) {
    if (own === undefined) return "a comparison is not answered by a difference"
    const { items, missing, reached, unlike } = answer
    if (keysOf(items, question.lower, reached ?? question.upper) === undefined) {
      return "what is told lies outside of its range"
    }
    for (const place of missing) {
      const item = own[place]
      if (item === undefined) return "no such place in the list"
      this.#lack(item)
    }
    for (const place of unlike) {
      const item = own[place]
      if (item === undefined) return "no such place in the list"
      this.#disagree(item)
    }
    for (const item of items) this.#learn(item)
    return this.#goOn(question, level, reached)
  }

  /** What an answer did not reach is asked again. */
  #goOn(question: Reconciliation.Question, level: number, reached: Uint8Array | undefined): string | undefined {
    if (reached === undefined) return undefined
    if (Tree.compare(reached, question.lower) <= 0 || Tree.compare(reached, question.upper) >= 0) {
      return "an answer reached out of its range"
    }
    const rest = { ...question, lower: reached }
    return question._tag === "List" ? this.#list(rest, level) : this.#compare(rest, level)
  }

  #lackAll(lower: Uint8Array, upper: Uint8Array): undefined {
    const own = this.#tree.items(lower, upper, foundMax - this.found.here.length)
    this.found.hereCount += this.#tree.measure(lower, upper).count - own.length
    for (const item of own) this.#lack(item)
  }

  #lack(item: Tree.Item): void {
    this.found.hereCount += 1
    if (this.found.here.length < foundMax) this.found.here.push(item)
  }

  #disagree(item: Tree.Item): void {
    this.found.unlike.push({ item, isRemovedThere: item.mark !== "removed" })
  }

  #learn(told: Reconciliation.Told): void {
    this.found.there.push(told)
  }
}

/** The keys of what is told; nothing where they are not in their order, or outside of the range. */
const keysOf = (
  items: ReadonlyArray<Reconciliation.Told>,
  lower: Uint8Array,
  upper: Uint8Array
): ReadonlyArray<Uint8Array> | undefined => {
  const keys = items.map(({ id, second }) => Tree.key(second, Sha256.hashText(id)))
  const isInOrder = keys.every((key, at) => at === 0 || Tree.compare(keys[at - 1] as Uint8Array, key) < 0)
  const [first] = keys
  const last = keys.at(-1)
  if (first === undefined || last === undefined) return keys
  return isInOrder && Tree.compare(first, lower) >= 0 && Tree.compare(last, upper) < 0 ? keys : undefined
}
