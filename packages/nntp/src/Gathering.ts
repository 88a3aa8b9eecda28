/**
 * Commands of one connection that are answered together: gathered, begun, and waited for where something else must come behind.
 */
import * as Prompt from "@lupin/core/Prompt"
import { Effect } from "effect"
import type * as Socket from "effect/socket/Socket"
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

  /** Says whether a task may be gathered as it is, behind the others. */
  accepts(task: TransitAnswers.Batched): boolean {
    return this.#replies.underway.isEmpty && this.#batch.accepts(task)
  }

  /** Gathers one more task; gives what has to be waited for. */
  add(task: TransitAnswers.Batched, asked: Asked): Rest {
    this.#batch.add(task)
    return this.#isStoreSlow && this.#batch.articles === articlesTogether ? this.begin(asked) : undefined
  }

  /** As `add`, whatever has to be waited for before. */
  *addBehind(task: TransitAnswers.Batched, asked: Asked): Generator<Undone, void> {
    if (!this.#batch.accepts(task)) yield* this.begin(asked) ?? Effect.void
    if ("id" in task && this.#replies.underway.names(task.id)) yield* this.settle(asked)
    yield* this.add(task, asked) ?? Effect.void
  }

  /** Begins what was gathered; gives what has to be waited for. */
  begin(asked: Asked): Rest {
    const { buffer, underway } = this.#replies
    const batch = this.#batch
    if (!underway.hasRoom(batch)) return Prompt.run(this.#beginLater(asked))
    const answers = TransitAnswers.answer(asked.service, batch.tasks, asked.nowMillis)
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

  *#beginLater(asked: Asked): Generator<Undone, void> {
    while (!this.#replies.underway.hasRoom(this.#batch)) yield* this.#replies.wait()
    yield* this.begin(asked) ?? Effect.void
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
