/**
 * Commands of one connection that are answered together: gathered, begun, and waited for where something else must come behind.
 */
import * as Prompt from "@lupin/core/Prompt"
import { Effect } from "effect"
import type * as Socket from "effect/socket/Socket"
import * as ReadMemory from "./ReadMemory.ts"
import { flushBytes, type Replies, type Undone } from "./Replies.ts"
import * as TransitAnswers from "./TransitAnswers.ts"

/** Articles that are stored together where a disk is waited for: it takes the first of a chunk while the next are read. */
const articlesTogether = 64

/** What answers are made from at a moment. */
export interface Asked {
  readonly service: TransitAnswers.Transit
  readonly nowMillis: number
}

type Rest = Prompt.Rest<Socket.SocketError>

export class Gathering {
  readonly #replies: Replies
  #batch = new TransitAnswers.Batch()
  /** Whether articles had to be waited for, the last time. */
  #isStoreSlow = true

  constructor(replies: Replies) {
    this.#replies = replies
  }

  /** Gathered and not begun. */
  get batch(): TransitAnswers.Batch {
    return this.#batch
  }

  get isEmpty(): boolean {
    return this.#batch.tasks.length === 0
  }

  /** Whether all that was gathered is answered. */
  get isSettled(): boolean {
    return this.#batch.tasks.length === 0 && this.#replies.underway.isEmpty
  }

  /** Before so many octets are looked at; gives what has to be waited for until what they bring may be begun. */
  makeRoom(bytes: number): Rest {
    return this.#replies.underway.hasRoom(1, bytes) ? undefined : Prompt.run(this.#waitFor(1, bytes))
  }

  /** The articles begun so far are the last that lie there. */
  free(chunk: Uint8Array | undefined): void {
    if (chunk === undefined || !this.isEmpty) return
    if (this.#replies.underway.isEmpty) ReadMemory.giveBack(chunk)
    else this.#replies.underway.free(chunk)
  }

  /** Gathers one more task; gives what has to be waited for. */
  add(task: TransitAnswers.Batched, asked: Asked): Rest {
    if (this.#isUnderway(task) || !this.#batch.accepts(task)) return Prompt.run(this.#addBehind(task, asked))
    this.#batch.add(task)
    return this.#isStoreSlow && this.#batch.articles === articlesTogether ? this.begin(asked) : undefined
  }

  *#addBehind(task: TransitAnswers.Batched, asked: Asked): Generator<Undone, void> {
    if (!this.#batch.accepts(task)) yield* this.begin(asked) ?? Effect.void
    if (this.#isUnderway(task)) yield* this.settle(asked)
    yield* this.add(task, asked) ?? Effect.void
  }

  /** Begins what was gathered; gives what has to be waited for. */
  begin(asked: Asked): Rest {
    const { buffer, underway } = this.#replies
    const batch = this.#batch
    const { articleBytes, tasks } = batch
    if (!underway.hasRoom(tasks.length, articleBytes)) return Prompt.run(this.#beginLater(asked))
    const answers = TransitAnswers.answer(asked.service, tasks, asked.nowMillis)
    if (underway.isEmpty && Prompt.isThere(answers)) {
      buffer.lines(answers.value)
      this.#isStoreSlow &&= batch.articles === 0
      batch.clear()
      return buffer.length < flushBytes ? undefined : this.#replies.send()
    }
    if (!underway.enter(batch, answers)) return Prompt.run(this.#alone(answers))
    this.#isStoreSlow ||= batch.articles > 0
    this.#batch = new TransitAnswers.Batch()
    return undefined
  }

  /** Begins what was gathered, and waits for all answers. */
  *settle(asked: Asked): Generator<Undone, void> {
    if (!this.isEmpty) yield* this.begin(asked) ?? Effect.void
    yield* this.#replies.settle()
  }

  /** Whether the article that a task names is under way. */
  #isUnderway(task: TransitAnswers.Batched): boolean {
    const { underway } = this.#replies
    if (underway.isEmpty) return false
    return (task._tag === "Receive" || task._tag === "Offer") && underway.names(task.id)
  }

  *#beginLater(asked: Asked): Generator<Undone, void> {
    yield* this.#waitFor(this.#batch.tasks.length, this.#batch.articleBytes)
    yield* this.begin(asked) ?? Effect.void
  }

  *#waitFor(tasks: number, articleBytes: number): Generator<Undone, void> {
    while (!this.#replies.underway.hasRoom(tasks, articleBytes)) yield* this.#replies.wait()
  }

  /** Waits for answers that do not come by themselves, behind all others. */
  *#alone(answers: Effect.Effect<ReadonlyArray<string>>): Generator<Undone, void> {
    const { buffer } = this.#replies
    yield* this.#replies.settle()
    buffer.lines(yield* answers)
    this.#batch.clear()
    if (buffer.length >= flushBytes) yield* this.#replies.flush
  }
}
