/**
 * Questions and answers of a reconciliation as octets: frames of at most 64 KiB.
 *
 * Numbers are base 128, the lowest seven bits first, an octet with its high bit set being followed by another. A bound is
 * the number of seconds since the window's beginning, an octet n, and the first n octets of a hash. A frame begins with
 * the version, 1.
 *
 * - Questions: an octet of flags (1: the asker found what the other side lacks, and would be asked in turn), then each
 *   question: an octet (0 Compare, 1 List; 2 more where it begins at its predecessor's end, the first at the window's),
 *   else a bound where it begins; the bound where it ends; then
 *   Compare: a number of ids, 16 octets of fingerprint;
 *   List: a number of ids, for each twice its second (since the window's beginning), one more if it is removed, and 16
 *   octets of its hash.
 * - Answers, in the order of the questions; those not answered are asked again:
 *   0 Equal; 1 ListWanted;
 *   2 Split: a number of parts, for each the bound where it ends, number of ids, 16 octets of fingerprint;
 *   3 Inventory: what is told; 4 Difference: what is told, then places missing and places unlike, as numbers behind their
 *   count. What is told: an octet, 1 if a bound follows up to which the answer holds; a number of ids, for each four times
 *   its second, and 0 live, 1 removed, 2 expired; an octet of heat, an octet of length, the Message-ID.
 *
 * Reading is total: octets that are no frame are told as `undefined`, and no count makes room for more than came.
 */
import type * as Reconciliation from "./Reconciliation.ts"
import * as Rules from "./Reconciliation.ts"
import * as Tree from "./ReconciliationTree.ts"

type Question = Reconciliation.Question
type Answer = Reconciliation.Answer
type Window = Reconciliation.Window

const version = 1
const kinds = ["Equal", "ListWanted", "Split", "Inventory", "Difference"] as const
const hashListedBytes = Rules.listedBytes - 4
/** A bound takes at most so many octets. */
const boundBytesMax = 6 + 1 + 32
/** What may follow the ids of one answer: the places in a list. */
const tailBytesMax = 2 * (1 + Rules.listMax) + boundBytesMax + 8

export interface Questions {
  readonly isWanting: boolean
  readonly questions: ReadonlyArray<Question>
}

/** As many questions, from the first, as fit into a frame; gives how many. */
export const encodeQuestions = (
  { isWanting, questions }: Questions,
  window: Window,
  bytesMax: number
): { readonly frame: Uint8Array; readonly count: number } => {
  const writer = new Writer()
  writer.octet(version)
  writer.octet(isWanting ? 1 : 0)
  let before = Rules.rangeOf(window).lower
  let count = 0
  for (const question of questions) {
    const start = writer.length
    writeQuestion(writer, question, before, window)
    if (writer.length > bytesMax) {
      writer.truncate(start)
      break
    }
    before = question.upper
    count += 1
  }
  return { frame: writer.take(), count }
}

const writeQuestion = (writer: Writer, question: Question, before: Uint8Array, window: Window): void => {
  const isNext = Tree.compare(question.lower, before) === 0
  writer.octet((question._tag === "List" ? 1 : 0) + (isNext ? 2 : 0))
  if (!isNext) writer.bound(question.lower, window)
  writer.bound(question.upper, window)
  if (question._tag === "Compare") {
    writer.number(question.count)
    return writer.octets(question.fingerprint)
  }
  writer.number(question.items.length)
  for (const { isRemoved, key } of question.items) {
    writer.number((Tree.secondOf(key) - window.from) * 2 + (isRemoved ? 1 : 0))
    writer.octets(key.subarray(4, Rules.listedBytes))
  }
}

/** Ranges end behind their beginning, within the window; lists are of at most `listMax` ids. */
export const decodeQuestions = (frame: Uint8Array, window: Window): Questions | undefined => {
  const reader = new Reader(frame)
  if (reader.octet() !== version) return undefined
  const flags = reader.octet()
  const questions: Array<Question> = []
  let before = Rules.rangeOf(window).lower
  while (reader.isMore) {
    const kind = reader.octet()
    const lower = (kind & 2) === 0 ? reader.bound(window) : before
    const upper = reader.bound(window)
    const count = reader.number()
    if (kind > 3 || Tree.compare(lower, upper) >= 0) return undefined
    if ((kind & 1) === 0) {
      questions.push({ _tag: "Compare", lower, upper, count, fingerprint: reader.octets(Rules.fingerprintBytes) })
    } else {
      if (count > Rules.listMax) return undefined
      const items = Array.from({ length: count }, () => readListed(reader, window))
      questions.push({ _tag: "List", lower, upper, items })
    }
    before = upper
  }
  return reader.isBad || flags > 1 ? undefined : { isWanting: flags === 1, questions }
}

const readListed = (reader: Reader, window: Window): Reconciliation.Listed => {
  const number = reader.number()
  const second = window.from + Math.floor(number / 2)
  if (second >= window.until) reader.fail()
  return { key: reader.key(second, hashListedBytes), isRemoved: number % 2 === 1 }
}

/** What is known of an item by its ref; `undefined` leaves it out. */
export type Describe = (item: Tree.Item) => { readonly id: string; readonly heat: number } | undefined

/** As many answers, from the first, as fit into a frame; the last may be cut short. */
export const encodeAnswers = (
  questions: ReadonlyArray<Question>,
  drafts: ReadonlyArray<Reconciliation.Draft>,
  describe: Describe,
  window: Window,
  bytesMax: number
): Uint8Array => {
  const writer = new Writer()
  writer.octet(version)
  for (const [at, draft] of drafts.entries()) {
    const start = writer.length
    writer.octet(kinds.indexOf(draft._tag))
    if (draft._tag === "Split") writeParts(writer, draft.parts, window)
    if (draft._tag === "Inventory" || draft._tag === "Difference") {
      const room = bytesMax - writer.length - tailBytesMax
      if (writeTold(writer, draft, questions[at], describe, window, room)) continue
      if (writer.length === start + 1) writer.truncate(start)
      break
    }
    if (writer.length <= bytesMax) continue
    writer.truncate(start)
    break
  }
  return writer.take()
}

const writeParts = (writer: Writer, parts: ReadonlyArray<Reconciliation.Part>, window: Window): void => {
  writer.number(parts.length)
  for (const { count, fingerprint, upper } of parts) {
    writer.bound(upper, window)
    writer.number(count)
    writer.octets(fingerprint)
  }
}

type Listing = Extract<Reconciliation.Draft, { readonly _tag: "Inventory" | "Difference" }>

/** Says whether all of it was written; writes nothing where not even the first id fits. */
const writeTold = (
  writer: Writer,
  draft: Listing,
  question: Question | undefined,
  describe: Describe,
  window: Window,
  room: number
): boolean => {
  const told = new Writer()
  let count = 0
  let unfit: Tree.Item | undefined
  for (const item of draft.items) {
    const known = describe(item)
    if (known === undefined) continue
    const start = told.length
    told.number((Tree.secondOf(item.key) - window.from) * 4 + Tree.marks.indexOf(item.mark))
    told.octet(known.heat)
    told.octet(known.id.length)
    told.ascii(known.id)
    if (told.length > room) {
      told.truncate(start)
      unfit = item
      break
    }
    count += 1
  }
  if (room < 0 || (unfit !== undefined && count === 0)) return false
  const listed = question?._tag === "List" ? question.items : []
  const end = unfit === undefined ? draft.reached : Rules.boundOf(unfit)
  writer.octet(end === undefined ? 0 : 1)
  if (end !== undefined) writer.bound(end, window)
  writer.number(count)
  writer.octets(told.take())
  if (draft._tag === "Difference") {
    const { missing, unlike } = end === undefined ? draft : Rules.upTo(draft, listed, end)
    for (const places of [missing, unlike]) {
      writer.number(places.length)
      for (const place of places) writer.number(place)
    }
  }
  return unfit === undefined
}

/** What the questions have to do with the answers is looked at by `ReconciliationInquiry`. */
export const decodeAnswers = (frame: Uint8Array, window: Window): ReadonlyArray<Answer> | undefined => {
  const reader = new Reader(frame)
  if (reader.octet() !== version) return undefined
  const answers: Array<Answer> = []
  while (reader.isMore) {
    const answer = readAnswer(reader, window)
    if (answer === undefined) return undefined
    answers.push(answer)
  }
  return reader.isBad ? undefined : answers
}

const readAnswer = (reader: Reader, window: Window): Answer | undefined => {
  const kind = kinds[reader.octet()]
  switch (kind) {
    case "Equal":
    case "ListWanted":
      return { _tag: kind }
    case "Split":
      return {
        _tag: kind,
        parts: reader.list(Rules.partsMax, () => ({
          upper: reader.bound(window),
          count: reader.number(),
          fingerprint: reader.octets(Rules.fingerprintBytes)
        }))
      }
    case "Inventory":
      return { _tag: kind, ...readTold(reader, window) }
    case "Difference": {
      const told = readTold(reader, window)
      const missing = reader.list(Rules.listMax, () => reader.number())
      return { _tag: kind, ...told, missing, unlike: reader.list(Rules.listMax, () => reader.number()) }
    }
    default:
      return undefined
  }
}

const readTold = (
  reader: Reader,
  window: Window
): { readonly items: ReadonlyArray<Reconciliation.Told>; readonly reached?: Uint8Array } => {
  const isCut = reader.octet() === 1
  const reached = isCut ? { reached: reader.bound(window) } : {}
  const items = reader.list(Rules.frameBytesMax, () => {
    const number = reader.number()
    const second = window.from + Math.floor(number / 4)
    const mark = Tree.marks[number % 4]
    if (mark === undefined || second >= window.until) reader.fail()
    const heat = reader.octet()
    return { second, mark: mark ?? "live", heat, id: reader.ascii(reader.octet()) }
  })
  return { items, ...reached }
}

class Writer {
  #octets = new Uint8Array(256)
  length = 0

  octet(value: number): void {
    this.#reserve(1)
    this.#octets[this.length++] = value
  }

  /** A whole number from 0 to 2^53. */
  number(value: number): void {
    let left = value
    for (; left >= 128; left = Math.floor(left / 128)) this.octet((left % 128) + 128)
    this.octet(left)
  }

  octets(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#octets.set(value, this.length)
    this.length += value.length
  }

  ascii(text: string): void {
    for (let at = 0; at < text.length; at++) this.octet(text.charCodeAt(at))
  }

  bound(bound: Uint8Array, { from }: Window): void {
    this.number(Tree.secondOf(bound) - from)
    this.octet(bound.length - 4)
    this.octets(Tree.hashOf(bound))
  }

  truncate(length: number): void {
    this.length = length
  }

  take(): Uint8Array {
    return this.#octets.slice(0, this.length)
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.#octets.length) return
    const larger = new Uint8Array((this.length + bytes) * 2)
    larger.set(this.#octets)
    this.#octets = larger
  }
}

/** After the first fault it gives zeros, and is at its end. */
class Reader {
  readonly #octets: Uint8Array
  #at = 0
  isBad = false

  constructor(octets: Uint8Array) {
    this.#octets = octets
  }

  get isMore(): boolean {
    return !this.isBad && this.#at < this.#octets.length
  }

  fail(): void {
    this.isBad = true
  }

  octet(): number {
    if (!this.isMore) this.fail()
    return this.isBad ? 0 : (this.#octets[this.#at++] as number)
  }

  number(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 42; factor *= 128) {
      const octet = this.octet()
      value += (octet % 128) * factor
      if (octet < 128) return value
    }
    this.fail()
    return 0
  }

  octets(count: number): Uint8Array {
    if (this.isBad || this.#at + count > this.#octets.length) {
      this.fail()
      return new Uint8Array(count)
    }
    this.#at += count
    return this.#octets.slice(this.#at - count, this.#at)
  }

  ascii(count: number): string {
    return String.fromCharCode(...this.octets(count))
  }

  key(second: number, hashBytes: number): Uint8Array {
    return Tree.key(second, this.octets(hashBytes))
  }

  /** From the window's beginning to its end, both included. */
  bound({ from, until }: Window): Uint8Array {
    const second = from + this.number()
    const length = this.octet()
    const isIn = second < until || (second === until && length === 0)
    if (!isIn || length > 32) {
      this.fail()
      return Tree.key(from)
    }
    return this.key(second, length)
  }

  /** A number, and so many of what `read` reads, each at least an octet. */
  list<A>(max: number, read: () => A): ReadonlyArray<A> {
    const count = this.number()
    if (count > max || count > this.#octets.length - this.#at) this.fail()
    const all: Array<A> = []
    while (!this.isBad && all.length < count) all.push(read())
    return all
  }
}
