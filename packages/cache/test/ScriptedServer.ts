/**
 * A news server in memory, as the cache sees it, with a script's hands on it: what it holds, and when it fails.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as GroupNames from "@lupin/core/GroupName"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Source from "../src/Source.ts"
import type * as ArticleScript from "./ArticleScript.ts"

interface Logged {
  readonly position: number
  readonly isRemoval: boolean
  readonly id: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
}

export class ScriptedServer {
  readonly held = new Map<MessageId.MessageId, ArticleScript.Posted>()
  readonly counts = { scrapes: 0, changes: 0, bodies: 0 }
  private log: Array<Logged> = []
  private numbered = new Map<GroupName.GroupName, Map<number, MessageId.MessageId>>()
  private highs = new Map<GroupName.GroupName, number>()
  private ages = 0
  offersChanges: boolean
  name = "scripted:119"
  /** Changes looked at in one call, so that pages may be empty of rows. */
  scanMax = 1_000
  /** Whether everything asked fails. */
  isDown = false
  /** Runs before each answer: a script may change the server, or wait, while a scrape is under way. */
  beforeAnswer: (asked: "changes" | "groups" | "articles") => Effect.Effect<void> = () => Effect.void

  constructor(offersChanges: boolean) {
    this.offersChanges = offersChanges
  }

  get generation(): string {
    return `generation-${this.ages}`
  }

  post(...articles: ReadonlyArray<ArticleScript.Posted>): void {
    for (const article of articles) {
      if (this.held.has(article.id)) continue
      this.held.set(article.id, article)
      this.append(false, article)
      for (const group of article.groups) {
        const number = (this.highs.get(group) ?? 0) + 1
        this.highs.set(group, number)
        const numbers = this.numbered.get(group) ?? new Map<number, MessageId.MessageId>()
        this.numbered.set(group, numbers.set(number, article.id))
      }
    }
  }

  remove(...ids: ReadonlyArray<MessageId.MessageId>): void {
    for (const id of ids) {
      const article = this.held.get(id)
      if (article === undefined) continue
      this.held.delete(id)
      this.append(true, article)
      for (const numbers of this.numbered.values()) {
        for (const [number, held] of numbers) if (held === id) numbers.delete(number)
      }
    }
  }

  /** Lets the log grow by changes of articles that came and went elsewhere. */
  pretend(positions: number, group: GroupName.GroupName): void {
    const id = "<gone@example.invalid>" as MessageId.MessageId
    for (let count = 0; count < positions; count++) this.append(true, { id, groups: [group] })
  }

  /** Loses a group, and the articles that were in no other. */
  removeGroup(group: GroupName.GroupName): void {
    this.numbered.delete(group)
    this.highs.delete(group)
  }

  /** Loses everything and begins a new generation, with higher numbers (as ours do), or with numbers from one again. */
  wipe(numbers: "higher" | "again" = "higher"): void {
    this.held.clear()
    this.log = []
    this.numbered = new Map()
    if (numbers === "again") this.highs = new Map()
    this.ages += 1
  }

  private append(isRemoval: boolean, { id, groups }: Omit<ArticleScript.Posted, "octets">): void {
    this.log.push({ position: this.log.length + 1, isRemoval, id, groups })
  }

  private answer<A>(
    asked: "changes" | "groups" | "articles",
    give: () => A
  ): Effect.Effect<A, Source.SourceUnavailable> {
    return Effect.suspend(() =>
      this.isDown
        ? Effect.fail(new Source.SourceUnavailable({ reason: "the script has it down" }))
        : Effect.andThen(this.beforeAnswer(asked), Effect.sync(give))
    )
  }

  readonly source: Source.Source = {
    name: "scripted:119",
    offersChanges: true,
    changes: (subtree, from, limit) =>
      this.answer("changes", () => {
        this.counts.changes += 1
        const isReset = from !== undefined && from.generation !== this.generation
        const after = from === undefined || isReset ? 0 : from.after
        const scanned = this.log.slice(after, after + this.scanMax)
        const rows = scanned.filter(({ groups }) => groups.some((group) => GroupNames.isWithin(group, subtree)))
        const page = rows.slice(0, limit)
        const next = page.length < rows.length ? (page.at(-1)?.position ?? 0) : after + scanned.length
        return {
          generation: this.generation,
          next,
          head: this.log.length,
          isReset,
          changes: page.flatMap(({ isRemoval, id }): ReadonlyArray<Source.Change> => {
            if (isRemoval) return [{ _tag: "Removed", messageId: id }]
            const article = this.held.get(id)
            return article === undefined ? [] : [{ _tag: "Filed", messageId: id, bytes: article.octets.length }]
          })
        }
      }),
    groups: (subtree) =>
      this.answer("groups", () => [...this.numbered.keys()].filter((group) => GroupNames.isWithin(group, subtree))),
    marks: (group) =>
      this.answer("groups", () => {
        const numbers = this.numbered.get(group)
        const high = this.highs.get(group) ?? 0
        return numbers && { low: Math.min(...numbers.keys(), high + 1), high, count: numbers.size }
      }),
    overview: (group, low, high) =>
      this.answer("groups", () =>
        [...(this.numbered.get(group) ?? [])].flatMap(([number, messageId]) =>
          number >= low && number <= high
            ? [{ number, messageId, bytes: this.held.get(messageId)?.octets.length ?? 0 }]
            : []
        )
      ),
    numbers: (group) => this.answer("groups", () => [...(this.numbered.get(group)?.keys() ?? [])]),
    articles: (ids) =>
      this.answer("articles", () => {
        this.counts.bodies += ids.length
        return ids.map((id) => this.held.get(id)?.octets)
      })
  }

  readonly layer = Layer.succeed(Source.CacheSource, {
    use: (scrape) =>
      Effect.suspend(() => {
        this.counts.scrapes += 1
        return scrape({ ...this.source, name: this.name, offersChanges: this.offersChanges })
      })
  })
}

/** A gate in a scrape's way: `reached` says that the scrape stands before it, `open` lets it go on. */
export const gate = Effect.gen(function* () {
  const reached = yield* Deferred.make<void>()
  const opened = yield* Deferred.make<void>()
  return {
    reached: Deferred.await(reached),
    open: Effect.asVoid(Deferred.succeed(opened, undefined)),
    pass: Effect.andThen(Deferred.succeed(reached, undefined), Deferred.await(opened))
  }
})
