import type * as Article from "@lupin/core/Article"
import type * as MessageId from "@lupin/core/MessageId"
import * as Limits from "@lupin/core/Limits"
import * as Site from "@lupin/core/Site"
import { Disk } from "@lupin/spool/Disk"
import * as Expiry from "@lupin/spool/Expiry"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { type Change, Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { type StorageClass, StorageClasses } from "@lupin/spool/StorageClass"
import * as Wildmat from "@lupin/core/Wildmat"
import { type Fault, SimDisk, type TablesLeft } from "@lupin/testing/SimDisk"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Recovered from "@lupin/testing/Recovered"
import { isKnown } from "@lupin/testing/SpoolPromise"
import { Clock, Context, Effect, Exit, Layer, Logger, Scope } from "effect"
import { HandClock } from "./HandClock.ts"

/** What a crash leaves of the index. */
export type Index = TablesLeft

export type Step =
  | { readonly _tag: "Store"; readonly batches: ReadonlyArray<ReadonlyArray<Article.Article>> }
  | { readonly _tag: "Remove"; readonly ids: ReadonlyArray<MessageId.MessageId> }
  | { readonly _tag: "Expire"; readonly ids: ReadonlyArray<MessageId.MessageId> }
  | { readonly _tag: "Erase"; readonly ids: ReadonlyArray<MessageId.MessageId> }
  /** As many slices of compaction. */
  | { readonly _tag: "Reclaim"; readonly slices: number }
  | { readonly _tag: "Wait"; readonly millis: number }
  /** History comes to its end, as it does in weeks: what had gone was compacted away before. */
  | { readonly _tag: "Forget" }
  | { readonly _tag: "Fault"; readonly fault: Fault }
  /** From now on the disk syncs while the process waits, or not. */
  | { readonly _tag: "Pace"; readonly isInPlace: boolean }
  | ({ readonly _tag: "Kill" } & Crash)
  | ({ readonly _tag: "PowerCut"; readonly chances: ReadonlyArray<boolean> } & Crash)

type Removal = "Cancel" | "Expire" | "Erase"

interface Crash {
  readonly index: Index
  /** The machine stops again after so many operations of the opening. */
  readonly opening?: number | undefined
}

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

/** Where long articles lie, and those of one group. */
const classes: ReadonlyArray<StorageClass> = [
  { name: "large", groups: Wildmat.ofSubtrees(["misc"]), bytesMin: 3_000, durability: "fsync", segmentBytes: 9_000 },
  { name: "third", groups: Wildmat.ofSubtrees(["misc.c"]), segmentBytes: 1_000 }
]

const dayMillis = 24 * 60 * 60 * 1000
/** Slices after which a compaction should have come to its end. */
const slicesMax = 500

/** An article of so much is more than half of a file. */
const longText = "words\r\n".repeat(600)

const wrong = (what: string): never => {
  throw new Error(what)
}

/** What the spools of all trials have done. */
export const recovered = Recovered.make()

/** A spool on a disk of faults beside the model of what it has acknowledged. */
export class Trial {
  readonly #options: Omit<FileSpool.Options, "directory">
  #life = 0
  #isInPlace = false
  disk = new SimDisk({ isInPlace: () => this.#isInPlace })
  spool!: Spool["Service"]
  #close = async (): Promise<void> => {}
  site: Site.Site = Site.empty({ id: "", startedMillis: 0, numberBase: 0 })
  readonly articles = new Map<string, Article.Article>()
  /** Every copy that was ever offered. */
  readonly copies = new Map<string, Array<Article.Article>>()
  /** Those that were offered and not acknowledged, until somebody looks whether they are there. */
  readonly offered = new Map<string, Array<Article.Article>>()
  /** Ids of removals that were not acknowledged, each with what it was to be. */
  readonly removing = new Map<string, Removal>()
  /** Ids of which nothing is left: their erasure was acknowledged. */
  readonly erased = new Set<MessageId.MessageId>()
  /** Ids that the log says were erased, and whose octets may still be there. */
  readonly #halfErased = new Set<MessageId.MessageId>()
  /** Ids forgotten once. */
  readonly #cameAgain = new Set<string>()
  readonly clock = new HandClock()
  /** Ids found damaged: another copy is told to followers again, under the numbers of the first. */
  readonly #damaged = new Set<string>()

  readonly #hasClasses: boolean

  constructor(durability: FileSpool.Options["durability"], hasClasses = false) {
    this.#options = { durability, recordsPerCommit: 4, segmentBytes: 4_000 }
    this.#hasClasses = hasClasses
  }

  #run<A, E>(effect: Effect.Effect<A, E>): Promise<A> {
    return Effect.runPromise(Effect.provideService(effect, Clock.Clock, this.clock))
  }

  async open(): Promise<void> {
    const scope = Scope.makeUnsafe()
    this.#close = () => this.#run(Scope.close(scope, Exit.void))
    // Each life is configured otherwise; what lies in a class is found all the same.
    const configured = this.#hasClasses ? [classes, classes.slice(0, 1), []][this.#life % 3] : []
    const layer = FileSpool.layer({ ...this.#options, directory: "/spool" }).pipe(
      Layer.provide(Layer.succeed(StorageClasses, configured ?? []))
    )
    const built = Layer.buildWithScope(Layer.fresh(layer).pipe(Layer.provide([identity, Logger.layer([])])), scope)
    const counted = Effect.provideService(built, Recoveries.Recoveries, recovered.service)
    this.spool = Context.get(await this.#run(Effect.provideService(counted, Disk, this.disk)), Spool)
    if (this.site.generation.id === "") this.site = Site.empty(this.spool.generation)
  }

  async close(): Promise<void> {
    this.disk.killed()
    await this.#close().catch(() => undefined)
  }

  /** Ends the process here and now, and opens what is left. */
  async crash(left: (disk: SimDisk) => SimDisk, opening?: number): Promise<void> {
    await this.#end(left)
    if (opening !== undefined) {
      this.disk.arm({ _tag: "Stops", operations: opening })
      const isOpen = await this.open().then(
        () => true,
        () => false
      )
      if (isOpen && !this.disk.isStopped) return this.disk.heal()
      await this.#end(left)
    }
    await this.open()
  }

  async #end(left: (disk: SimDisk) => SimDisk): Promise<void> {
    const disk = left(this.disk)
    await this.#close().catch(() => undefined)
    this.#life += 1
    this.disk = disk
  }

  async step(step: Step): Promise<void> {
    if (this.disk.isStopped && step._tag !== "Kill" && step._tag !== "PowerCut") return
    switch (step._tag) {
      case "Fault":
        return this.disk.arm(step.fault)
      case "Pace":
        this.#isInPlace = step.isInPlace
        return
      case "Store":
        return this.#store(step.batches)
      case "Remove":
        return this.#remove(step.ids, "Cancel")
      case "Expire":
        return this.#remove(step.ids, "Expire")
      case "Erase":
        return this.#remove(step.ids, "Erase")
      case "Reclaim":
        await this.#reclaim(step.slices)
        return
      case "Wait":
        this.clock.millis += step.millis
        return
      case "Forget":
        return this.#forget()
      case "Kill":
        await this.crash((disk) => disk.killed(step.index), step.opening)
        return this.check()
      case "PowerCut": {
        let at = 0
        const chance = (): boolean => step.chances[at++ % step.chances.length] ?? false
        await this.crash((disk) => disk.cutOff(chance, step.index), step.opening)
        return this.check()
      }
    }
  }

  /** The answer, or nothing where the spool refused or the machine stopped. */
  async #answer<A, E>(effect: Effect.Effect<A, E>): Promise<A | undefined> {
    const stopped = new Promise<undefined>((resolve) => this.disk.onHang(() => resolve(undefined)))
    return Promise.race([this.#run(effect).catch(() => undefined), stopped])
  }

  async #store(batches: ReadonlyArray<ReadonlyArray<Article.Article>>): Promise<void> {
    await this.#noteDamage()
    for (const one of batches.flat()) {
      this.copies.set(one.messageId, [...(this.copies.get(one.messageId) ?? []), one])
    }
    const answers = await Promise.all(batches.map((batch) => this.#answer(this.spool.store(batch))))
    for (const [at, batch] of batches.entries()) {
      for (const [which, one] of batch.entries()) {
        const stored = answers[at]?.[which]
        if (stored === undefined) {
          this.offered.set(one.messageId, [...(this.offered.get(one.messageId) ?? []), one])
          continue
        }
        const filing = { _tag: "File", id: one.messageId, groups: one.groups, atMillis: this.clock.millis } as const
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

  async #noteDamage(): Promise<ReadonlyArray<string>> {
    const { damaged } = (await this.#answer(this.spool.condition)) ?? { damaged: [] }
    for (const one of damaged) this.#damaged.add(one)
    return damaged
  }

  #file(one: Article.Article, position: number, numbers: Site.Filed["numbers"], atMillis = this.clock.millis): void {
    if (position <= this.site.position) wrong(`position ${position} again`)
    for (const [name, number] of numbers) {
      if (!this.#damaged.has(one.messageId) && number <= Site.high(this.site, name))
        wrong(`number ${number} of ${name} went back`)
    }
    this.articles.set(one.messageId, one)
    this.site = Site.evolve(this.site, { _tag: "Filed", position, id: one.messageId, numbers, atMillis })
  }

  async #remove(some: ReadonlyArray<MessageId.MessageId>, how: Removal): Promise<void> {
    const { spool } = this
    const damaged = await this.#noteDamage()
    // What may have become of an id is known as long as one removal is in doubt at most.
    const ids = some.filter((one) => !this.removing.has(one))
    const removal = how === "Erase" ? spool.erase(ids) : spool.remove(ids, how === "Cancel" ? "cancelled" : "expired")
    const answer = await this.#answer(Effect.as(removal, true))
    for (const one of ids) {
      if (answer === undefined) {
        this.removing.set(one, how)
        continue
      }
      this.#removed(one, how, damaged.includes(one))
      if (how !== "Erase") continue
      this.erased.add(one)
      this.nothingIsLeft(about(one))
    }
    if (answer === undefined && !this.disk.isStopped) await this.#learn()
  }

  #removed(one: MessageId.MessageId, how: Removal, isDamaged: boolean, atMillis = this.clock.millis): void {
    const command =
      how === "Cancel" ? { _tag: how, target: one, atMillis } : ({ _tag: how, id: one, atMillis } as const)
    for (const event of Site.decide(this.site, command)) this.#evolve(event)
    // The model does not know a damaged article that nobody acknowledged; the spool does.
    if (how === "Expire" && isDamaged && Site.status(this.site, one) === "unknown") {
      this.#evolve({ _tag: "Expired", position: 0, id: one, atMillis })
    }
  }

  async #reclaim(slices: number): Promise<boolean> {
    for (let slice = 0; slice < slices; slice++) {
      const answer = await this.#answer(this.spool.reclaim)
      if (answer === undefined) return false
      if (!answer.isMore) return true
    }
    return false
  }

  /** A week goes by in which the log grows: all that was removed before leaves the disk, if that does as told. */
  async #compacted(): Promise<boolean> {
    this.clock.millis += 8 * dayMillis
    if (!(await this.#reclaim(slicesMax))) return false
    // What grew until now is followed by another file.
    const fillers = groups.map((name) => article(id(`filler-${this.#fillers++}`), [name], longText))
    this.#ids.push(...fillers.map(({ messageId }) => messageId))
    await this.#store([fillers])
    await this.#remove(
      fillers.map(({ messageId }) => messageId),
      "Expire"
    )
    return this.#reclaim(slicesMax)
  }

  #fillers = 0
  /** All that were ever offered. */
  readonly #ids = [...ids]

  async #forget(): Promise<void> {
    if (!(await this.#compacted())) return
    this.clock.millis += 7 * dayMillis
    const beforeMillis = this.clock.millis - 14 * dayMillis
    const answer = await this.#answer(Effect.as(this.spool.forget(beforeMillis), true))
    if (answer === undefined) this.#forgetting = beforeMillis
    else await this.#forgotten(beforeMillis)
  }

  /** History's horizon where nobody knows whether it has moved there. */
  #forgetting: number | undefined

  async #forgotten(beforeMillis: number): Promise<void> {
    const { position } = this.site
    const next = Site.run(this.site, { _tag: "Forget", beforeMillis, atMillis: this.clock.millis })
    for (const one of this.#ids) if (Site.status(this.site, one) !== Site.status(next, one)) this.#cameAgain.add(one)
    // Whether a horizon before this one was written, nobody may know: only the spool tells what it came to.
    this.site = { ...next, position: Math.max(position, await this.#run(this.spool.head)) }
  }

  /** No file of the spool has it. */
  nothingIsLeft(text: string): void {
    const names = this.disk.naming(text)
    if (names.length > 0) wrong(`"${text}" still stands in ${names.join(", ")}`)
  }

  /** Weeks later, on a disk that is well, nothing is left of what was removed. */
  async settle(): Promise<void> {
    this.disk.heal()
    await this.#remove([...this.erased, ...this.#halfErased], "Erase")
    if (!(await this.#compacted())) wrong("compaction comes to no end")
    const damaged = await this.#noteDamage()
    for (const one of ids) {
      // What is in quarantine is held as far as the spool knows, and waits for another copy.
      if (Site.status(this.site, one) === "held" || damaged.includes(one)) continue
      this.nothingIsLeft(about(one))
    }
    // The removal of an earlier copy names an id that came again after history's end, until history's next one.
    for (const one of this.erased) if (!this.#cameAgain.has(one)) this.nothingIsLeft(one)
    await this.check()
  }

  /** Retention leaves nothing of what is held once its time has come, and history's horizon has passed it. The model is not asked. */
  async letGo(): Promise<void> {
    const { spool } = this
    const sweep = Effect.provideService(Expiry.sweep(), Spool, spool)
    for (let weeks = 0; weeks < 8; weeks += 1) {
      this.clock.millis += 7 * dayMillis
      while ((await this.#run(sweep)).next._tag === "Now");
      if (!(await this.#reclaim(slicesMax))) wrong("compaction comes to no end")
      // Only what is followed by another file is compacted.
      await this.#run(spool.store(groups.map((name) => article(id(`week-${weeks}-${name}`), [name], longText))))
    }
    this.clock.millis += 2 * Limits.historyMillis
    while ((await this.#run(sweep)).next._tag === "Now");
    for (const { count, name } of await this.#run(spool.groups)) {
      const numbers = await this.#run(spool.numbers(name, 0, Infinity, Infinity))
      if (count > 0 || numbers.length > 0) wrong(`${name} still counts ${count} and has ${numbers.join(" ")}`)
    }
  }

  #evolve(event: Site.Event): void {
    this.site = Site.evolve(this.site, { ...event, position: Math.max(event.position, this.site.position + 1) })
  }

  /** Everything acknowledged is there, nothing is there that was never offered, and nothing is there twice. */
  async check(): Promise<void> {
    const { spool } = this
    await this.#noteDamage()
    await this.#learn()
    for (const one of this.erased) this.nothingIsLeft(about(one))
    const numbersSeen = new Set<string>()
    const statuses = await this.#run(spool.status(this.#ids))
    for (const [at, one] of this.#ids.entries()) {
      const wanted = Site.status(this.site, one)
      const held = await this.#run(spool.find(one))
      if (statuses[at] !== wanted) wrong(`${one} is ${statuses[at]}, not ${wanted}`)
      if (wanted === "unknown" && isKnown(spool, one)) wrong(`${one} is known, not ${wanted}`)
      if (wanted !== "held") {
        if (held !== undefined) wrong(`${one} is served and not held`)
        continue
      }
      if (held === undefined) return wrong(`${one} was acknowledged and is not there`)
      if (!same(held.article, this.articles.get(one)?.octets)) wrong(`${one} is not as it was stored`)
      for (const [name, number] of Site.numbers(this.site, one) ?? []) {
        if (numbersSeen.has(`${name}:${number}`)) wrong(`${name}:${number} is there twice`)
        numbersSeen.add(`${name}:${number}`)
        const at = await this.#run(spool.at(name, number))
        if (!same(at?.article, held.article)) wrong(`${name}:${number} is another article`)
      }
    }
    for (const name of groups) {
      const rows = await this.#run(spool.overview(name, 0, Infinity, Infinity))
      const wanted = [...numbersSeen].filter((one) => one.startsWith(`${name}:`)).length
      if (rows.length !== wanted) wrong(`${rows.length} rows of overview in ${name}, not ${wanted}`)
    }
    this.offered.clear()
    this.removing.clear()
  }

  /** Reads the log, and takes in what was not acknowledged and has happened all the same. */
  async #learn(): Promise<void> {
    const { spool } = this
    const filed = new Set<string>()
    for (let after = 0, head = 1; after < head;) {
      const page = await this.#run(spool.changes(after, 7))
      if (page.next <= after && page.head > after) wrong("changes do not move on")
      for (const change of page.changes) {
        const isFiled = change._tag === "Filed"
        if (isFiled && filed.has(change.id) && !this.#damaged.has(change.id)) wrong(`${change.id} was filed twice`)
        if (isFiled) filed.add(change.id)
        else filed.delete(change.id)
        await this.#adopt(change)
      }
      after = page.next
      head = page.head
    }
    const head = await this.#run(spool.head)
    if (head < this.site.position) wrong(`the head went back from ${this.site.position} to ${head}`)
    if (this.#forgetting !== undefined && (await this.#hasForgotten(this.#forgetting)))
      await this.#forgotten(this.#forgetting)
    this.#forgetting = undefined
    this.site = { ...this.site, position: Math.max(head, this.site.position) }
  }

  /** Whether history has let go of what was removed before a time. */
  async #hasForgotten(beforeMillis: number): Promise<boolean> {
    const next = Site.run(this.site, { _tag: "Forget", beforeMillis, atMillis: this.clock.millis })
    const statuses = await this.#run(this.spool.status(this.#ids))
    return this.#ids.every((one, at) => statuses[at] === Site.status(next, one))
  }

  /** What was offered and not acknowledged may have come through the crash; then it is there like all else. */
  async #adopt(change: Change): Promise<void> {
    const { id: one, position } = change
    if (position <= this.site.position) return
    if (change._tag === "Removed") {
      const how = this.removing.get(one) ?? wrong(`${one} was removed by nobody`)
      if (how === "Erase") this.#halfErased.add(one)
      return this.#removed(one, how, true, change.removedMillis)
    }
    const atMillis = change.arrivedMillis
    const copies = this.offered.get(one) ?? wrong(`${one} was filed by nobody`)
    const held = await this.#run(this.spool.find(one))
    if (held === undefined) {
      // Removed by what follows, or torn: what numbers it had nobody knows.
      if ((await this.#run(this.spool.status([one])))[0] !== "removed") return
      this.site = Site.evolve(this.site, { _tag: "Filed", position, id: one, numbers: [], atMillis })
      return
    }
    const copy = copies.find(({ octets }) => same(octets, held.article)) ?? wrong(`${one} is no copy that was offered`)
    this.#file(copy, position, held.numbers, atMillis)
  }
}

/** What stands in an article and its overview, and nowhere else. */
const about = (id: string): string => `about ${id}`

export const same = (left: Uint8Array | undefined, right: Uint8Array | undefined): boolean =>
  left !== undefined && right !== undefined && Buffer.compare(left, right) === 0
