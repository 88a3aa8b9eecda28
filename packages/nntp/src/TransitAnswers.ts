/**
 * Answers to the commands that bring articles, many at once: what one chunk offers is asked once, what it brings is
 * stored as one batch, and the replies keep the order of the commands.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as Prompt from "@lupin/core/Prompt"
import type { Offer, Offered, Peer, Received } from "@lupin/spool/Relayer"
import type { SpoolUnavailable } from "@lupin/spool/Spool"
import { Effect } from "effect"
import type * as Guard from "./Guard.ts"
import * as Reply from "./Reply.ts"
import type * as Session from "./Session.ts"

/** What answers are made from. */
export interface Transit {
  readonly relayer: Guard.PeerRelayer
  readonly injector: Guard.PostInjector
  readonly peer: Peer
}

/** A task whose answer needs nothing of the answers before it. */
export type Batched = Session.Task & { readonly _tag: "Answer" | "Offer" | "Receive" | "Post" }

/** Posts of one connection that are stored side by side, so that they share a group commit. */
const postsMax = 64

/**
 * Tasks in the order of their commands, as far as one round of offers and one of articles gives the same answers as one
 * after another would: no id twice among offers and articles, and posts apart from the rest. Articles of one id the relayer
 * takes one after another.
 */
export class Batch {
  tasks: Array<Batched> = []
  /** Articles among the tasks. */
  articles = 0
  /** Octets of these articles. */
  articleBytes = 0
  /** Ids of the first tasks, so many of them; made when two tasks may be about one article. */
  #ids: Set<string> | undefined
  #idsOf = 0
  #has: "nothing" | "posts" | "offers" | "articles" | "offers and articles" = "nothing"

  /** Says whether `task` may be answered together with those gathered so far. */
  accepts(task: Batched): boolean {
    if (task._tag === "Answer" || this.#has === "nothing") return true
    if (task._tag === "Post" || this.#has === "posts") return task._tag === "Post" && this.#has === "posts"
    // Whoever offers an article twice may send it, both times.
    if (task._tag === "Offer" && this.#has === "offers") return true
    return (task._tag === "Receive" && this.#has === "articles") || !this.names(task.id)
  }

  /** Whether some task is about the article of this id. */
  names(id: MessageId.MessageId): boolean {
    return this.#idsSoFar().has(id)
  }

  add(task: Batched): void {
    // A list that is pushed to gets room for many, and many batches have one task.
    if (this.tasks.length === 0) this.tasks = [task]
    else this.tasks.push(task)
    if (task._tag === "Post") this.#has = "posts"
    else if (task._tag === "Receive") {
      this.#has = this.#has === "nothing" || this.#has === "articles" ? "articles" : "offers and articles"
      this.articles += 1
      this.articleBytes += task.octets.length
    } else if (task._tag === "Offer") {
      this.#has = this.#has === "nothing" || this.#has === "offers" ? "offers" : "offers and articles"
    }
  }

  clear(): void {
    this.tasks = []
    this.#ids?.clear()
    this.#idsOf = 0
    this.#has = "nothing"
    this.articles = 0
    this.articleBytes = 0
  }

  #idsSoFar(): ReadonlySet<string> {
    const ids = (this.#ids ??= new Set())
    for (; this.#idsOf < this.tasks.length; this.#idsOf += 1) {
      const task = this.tasks[this.#idsOf]
      if (task !== undefined && "id" in task) ids.add(task.id)
    }
    return ids
  }
}

/** Reply lines, one per task, in order. Trouble of the spool is an answer: the peer tries again later. */
export const answer = (
  transit: Transit,
  tasks: ReadonlyArray<Batched>,
  nowMillis: number
): Effect.Effect<ReadonlyArray<string>> => {
  const [only] = tasks
  if (tasks.length === 1 && only?._tag === "Receive") {
    return Prompt.map(receive(transit, [only], nowMillis), ([received = missing]) => [receivedLine(only, received)])
  }
  const offers: Array<MessageId.MessageId> = []
  const articles: Array<Offered> = []
  const posts: Array<Uint8Array> = []
  for (const task of tasks) {
    if (task._tag === "Offer") offers.push(task.id)
    else if (task._tag === "Receive") articles.push(task)
    else if (task._tag === "Post") posts.push(task.octets)
  }
  const receiving = articles.length === 0 ? none : receive(transit, articles, nowMillis)
  const offering = offers.length === 0 ? none : offer(transit, offers, nowMillis)
  if (posts.length === 0 && Prompt.isThere(offering)) {
    return Prompt.map(receiving, (received) => lines(tasks, received, offering.value, []))
  }
  const posting: Effect.Effect<ReadonlyArray<string>> =
    posts.length === 0 ? none : Effect.forEach(posts, (octets) => post(transit, octets), { concurrency: postsMax })
  return Prompt.flatMap(receiving, (received) =>
    Prompt.flatMap(offering, (offered) => Prompt.map(posting, (posted) => lines(tasks, received, offered, posted)))
  )
}

const none: Effect.Effect<ReadonlyArray<never>> = Effect.succeed([])

const lines = (
  tasks: ReadonlyArray<Batched>,
  received: ReadonlyArray<Received>,
  offered: ReadonlyArray<Offer>,
  posted: ReadonlyArray<string>
): ReadonlyArray<string> => {
  let nextReceived = 0
  let nextOffered = 0
  let nextPosted = 0
  return tasks.map((task) => {
    switch (task._tag) {
      case "Answer":
        return task.line
      case "Offer":
        return offerLine(task, offered[nextOffered++] ?? "later")
      case "Receive":
        return receivedLine(task, received[nextReceived++] ?? missing)
      case "Post":
        return posted[nextPosted++] ?? Reply.line(441)
    }
  })
}

/** What the relayer says of offered ids; "later" where the spool cannot answer. */
export const offer = (
  { peer, relayer }: Transit,
  ids: ReadonlyArray<MessageId.MessageId>,
  nowMillis: number
): Effect.Effect<ReadonlyArray<Offer>> =>
  Prompt.orElse(relayer.offer(ids, peer, nowMillis), () => ids.map(() => "later" as const))

/** The reply to CHECK or IHAVE; the word is the relayer's. */
export const offerLine = (task: Session.Task & { readonly _tag: "Offer" }, word: Offer): string => {
  if (task.by === "IHAVE") return Reply.line(word === "wanted" ? 335 : word === "here" ? 435 : 436)
  switch (word) {
    case "wanted":
      return `238 ${task.id}`
    case "here":
      return `438 ${task.id}`
    case "later":
      return `431 ${task.id}`
  }
}

const missing: Received = { _tag: "Deferred", reason: "no answer" }

const receive = (
  { peer, relayer }: Transit,
  articles: ReadonlyArray<Offered>,
  nowMillis: number
): Effect.Effect<ReadonlyArray<Received>> =>
  Prompt.orElse(relayer.receive(articles, peer, nowMillis), ({ reason }) =>
    articles.map((): Received => ({ _tag: "Deferred", reason }))
  )

/**
 * RFC 4644 has no code for a TAKETHIS to be tried again but 400, which ends the connection for one article's sake; 431
 * says the same of the article alone.
 */
const receivedLine = (task: Session.Task & { readonly _tag: "Receive" }, received: Received): string => {
  const isTakeThis = task.by === "TAKETHIS"
  switch (received._tag) {
    case "Accepted":
      return isTakeThis ? `239 ${task.id}` : Reply.line(235)
    case "AlreadyHere":
      return isTakeThis ? `439 ${task.id} Already here` : Reply.line(437, "Already here")
    case "Refused":
      return isTakeThis ? Reply.line(439, `${task.id} ${received.reason}`) : Reply.line(437, received.reason)
    case "Deferred":
      return isTakeThis ? Reply.line(431, `${task.id} ${received.reason}`) : Reply.line(436, received.reason)
  }
}

const post = ({ injector }: Transit, octets: Uint8Array): Effect.Effect<string> =>
  injector.inject(octets, { writer: "client" }).pipe(
    Effect.map(({ id }) => `240 ${id} Article received`),
    Effect.catchTags({
      InjectionRefused: (refused: { readonly message: string }) => Effect.succeed(Reply.line(441, refused.message)),
      SpoolUnavailable: (trouble: SpoolUnavailable) =>
        Effect.succeed(Reply.line(441, `Try again later: ${trouble.reason}`))
    })
  )
