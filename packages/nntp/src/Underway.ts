/**
 * Batches of one connection whose answers are under way: what comes behind is read and decided while the disk takes them.
 *
 * Answers may come in any order; their lines leave in the order of the commands.
 */
import * as Prompt from "@lupin/core/Prompt"
import type * as MessageId from "@lupin/core/MessageId"
import { Effect, type Exit } from "effect"
import * as ReadMemory from "./ReadMemory.ts"
import type { Batch } from "./TransitAnswers.ts"

/** Commands under way on one connection at most; a single batch may have more. */
export const tasksMax = 256
/** Octets of articles under way on one connection at most; a single batch may have more. */
export const articleBytesMax = 128 * 1024

/** Reply lines, one for each task of a batch. */
type Lines = ReadonlyArray<string>

interface Entry {
  readonly batch: Batch
  outcome: Exit.Exit<Lines> | undefined
  /** Memory that nobody needs any more once this batch and those before it are answered. */
  chunk: Uint8Array | undefined
}

export class Underway {
  readonly #entries: Array<Entry> = []
  readonly #told: () => void
  #tasks = 0
  #articleBytes = 0
  #wake: (() => void) | undefined

  /** `told` is called where the answer of the first batch comes while nobody waits for it. */
  constructor(told: () => void) {
    this.#told = told
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** Whether the answer of the first batch has come, and was not taken. */
  get isAnswered(): boolean {
    return this.#entries[0]?.outcome !== undefined
  }

  /** Whether a batch of so many tasks may be begun beside those under way. */
  hasRoom(tasks: number, articleBytes: number): boolean {
    if (this.#entries.length === 0) return true
    return this.#tasks + tasks <= tasksMax && this.#articleBytes + articleBytes <= articleBytesMax
  }

  /** Whether an article of this id is under way, or asked for. */
  names(id: MessageId.MessageId): boolean {
    return this.#entries.some(({ batch }) => batch.names(id))
  }

  /** Takes in a batch that may not change any more, if its answer is there or comes by itself. */
  enter(batch: Batch, answer: Effect.Effect<Lines>): boolean {
    const entry: Entry = { batch, outcome: Prompt.isOver(answer) ? answer : undefined, chunk: undefined }
    const tell = (outcome: Exit.Exit<Lines>): void => {
      entry.outcome = outcome
      if (this.#entries[0] !== entry) return
      const wake = this.#wake ?? this.#told
      this.#wake = undefined
      wake()
    }
    if (entry.outcome === undefined && !Prompt.listen(answer, tell)) return false
    this.#entries.push(entry)
    this.#tasks += batch.tasks.length
    this.#articleBytes += batch.articleBytes
    return true
  }

  /** The batches under way are the last that need this memory. */
  free(chunk: Uint8Array): void {
    const last = this.#entries.at(-1)
    if (last !== undefined) last.chunk = chunk
  }

  /** Lines of the first batch, which is under way no more; nothing while its answer has not come. */
  take(): Exit.Exit<Lines> | undefined {
    const outcome = this.#entries[0]?.outcome
    if (outcome === undefined) return undefined
    const [entry] = this.#entries.splice(0, 1)
    if (entry?.chunk !== undefined) ReadMemory.giveBack(entry.chunk)
    this.#tasks -= entry?.batch.tasks.length ?? 0
    this.#articleBytes -= entry?.batch.articleBytes ?? 0
    return outcome
  }

  /** Waits for the answer of the first batch. */
  readonly first: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#entries[0] === undefined || this.#entries[0].outcome !== undefined) return resume(Effect.void)
    this.#wake = () => resume(Effect.void)
    return Effect.sync(() => {
      this.#wake = undefined
    })
  })
}
