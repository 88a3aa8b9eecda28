/**
 * What one client and this server say to each other: octets that came, framed and stepped through the session machine, become
 * replies in the order of the commands.
 *
 * Each step runs without a break, up to the first thing that has to be waited for; what is behind that follows it.
 */
import * as MessageId from "@lupin/core/MessageId"
import * as Prompt from "@lupin/core/Prompt"
import type { Offer } from "@lupin/spool/Relayer"
import { Effect } from "effect"
import * as Socket from "effect/socket/Socket"
import * as Admission from "./Admission.ts"
import * as Answers from "./Answers.ts"
import type * as Connection from "./Connection.ts"
import { Framing } from "./Framing.ts"
import { Gathering } from "./Gathering.ts"
import * as KnownChecks from "./KnownChecks.ts"
import * as Login from "./Login.ts"
import * as NextInput from "./NextInput.ts"
import type { Output } from "./Output.ts"
import * as ReadingAnswers from "./ReadingAnswers.ts"
import { flushBytes, Replies, type Undone } from "./Replies.ts"
import * as Reply from "./Reply.ts"
import * as Security from "./Security.ts"
import * as Session from "./Session.ts"
import * as TransitAnswers from "./TransitAnswers.ts"
import type { Transport } from "./Transport.ts"

/**
 * How the replies to a chunk are parted: octets after which they are written out, and commands that are answered together.
 * A client who is alone reads the first part, and asks on, while the rest is made; among several nobody would wait for it.
 */
const parts = {
  first: { bytes: 8 * 1024, commands: ReadingAnswers.wantedMax / 2 },
  other: { bytes: flushBytes, commands: ReadingAnswers.wantedMax }
} as const

/** When a chunk has brought something, and whether no other connection has since the last one. */
export interface Progress {
  readonly nowMillis: number
  readonly isAlone: boolean
}

/** What the conversation tells of itself. */
export interface Watch {
  /** Something has been completed. */
  readonly progressed: () => Progress
  /** So many octets are kept of what has not ended; says whether they may be. */
  readonly hold: (bytes: number) => boolean
}

type Rest = Prompt.Rest<Socket.SocketError>

export class Conversation {
  readonly #whole: Connection.Service
  readonly #transport: Transport
  readonly #watch: Watch
  readonly #replies: Replies
  readonly #out: Output
  readonly #wanted: Array<ReadingAnswers.Wanted> = []
  #framing = new Framing()
  /** What the chunk was pushed to; another is framed from where the way of the octets has changed. */
  #stream = this.#framing
  readonly #gathering: Gathering
  #isAlone = false
  /** Whether nothing of the chunk has been completed yet. */
  #isFirst = true
  /** Commands of the chunk that were no CHECKs of what is here. */
  #strangers = 0
  #writesBefore = 0
  #leased = ""
  #isTooMuch = false
  #state: Session.State
  #admitted: Admission.Admission
  /** What answers are made from now. */
  readonly #asked: { service: Connection.Service; nowMillis: number }
  readonly #facts: { -readonly [Fact in keyof Session.Facts]: Session.Facts[Fact] }

  constructor(whole: Connection.Service, transport: Transport, watch: Watch) {
    this.#whole = whole
    this.#transport = transport
    this.#watch = watch
    this.#replies = new Replies(transport)
    this.#gathering = new Gathering(this.#replies)
    const relieve = (): Rest => this.#relieve()
    this.#out = {
      buffer: this.#replies.buffer,
      relieve,
      flushIfFull: Effect.suspend(() => relieve() ?? Effect.void)
    }
    this.#state = { ...Session.initial, security: Security.initial(transport.isSecure()) }
    this.#admitted = Admission.of(whole, transport, this.#state.security)
    this.#asked = { service: this.#admitted.service, nowMillis: 0 }
    this.#facts = {
      nowMillis: 0,
      mayPost: whole.mayPost,
      mayReconcile: whole.reconciler !== undefined,
      generation: whole.spool.generation,
      security: this.#admitted.facts
    }
  }

  /** What the client is told first. */
  get greeting(): string {
    return Session.greeting(this.#facts, this.#whole.site)
  }

  get standing(): Session.Facts["security"]["standing"] {
    return this.#admitted.facts.standing
  }

  /** Whether nothing more is to be read. */
  get isOver(): boolean {
    return this.#isTooMuch || this.#state.phase._tag === "Closed"
  }

  /** The client has ended its side: it is told what can still be told. */
  get leave(): Effect.Effect<void, Socket.SocketError> {
    return this.#replies.leave
  }

  /** Nothing is said by itself any more. */
  end(): void {
    this.#replies.end()
  }

  /** Takes what has come; gives what has to be done before more may, also where that is nothing and the conversation is over. */
  readonly step = (chunks: ReadonlyArray<Uint8Array>): Rest => {
    const blocked = this.#replies.begin()
    const rest = blocked === undefined ? this.#take(chunks, 0) : behind(blocked, () => this.#take(chunks, 0))
    return rest ?? (this.isOver ? Effect.void : undefined)
  }

  #take(chunks: ReadonlyArray<Uint8Array>, from: number): Rest {
    for (let at = from; at < chunks.length; at += 1) {
      const chunk = chunks[at] as Uint8Array
      // Articles that wait before they are looked at cost less than such as wait behind it.
      const room = this.#gathering.makeRoom(chunk.length)
      if (room !== undefined) return behind(room, () => this.#take(chunks, at))
      this.#stream = this.#framing
      this.#isFirst = true
      this.#strangers = 0
      this.#framing.push(chunk)
      const undone = this.#advance()
      if (undone !== undefined) return behind(undone, () => this.#goOn(chunks, at))
      if (this.#framing !== this.#stream) break
      if (!this.#watch.hold(this.#framing.pendingBytes)) return Prompt.run(this.#giveUp())
    }
    return this.#finish()
  }

  /** Goes on with a chunk in mid of which something had to be waited for. */
  #goOn(chunks: ReadonlyArray<Uint8Array>, at: number): Rest {
    const undone = this.#advance()
    if (undone !== undefined) return behind(undone, () => this.#goOn(chunks, at))
    if (this.#framing !== this.#stream) return this.#finish()
    return this.#watch.hold(this.#framing.pendingBytes) ? this.#take(chunks, at + 1) : Prompt.run(this.#giveUp())
  }

  *#giveUp(): Generator<Undone, void> {
    this.#isTooMuch = true
    yield* this.#gathering.settle(this.#asked)
    yield* this.#replies.flush
    yield* this.#transport.write(`${Reply.line(400, "Too much is under way; try again later")}\r\n`)
  }

  /** Does what the commands of the chunk ask for, as far as they have come. */
  #advance(): Rest {
    const { buffer } = this.#replies
    while (!this.#framing.isTaken()) {
      if (this.#strangers < KnownChecks.strangersMax) {
        const known = this.#answerKnown()
        if (known > 0) this.#pass()
        this.#strangers += 1 - known
        const rest = buffer.length < flushBytes ? undefined : this.#replies.send()
        if (rest !== undefined) return rest
      }
      const input = NextInput.take(this.#framing, this.#state, this.#facts)
      if (input === undefined) return undefined
      this.#pass()
      this.#admit()
      const { state, task } = Session.step(this.#state, input, this.#facts)
      this.#state = state
      const undone = this.#act(task)
      if (undone !== undefined) return undone
    }
    return undefined
  }

  /** Something has been completed. Commands that came in one chunk are of one moment. */
  #pass(): void {
    if (!this.#isFirst) return this.#transport.settle()
    const { isAlone, nowMillis } = this.#watch.progressed()
    this.#facts.nowMillis = nowMillis
    this.#asked.nowMillis = nowMillis
    this.#isAlone = isAlone
    this.#writesBefore = this.#replies.writes
    this.#isFirst = false
  }

  /** Rules and logins may have changed since the last command. */
  #admit(): void {
    if (Admission.isCurrent(this.#admitted, this.#whole, this.#state.security)) return
    this.#admitted = Admission.of(this.#whole, this.#transport, this.#state.security)
    this.#facts.security = this.#admitted.facts
    this.#asked.service = this.#admitted.service
  }

  /** Answers the next lines as far as they are CHECKs of what is here; says how many. */
  #answerKnown(): number {
    this.#admit()
    if (this.#wanted.length > 0 || !Session.mayOffer(this.#state, this.#facts)) return 0
    return KnownChecks.answer({
      framing: this.#framing,
      service: this.#asked.service,
      transport: this.#transport,
      buffer: this.#replies.buffer,
      before: this.#gathering.isSettled ? undefined : this.#gathering.batch
    })
  }

  /** Does a task, behind what has to be done before it. */
  #act(task: Session.Task): Rest {
    const gathering = this.#gathering
    if (task._tag === "Article" && typeof task.of === "string") {
      if (!gathering.isSettled) return this.#actSettled(task)
      this.#wanted.push({ part: task.part, id: task.of })
      return this.#wanted.length < this.#part.commands ? undefined : this.#settleWanted()
    }
    if (this.#wanted.length > 0) {
      const rest = this.#settleWanted()
      return rest === undefined ? this.#act(task) : behind(rest, () => this.#act(task))
    }
    switch (task._tag) {
      case "Nothing":
        return undefined
      case "Receive":
      case "Post":
        return gathering.add(task, this.#asked)
      case "Answer":
        if (!gathering.isSettled) return gathering.add(task, this.#asked)
        this.#replies.buffer.line(task.line)
        return undefined
      case "Offer":
        if (task.by !== "IHAVE") return gathering.add(task, this.#asked)
        return gathering.isSettled ? this.#offer(task) : this.#actSettled(task)
      case "Close":
        if (!gathering.isSettled) return this.#actSettled(task)
        this.#replies.buffer.line(task.line)
        return undefined
      case "Secure":
        return gathering.isSettled ? Prompt.run(this.#secure(task.act)) : this.#actSettled(task)
      default:
        return gathering.isSettled ? Prompt.run(this.#lookUp(task)) : this.#actSettled(task)
    }
  }

  /** As `act`, once all that was gathered is answered. */
  #actSettled(task: Session.Task): Rest {
    const rest = Prompt.run(this.#gathering.settle(this.#asked))
    return rest === undefined ? this.#act(task) : behind(rest, () => this.#act(task))
  }

  #offer(task: Session.Task & { readonly _tag: "Offer" }): Rest {
    const offered = TransitAnswers.offer(this.#asked.service, [task.id], this.#asked.nowMillis)
    return Prompt.andThen(offered, ([word = "later"]) => this.#offered(task, word))
  }

  #offered(task: Session.Task & { readonly _tag: "Offer" }, word: Offer): undefined {
    if (word === "wanted") this.#state = Session.settle(this.#state, { _tag: "ArticleComes", id: task.id })
    this.#replies.buffer.line(TransitAnswers.offerLine(task, word))
    return undefined
  }

  get #part(): (typeof parts)[keyof typeof parts] {
    return this.#isAlone && this.#replies.writes === this.#writesBefore ? parts.first : parts.other
  }

  #relieve(): Rest {
    return this.#replies.buffer.length < this.#part.bytes ? undefined : this.#replies.send()
  }

  #settleWanted(): Rest {
    const wanted = this.#wanted
    const { buffer } = this.#replies
    const mark = buffer.mark()
    const writesBefore = this.#replies.writes
    const rest = ReadingAnswers.articles(this.#asked.service, wanted, this.#out)
    if (rest === undefined) {
      wanted.length = 0
      return undefined
    }
    return rest.pipe(
      Effect.catchTag("SpoolUnavailable", (trouble) => {
        if (this.#replies.writes !== writesBefore) return Effect.fail(closeError)
        buffer.truncate(mark)
        for (const _ of wanted) buffer.line(Reply.line(403, trouble.reason))
        return Effect.void
      }),
      Effect.tap(() => {
        wanted.length = 0
        return Effect.void
      })
    )
  }

  *#lookUp(task: Answers.Direct): Generator<Undone, void> {
    const { buffer } = this.#replies
    const mark = buffer.mark()
    const writesBefore = this.#replies.writes
    const outcome = yield* Answers.answer(this.#asked.service, task, this.#out).pipe(
      Effect.catchTag("SpoolUnavailable", (trouble) => {
        // Half an answer is out: only the end of the connection can tell the client.
        if (this.#replies.writes !== writesBefore) return Effect.fail(closeError)
        buffer.truncate(mark)
        buffer.line(Reply.line(403, trouble.reason))
        return Effect.succeed(undefined)
      })
    )
    if (outcome !== undefined) this.#state = Session.settle(this.#state, outcome)
  }

  /** Octets that came behind STARTTLS or COMPRESS are thrown away (RFC 4642 §2.2.2, RFC 8054 §2.2.2). */
  *#secure(act: Security.Act): Generator<Undone, void> {
    const { buffer } = this.#replies
    if (act._tag === "StartTls" || act._tag === "Compress") {
      this.#framing = new Framing()
      if (act._tag === "StartTls") this.#transport.discard()
      buffer.line(Reply.line(act._tag === "StartTls" ? 382 : 206))
      yield* this.#replies.flush
    }
    const settled = Session.settleAct(this.#state, yield* Login.perform(this.#whole.login, this.#transport, act))
    this.#state = settled.state
    if (settled.task._tag === "Secure") return yield* this.#secure(settled.task.act)
    if ("line" in settled.task && settled.task.line !== "") buffer.line(settled.task.line)
  }

  /** All that has come is read: what was gathered is begun, and what there is to say is said. */
  #finish(): Rest {
    const { underway } = this.#replies
    const first = this.#wanted.length > 0 ? this.#settleWanted() : undefined
    if (first !== undefined) return behind(first, () => this.#finish())
    const begun = this.#gathering.isEmpty ? undefined : this.#gathering.begin(this.#asked)
    if (begun !== undefined) return behind(begun, () => this.#finish())
    const settled =
      underway.isEmpty || this.#transport.isPrompt() ? undefined : Prompt.run(this.#gathering.settle(this.#asked))
    return settled === undefined ? this.#say() : behind(settled, () => this.#say())
  }

  #say(): Rest {
    const sent = this.#isAlone ? this.#replies.send() : this.#replies.sendLater()
    return sent === undefined ? this.#rest() : behind(sent, () => this.#rest())
  }

  /** An article is under way: whoever else offers it meanwhile is told to try again later. */
  #rest(): Rest {
    const { phase } = this.#state
    this.#gathering.free(this.#framing.leave())
    if (phase._tag === "Article" && phase.by === "TAKETHIS" && phase.id !== this.#leased) {
      this.#leased = phase.id
      const id = MessageId.parse(phase.id)
      if (id !== undefined) {
        const offered = TransitAnswers.offer(this.#asked.service, [id], this.#asked.nowMillis)
        return Prompt.andThen(offered, () => this.#replies.rest())
      }
    }
    return this.#replies.rest()
  }
}

/** What is behind something that has to be waited for. */
const behind = (undone: Effect.Effect<void, Socket.SocketError>, next: () => Rest): Rest =>
  Effect.flatMap(undone, () => next() ?? Effect.void)

const closeError = new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1001 }) })
