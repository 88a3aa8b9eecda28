import { assert, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as Event from "@lupin/core/Event"
import type * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Uuid from "@lupin/core/Uuid"
import * as Wildmat from "@lupin/core/Wildmat"
import type * as NntpReader from "@lupin/nntp/NntpReader"
import { Reconciler } from "@lupin/nntp/Reconciler"
import { Histories } from "@lupin/site/Histories"
import * as Reconcile from "@lupin/site/Reconcile"
import { ReconcileRequests } from "@lupin/site/ReconcileRequests"
import * as ReconcileServer from "@lupin/site/ReconcileServer"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import * as Events from "@lupin/testing/Events"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"

const nowMillis = Date.UTC(2026, 10, 21, 6)
const poolSize = 40

/** Those of even places are events of clients. Some share a second. */
const articleAt = (at: number): Article.Article => {
  const atMillis = nowMillis - 3_600_000 - Math.floor(at / 4) * 1_000
  if (at % 2 === 0) {
    const id = Uuid.v7(atMillis, new Uint8Array(10).fill(at))
    const event = Event.make({ app: "trailblaze", kind: "review", version: 1, id, payload: { at }, routing: 1 })
    if (event !== undefined) return Events.articleOf(event)
  }
  const read = Article.read(
    Article.make(
      [
        ["Path", "far.test!not-for-mail"],
        ["From", "Bob <bob@example.test>"],
        ["Newsgroups", "misc.test"],
        ["Subject", "any"],
        ["Date", NewsDate.format(atMillis)],
        ["Message-ID", `<${at}@histories.test>`]
      ],
      "body\r\n"
    )
  )
  if (Article.isMalformed(read)) throw new Error(read.reason)
  return read
}
const pool = Array.from({ length: poolSize }, (_, at) => articleAt(at))

interface Act {
  readonly do: "store" | "cancel" | "expire" | "erase"
  readonly at: number
}
const anyActs: fc.Arbitrary<ReadonlyArray<Act>> = fc.array(
  fc.record({
    do: fc.constantFrom<Array<Act["do"]>>("store", "store", "store", "cancel", "expire", "erase"),
    at: fc.nat(poolSize - 1)
  }),
  { maxLength: 80 }
)
/** Without erasures of what had expired and has no date: nothing tells when it was. */
const acts = anyActs.map((done) =>
  done.filter(
    (act, place) =>
      act.do !== "erase" ||
      act.at % 2 === 0 ||
      !done.slice(0, place).some((before) => before.do === "expire" && before.at === act.at)
  )
)

type Word = "live" | "expired" | "removed" | "erased"

/** What a history says after these acts. */
const wordsOf = (done: ReadonlyArray<Act>): ReadonlyMap<number, Word> => {
  const words = new Map<number, Word>()
  for (const act of done) {
    const word = words.get(act.at)
    if (act.do === "store" && word === undefined) words.set(act.at, "live")
    if (act.do === "expire" && word === "live") words.set(act.at, "expired")
    if (act.do === "cancel" && word !== "expired" && word !== "erased") words.set(act.at, "removed")
    if (act.do === "erase") words.set(act.at, "erased")
  }
  return words
}

const site = (name: string) =>
  Layer.build(
    ReconcileServer.layer().pipe(
      Layer.provideMerge(Layer.mergeAll(Histories.layer, Relayer.layer(), ReconcileRequests.layer)),
      Layer.provideMerge(Spool.layerMemory),
      Layer.provideMerge(SiteIdentity.layer({ name, path: `${name}.test`, kind: "central", apps: "any" })),
      Layer.fresh
    )
  )
type Built = Effect.Success<ReturnType<typeof site>>

const perform = (built: Built, done: ReadonlyArray<Act>) => {
  const spool = Context.get(built, Spool)
  const relayer = Context.get(built, Relayer)
  return Effect.forEach(done, ({ at, do: act }) => {
    const { messageId: id, octets } = pool[at] as Article.Article
    if (act === "store") return relayer.receive([{ id, octets }], { connection: "test", isBackfill: true })
    if (act === "erase") return spool.erase([id])
    return spool.remove([id], act === "cancel" ? "cancelled" : "expired")
  })
}

/** A reader of a site in this process; it offers what an inquiry needs, and notes what is fetched. */
const readerOf = (built: Built, fetched: Array<MessageId.MessageId>): NntpReader.NntpReader => {
  const { answer } = Context.get(built, Reconciler)
  const spool = Context.get(built, Spool)
  const reply = Effect.fnUntraced(function* (line: string, frame: Uint8Array) {
    const [, wildmat = "", from, until] = line.split(" ")
    const of = {
      wildmat: Wildmat.compile(wildmat) ?? Wildmat.nothing,
      window: { from: Number(from), until: Number(until) }
    }
    const answered = yield* Effect.orDie(answer({ of, frame, peer: { connection: "test" } }))
    if (answered._tag === "Since") return { code: 490, text: String(answered.from), block: undefined }
    if (answered._tag !== "Frame") return yield* Effect.die(new Error(answered._tag))
    return { code: 290, text: "", block: new Uint8Array([...answered.octets, 13, 10]) }
  })
  const part = {
    client: {
      server: "in process",
      exchange: (requests: ReadonlyArray<{ readonly line: string; readonly article?: Uint8Array }>) =>
        Effect.forEach(requests, ({ article, line }) => reply(line, article?.subarray(0, -2) ?? new Uint8Array(0)))
    },
    articles: (ids: ReadonlyArray<MessageId.MessageId>) =>
      Effect.forEach(ids, (id) => {
        fetched.push(id)
        return Effect.map(Effect.orDie(spool.find(id)), (held) => held?.article)
      }),
    status: (ids: ReadonlyArray<MessageId.MessageId>) =>
      Effect.all([spool.status(ids), spool.isErased(ids)]).pipe(
        Effect.orDie,
        Effect.map(([statuses, erased]) => ({
          generation: spool.generation.id,
          statuses: statuses.map((status, at) => (erased[at] === true ? ("erased" as const) : status))
        }))
      )
  }
  // The rest of a reader is not asked for anything here.
  return part as unknown as NntpReader.NntpReader
}

const peer = { name: "other", path: "other.test", nntp: "other.test:119", kind: "central", feed: "*" } as const

const settle = (own: Built, other: Built, fetched: Array<MessageId.MessageId>) =>
  Reconcile.settle(
    readerOf(other, fetched),
    peer as unknown as Parameters<typeof Reconcile.settle>[1],
    Reconcile.windowAt(nowMillis, 0),
    false
  ).pipe(Effect.provide(own))

it.effect("makes any two histories the same, removes what either has removed, and fetches nothing twice", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(nowMillis)
    const run = Effect.runPromiseWith(yield* Effect.context())
    const check = Effect.fnUntraced(function* (ours: ReadonlyArray<Act>, theirs: ReadonlyArray<Act>) {
      const [one, other] = [yield* site("one"), yield* site("other")]
      yield* perform(one, ours)
      yield* perform(other, theirs)
      const fetched: Array<MessageId.MessageId> = []
      for (const [own, from] of [
        [one, other],
        [other, one],
        [one, other],
        [other, one]
      ] as const) {
        assert.isUndefined((yield* settle(own, from, fetched)).trouble)
      }
      const [here, there] = [wordsOf(ours), wordsOf(theirs)]
      for (const [at, { messageId }] of pool.entries()) {
        const words = [here.get(at), there.get(at)]
        const statuses = [one, other].map((built) => Context.get(built, Spool).status([messageId]))
        const [[left], [right]] = [
          yield* statuses[0] as (typeof statuses)[0],
          yield* statuses[1] as (typeof statuses)[0]
        ]
        const told = `${messageId} ${words.join()} became ${left} and ${right}`
        if (words.includes("removed") || words.includes("erased")) {
          // What never came to either has no date, and nobody to tell it to.
          const isDated = words.includes("live") || at % 2 === 0
          if (isDated) assert.deepStrictEqual([left, right], ["removed", "removed"], told)
          else assert.notInclude([left, right], "held", told)
          // What is removed on both sides is equal, and not asked about.
          if (isDated && words.includes("erased") && !words.includes("removed")) {
            for (const built of [one, other]) {
              assert.deepStrictEqual(yield* Context.get(built, Spool).isErased([messageId]), [true], told)
            }
          }
        } else if (words.includes("expired")) {
          const expected = words.map((word) => (word === "live" ? "held" : word === "expired" ? "removed" : "unknown"))
          assert.deepStrictEqual([left, right], expected, told)
        } else {
          const expected = words.includes("live") ? "held" : "unknown"
          assert.deepStrictEqual([left, right], [expected, expected], told)
        }
      }
      assert.strictEqual(new Set(fetched).size, fetched.length)
      // What has expired on one side and never came to the other is all that differs.
      const gone = (known: ReadonlyMap<number, Word>, other: ReadonlyMap<number, Word>) =>
        [...known].filter(([at, word]) => word === "expired" && !other.has(at)).length
      const last = yield* settle(one, other, fetched)
      assert.deepInclude(last, { hereOnly: gone(here, there), thereOnly: gone(there, here), unlike: 0 })
    }, Effect.scoped)
    yield* Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(acts, acts, (ours, theirs) => run(check(ours, theirs))),
        { numRuns: 100 }
      )
    )
  })
)
