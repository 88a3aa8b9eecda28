import type * as Article from "@lupin/core/Article"
import type * as MessageId from "@lupin/core/MessageId"
import * as Site from "@lupin/core/Site"
import { Disk } from "@lupin/spool/Disk"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { type Fault, SimDisk, type TablesLeft } from "@lupin/testing/SimDisk"
import { Context, Effect, Exit, Layer, Logger, Scope } from "effect"

/** What a crash leaves of the index. */
export type Index = TablesLeft

export type Step =
  | { readonly _tag: "Store"; readonly batches: ReadonlyArray<ReadonlyArray<Article.Article>> }
  | { readonly _tag: "Remove"; readonly ids: ReadonlyArray<MessageId.MessageId> }
  | { readonly _tag: "Fault"; readonly fault: Fault }
  | { readonly _tag: "Kill"; readonly index: Index }
  | { readonly _tag: "PowerCut"; readonly index: Index; readonly chances: ReadonlyArray<boolean> }

export const groups = [group("misc.a"), group("misc.b"), group("misc.c")]
export const ids = Array.from({ length: 12 }, (_, at) => id(`${at}`))
const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })

export const articleOf = (at: number, some: ReadonlyArray<number>, lines: number): Article.Article =>
  article(
    ids[at] ?? id("0"),
    some.map((one) => groups[one] ?? group("misc.a")),
    "words and words\r\n".repeat(lines)
  )

export const isLog = (name: string): boolean => name.endsWith(".log")

const wrong = (what: string): never => {
  throw new Error(what)
}

/** A spool on a disk of faults beside the model of what it has acknowledged. */
export class Trial {
  readonly #options: Omit<FileSpool.Options, "directory">
  disk = new SimDisk()
  spool!: Spool["Service"]
  #close = async (): Promise<void> => {}
  site: Site.Site = Site.empty({ id: "", startedMillis: 0, numberBase: 0 })
  readonly articles = new Map<string, Article.Article>()
  /** Every copy that was offered and not acknowledged. */
  readonly offered = new Map<string, Array<Article.Article>>()
  /** Ids of removals that were not acknowledged. */
  readonly removing = new Set<string>()
  /** Ids found damaged: another copy is told to followers again, under the numbers of the first. */
  readonly #damaged = new Set<string>()

  constructor(durability: FileSpool.Options["durability"]) {
    this.#options = { durability, recordsPerCommit: 4, segmentBytes: 4_000 }
  }

  async open(): Promise<void> {
    const scope = Scope.makeUnsafe()
    const layer = FileSpool.layer({ ...this.#options, directory: "/spool" })
    const built = Layer.buildWithScope(Layer.fresh(layer).pipe(Layer.provide([identity, Logger.layer([])])), scope)
    this.spool = Context.get(await Effect.runPromise(Effect.provideService(built, Disk, this.disk)), Spool)
    this.#close = () => Effect.runPromise(Scope.close(scope, Exit.void))
    if (this.site.generation.id === "") this.site = Site.empty(this.spool.generation)
  }

  async close(): Promise<void> {
    this.disk.killed()
    await this.#close().catch(() => undefined)
  }

  /** Ends the process here and now, and opens what is left. */
  async crash(left: (disk: SimDisk) => SimDisk): Promise<void> {
    const disk = left(this.disk)
    await this.#close().catch(() => undefined)
    this.disk = disk
    await this.open()
  }

  async step(step: Step): Promise<void> {
    switch (step._tag) {
      case "Fault":
        return this.disk.arm(step.fault)
      case "Store":
        return this.#store(step.batches)
      case "Remove":
        return this.#remove(step.ids)
      case "Kill":
        await this.crash((disk) => disk.killed(step.index))
        return this.check()
      case "PowerCut": {
        let at = 0
        const chance = (): boolean => step.chances[at++ % step.chances.length] ?? false
        await this.crash((disk) => disk.cutOff(chance, step.index))
        return this.check()
      }
    }
  }

  /** The answer, or nothing where the spool refused or the machine stopped. */
  async #answer<A, E>(effect: Effect.Effect<A, E>): Promise<A | undefined> {
    const stopped = new Promise<undefined>((resolve) => this.disk.onHang(() => resolve(undefined)))
    return Promise.race([Effect.runPromise(effect).catch(() => undefined), stopped])
  }

  async #store(batches: ReadonlyArray<ReadonlyArray<Article.Article>>): Promise<void> {
    await this.#noteDamage()
    const answers = await Promise.all(batches.map((batch) => this.#answer(this.spool.store(batch))))
    for (const [at, batch] of batches.entries()) {
      for (const [which, one] of batch.entries()) {
        const stored = answers[at]?.[which]
        if (stored === undefined) {
          this.offered.set(one.messageId, [...(this.offered.get(one.messageId) ?? []), one])
          continue
        }
        const filing = { _tag: "File", id: one.messageId, groups: one.groups, atMillis: 0 } as const
        const outcome = Site.outcome(this.site, filing)
        const expected = {
          filed: "Filed",
          here: "AlreadyHere",
          removed: "Removed",
          full: "Full",
          closed: "Closed",
          unapproved: "Unapproved"
        }[outcome]
        if (stored._tag !== expected) wrong(`${one.messageId} is ${stored._tag}, not ${expected}`)
        if (stored._tag !== "Filed") continue
        this.#file(one, stored.position, stored.numbers)
      }
    }
  }

  async #noteDamage(): Promise<void> {
    for (const one of (await this.#answer(this.spool.condition))?.damaged ?? []) this.#damaged.add(one)
  }

  #file(one: Article.Article, position: number, numbers: Site.Filed["numbers"]): void {
    if (position <= this.site.position) wrong(`position ${position} again`)
    for (const [name, number] of numbers) {
      if (!this.#damaged.has(one.messageId) && number <= Site.high(this.site, name))
        wrong(`number ${number} of ${name} went back`)
    }
    this.articles.set(one.messageId, one)
    this.site = Site.evolve(this.site, { _tag: "Filed", position, id: one.messageId, numbers, atMillis: 0 })
  }

  async #remove(some: ReadonlyArray<MessageId.MessageId>): Promise<void> {
    const answer = await this.#answer(Effect.as(this.spool.remove(some, "cancelled"), true))
    for (const one of some) {
      if (answer === undefined) this.removing.add(one)
      else for (const event of Site.decide(this.site, { _tag: "Cancel", target: one, atMillis: 0 })) this.#evolve(event)
    }
  }

  #evolve(event: Site.Event): void {
    this.site = Site.evolve(this.site, { ...event, position: Math.max(event.position, this.site.position + 1) })
  }

  /** Everything acknowledged is there, nothing is there that was never offered, and nothing is there twice. */
  async check(): Promise<void> {
    const { spool } = this
    await this.#noteDamage()
    const filed = new Set<string>()
    const numbersSeen = new Set<string>()
    for (let after = 0, head = 1; after < head;) {
      const page = await Effect.runPromise(spool.changes(after, 7))
      if (page.next <= after && page.head > after) wrong("changes do not move on")
      for (const change of page.changes) {
        if (change._tag === "Filed" && filed.has(change.id) && !this.#damaged.has(change.id))
          wrong(`${change.id} was filed twice`)
        if (change._tag === "Filed") filed.add(change.id)
        await this.#adopt(change.id, change._tag, change.position)
      }
      after = page.next
      head = page.head
    }
    const head = await Effect.runPromise(spool.head)
    if (head < this.site.position) wrong(`the head went back from ${this.site.position} to ${head}`)
    const statuses = await Effect.runPromise(spool.status(ids))
    for (const [at, one] of ids.entries()) {
      const wanted = Site.status(this.site, one)
      const held = await Effect.runPromise(spool.find(one))
      if (statuses[at] !== wanted) wrong(`${one} is ${statuses[at]}, not ${wanted}`)
      if (wanted !== "held") {
        if (held !== undefined) wrong(`${one} is served and not held`)
        continue
      }
      if (held === undefined) return wrong(`${one} was acknowledged and is not there`)
      if (!same(held.article, this.articles.get(one)?.octets)) wrong(`${one} is not as it was stored`)
      for (const [name, number] of Site.numbers(this.site, one) ?? []) {
        if (numbersSeen.has(`${name}:${number}`)) wrong(`${name}:${number} is there twice`)
        numbersSeen.add(`${name}:${number}`)
        const at = await Effect.runPromise(spool.at(name, number))
        if (!same(at?.article, held.article)) wrong(`${name}:${number} is another article`)
      }
    }
    for (const name of groups) {
      const rows = await Effect.runPromise(spool.overview(name, 0, Infinity, Infinity))
      const wanted = [...numbersSeen].filter((one) => one.startsWith(`${name}:`)).length
      if (rows.length !== wanted) wrong(`${rows.length} rows of overview in ${name}, not ${wanted}`)
    }
    this.offered.clear()
    this.removing.clear()
  }

  /** What was offered and not acknowledged may have come through the crash; then it is there like all else. */
  async #adopt(one: MessageId.MessageId, tag: "Filed" | "Removed", position: number): Promise<void> {
    if (position <= this.site.position) return
    if (tag === "Removed") {
      if (!this.removing.has(one)) wrong(`${one} was removed by nobody`)
      this.site = Site.evolve(this.site, { _tag: "Cancelled", position, id: one, atMillis: 0 })
      return
    }
    const copies = this.offered.get(one) ?? wrong(`${one} was filed by nobody`)
    const held = await Effect.runPromise(this.spool.find(one))
    if (held === undefined) {
      // Removed by what follows, or torn: what numbers it had nobody knows.
      if ((await Effect.runPromise(this.spool.status([one])))[0] !== "removed") return
      this.site = Site.evolve(this.site, { _tag: "Filed", position, id: one, numbers: [], atMillis: 0 })
      return
    }
    const copy = copies.find(({ octets }) => same(octets, held.article)) ?? wrong(`${one} is no copy that was offered`)
    this.#file(copy, position, held.numbers)
  }
}

export const same = (left: Uint8Array | undefined, right: Uint8Array | undefined): boolean =>
  left !== undefined && right !== undefined && Buffer.compare(left, right) === 0
