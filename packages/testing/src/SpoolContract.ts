/**
 * What every spool promises, as checks to run on each layer of it.
 *
 * `for (const promise of spoolContract) it.effect(promise.name, () => promise.check.pipe(Effect.provide(layer)))`, under
 * a TestClock and with a new layer each time.
 */
import * as MessageId from "@lupin/core/MessageId"
import * as Overview from "@lupin/core/Overview"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import * as Spool from "@lupin/spool/Spool"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Buffer } from "node:buffer"
import { retentionPromises } from "./RetentionContract.ts"
import { article, digest, digestId, group, id } from "./SampleArticles.ts"
import { equal, isKnown, type Promised, promise, tagsOf } from "./SpoolPromise.ts"

const [alpha, beta, gamma] = [group("misc.alpha"), group("misc.beta"), group("misc.gamma")]

const storing: ReadonlyArray<Promised> = [
  promise("gives a crosspost one number in each group, above the generation's base and rising", function* () {
    const spool = yield* Spool.Spool
    const { numberBase } = spool.generation
    const stored = yield* spool.store([article(id("1"), [alpha]), article(id("2"), [beta, alpha])])
    equal("stored", stored, [
      { _tag: "Filed", position: 1, numbers: [[alpha, numberBase + 1]] },
      {
        _tag: "Filed",
        position: 2,
        numbers: [
          [beta, numberBase + 1],
          [alpha, numberBase + 2]
        ]
      }
    ])
    equal("head", yield* spool.head, 2)
  }),
  promise("has a generation of 26 characters that starts when it was made", function* () {
    const { generation } = yield* Spool.Spool
    equal("id", /^[a-z2-7]{26}$/.test(generation.id), true)
    equal("started", generation.startedMillis, 0)
  }),
  promise("takes an article once, whether it comes again in a batch or later", function* () {
    const spool = yield* Spool.Spool
    const one = article(id("1"), [alpha])
    equal("batch", tagsOf(yield* spool.store([one, one])), ["Filed", "AlreadyHere"])
    equal("later", tagsOf(yield* spool.store([one])), ["AlreadyHere"])
    equal("group", (yield* spool.group(alpha))?.count, 1)
    equal("nothing", yield* spool.store([]), [])
  }),
  promise("gives each of many who store at once its own numbers, and one of them each article", function* () {
    const spool = yield* Spool.Spool
    const batchOf = (writer: number) => [0, 1, 2].map((at) => article(id(`${(writer + at) % 20}`), [alpha]))
    const answers = yield* Effect.forEach(
      Array.from({ length: 20 }, (_, writer) => writer),
      (writer) => spool.store(batchOf(writer)),
      { concurrency: "unbounded" }
    )
    const numbers = answers.flat().flatMap((stored) => (stored._tag === "Filed" ? [stored.numbers[0]?.[1]] : []))
    equal("filed", new Set(numbers).size, 20)
    equal("all", numbers.length, 20)
  }),
  promise("keeps the order of a batch that is longer than one write", function* () {
    const spool = yield* Spool.Spool
    const { numberBase } = spool.generation
    const large = "x".repeat(900_000)
    const batch = Array.from({ length: 1_200 }, (_, at) =>
      article(id(`n${at}`), [alpha], at % 200 === 0 ? large : "short\r\n")
    )
    const stored = yield* spool.store(batch)
    equal(
      "numbers",
      stored.map((one) => (one._tag === "Filed" ? one.numbers[0]?.[1] : one._tag)),
      batch.map((_, at) => numberBase + at + 1)
    )
    equal("last", (yield* spool.find(id("n1000")))?.article.length, batch[1_000]?.octets.length)
  }),
  promise("gives back octets as they came, by id and by number", function* () {
    const spool = yield* Spool.Spool
    yield* TestClock.setTime(5_000)
    const latin = article(id("1"), [alpha, beta], "naïve caf\u00e9\r\n..\r\n")
    yield* spool.store([latin])
    const { path: site } = yield* SiteIdentity
    const number = spool.generation.numberBase + 1
    const all = {
      article: latin.octets,
      numbers: [
        [alpha, number],
        [beta, number]
      ],
      position: 1,
      arrivedMillis: 5_000,
      xref: new TextEncoder().encode(`Xref: ${site} ${alpha}:${number} ${beta}:${number}`),
      bytes: latin.octets.length,
      wire: undefined
    }
    equal("held", allOf(yield* spool.find(id("1"))), all)
    equal("by number", allOf(yield* spool.at(beta, number)), all)
    equal("another number", yield* spool.at(beta, number + 1), undefined)
    equal("another group", yield* spool.at(gamma, number), undefined)
    equal("another id", yield* spool.find(id("2")), undefined)
    yield* spool.store([article(id("2"), [alpha], "no dot in front: .\r\n")])
    const found = yield* spool.find(id("2"))
    const into = Buffer.alloc(found?.wire?.bytesMax ?? 0)
    const sent = into.subarray(0, found?.wire?.write(into, 0))
    const lines = `${id("2")}\r\nXref: ${site} ${alpha}:${number + 1}\r\n`
    equal("as it is sent", sent, Buffer.concat([Buffer.from(lines), found?.article ?? new Uint8Array()]))
  })
]

/** All that a spool tells of an article, some of which it reads only when asked. */
const allOf = (held: Spool.Held | undefined): Spool.Held | undefined => {
  if (held === undefined) return undefined
  const { arrivedMillis, article, bytes, numbers, position, wire, xref } = held
  return { article, numbers, position, arrivedMillis, xref, bytes, wire }
}

const removing: ReadonlyArray<Promised> = [
  promise("shows nothing of what was removed, and remembers it", function* () {
    const spool = yield* Spool.Spool
    const base = spool.generation.numberBase
    yield* spool.store(["1", "2", "3"].map((name) => article(id(name), [alpha])))
    yield* spool.remove([id("2")], "cancelled")
    equal("status", yield* spool.status([id("1"), id("2"), id("4")]), ["held", "removed", "unknown"])
    const known = ["1", "2", "4"].map((name) => isKnown(spool, id(name)))
    equal("known", known, [true, true, false])
    equal("find", yield* spool.find(id("2")), undefined)
    equal("at", yield* spool.at(alpha, base + 2), undefined)
    equal("numbers", yield* spool.numbers(alpha, 0, base + 9, 9), [base + 1, base + 3])
    const lines = yield* spool.overview(alpha, 0, base + 9, 9)
    equal(
      "overview",
      lines.map(({ number }) => number),
      [base + 1, base + 3]
    )
    equal("again", tagsOf(yield* spool.store([article(id("2"), [alpha])])), ["Removed"])
  }),
  promise("moves the low mark over what was removed, never back, and above an empty group's high mark", function* () {
    const spool = yield* Spool.Spool
    const base = spool.generation.numberBase
    const marks = Effect.map(spool.group(alpha), (there) => [there?.low, there?.high, there?.count])
    yield* spool.store(["1", "2", "3"].map((name) => article(id(name), [alpha])))
    yield* spool.remove([id("2")], "expired")
    equal("middle", yield* marks, [base + 1, base + 3, 2])
    yield* spool.remove([id("1")], "expired")
    equal("lowest", yield* marks, [base + 3, base + 3, 1])
    yield* spool.remove([id("3")], "expired")
    equal("all", yield* marks, [base + 4, base + 3, 0])
    yield* spool.store([article(id("4"), [alpha])])
    equal("next", yield* marks, [base + 4, base + 4, 1])
  }),
  promise("refuses an article whose cancel came first", function* () {
    const spool = yield* Spool.Spool
    yield* spool.remove([id("1")], "cancelled")
    equal("stored", tagsOf(yield* spool.store([article(id("1"), [alpha])])), ["Removed"])
    equal("group", yield* spool.group(alpha), undefined)
  }),
  promise("expires only what it holds", function* () {
    const spool = yield* Spool.Spool
    yield* spool.remove([id("1")], "expired")
    equal("head", yield* spool.head, 0)
    equal("stored", tagsOf(yield* spool.store([article(id("1"), [alpha])])), ["Filed"])
  }),
  promise("keeps the highest digest of a key, whichever comes first", function* () {
    const spool = yield* Spool.Spool
    const [a, b, c] = [digestId("a"), digestId("b"), digestId("c")]
    const batch = [digest(a, "lake", 2), digest(b, "lake", 3), digest(c, "lake", 1)]
    equal("stored", tagsOf(yield* spool.store(batch)), ["Filed", "Filed", "Filed"])
    equal("status", yield* spool.status([a, b, c]), ["removed", "held", "removed"])
    yield* spool.store([digest(digestId("d"), "peak", 1)])
    equal("other key", yield* spool.status([b, digestId("d")]), ["held", "held"])
    const { changes } = yield* spool.changes(0, 10)
    equal(
      "changes",
      changes.map((change) => [change.position, change.id, change._tag === "Removed" ? change.why : change.slot?.key]),
      [
        [1, a, "digest app/ratings/lake"],
        [2, b, "digest app/ratings/lake"],
        [3, a, "superseded"],
        [4, c, "digest app/ratings/lake"],
        [5, c, "superseded"],
        [6, digestId("d"), "digest app/ratings/peak"]
      ]
    )
  })
]

const reading: ReadonlyArray<Promised> = [
  promise("gives overview lines with the Xref of all numbers, by range and by id", function* () {
    const spool = yield* Spool.Spool
    const site = yield* SiteIdentity
    const base = spool.generation.numberBase
    const one = article(id("1"), [beta, alpha])
    yield* spool.store([article(id("0"), [alpha]), one])
    const xref = `${site.path} misc.beta:${base + 1} misc.alpha:${base + 2}`
    equal("range", yield* spool.overview(alpha, base + 2, base + 2, 9), [
      { number: base + 2, line: Overview.line(base + 2, one, xref) }
    ])
    equal("by id", yield* spool.overviewOf([id("9"), id("1")]), [undefined, Overview.line(base + 1, one, xref)])
    equal("limit", (yield* spool.overview(alpha, 0, base + 9, 1)).length, 1)
    equal("reversed", yield* spool.overview(alpha, base + 2, base + 1, 9), [])
    equal("nowhere", yield* spool.overview(gamma, 0, base + 9, 9), [])
  }),
  promise("finds the neighbours of a number over gaps", function* () {
    const spool = yield* Spool.Spool
    const base = spool.generation.numberBase
    yield* spool.store(["1", "2", "3"].map((name) => article(id(name), [alpha])))
    yield* spool.remove([id("2")], "cancelled")
    equal("next", yield* spool.neighbour(alpha, base + 1, "next"), base + 3)
    equal("last", yield* spool.neighbour(alpha, base + 3, "last"), base + 1)
    equal("above all", yield* spool.neighbour(alpha, base + 3, "next"), undefined)
    equal("below all", yield* spool.neighbour(alpha, base + 1, "last"), undefined)
    equal("nowhere", yield* spool.neighbour(gamma, base + 1, "next"), undefined)
  }),
  promise("adds groups and removes them, and never gives a number of theirs again", function* () {
    const spool = yield* Spool.Spool
    const base = spool.generation.numberBase
    yield* spool.addGroup(alpha, "m")
    equal("added", yield* spool.group(alpha), {
      name: alpha,
      low: base + 1,
      high: base,
      count: 0,
      status: "m",
      createdMillis: 0
    })
    yield* spool.store([article(id("1"), [alpha, beta], "words\r\n", [["Approved", "moderator@test.example"]])])
    yield* spool.removeGroup(alpha)
    equal("removed", yield* spool.group(alpha), undefined)
    equal(
      "left",
      (yield* spool.groups).map(({ name }) => name),
      [beta]
    )
    equal("still held", (yield* spool.find(id("1"))) !== undefined, true)
    equal("without number", yield* spool.at(alpha, base + 1), undefined)
    yield* TestClock.adjust("1 second")
    yield* spool.store([article(id("2"), [alpha])])
    yield* spool.remove([id("1")], "expired")
    const again = { name: alpha, low: base + 2, high: base + 2, count: 1, status: "y", createdMillis: 1_000 }
    equal("again", yield* spool.group(alpha), again)
  }),
  promise("lists groups by name", function* () {
    const spool = yield* Spool.Spool
    yield* spool.store([article(id("1"), [gamma, alpha]), article(id("2"), [beta])])
    equal(
      "names",
      (yield* spool.groups).map(({ name }) => name),
      [alpha, beta, gamma]
    )
  }),
  promise("knows what id a client's UUID has, held or removed, and no other ids", function* () {
    const spool = yield* Spool.Spool
    const uuid = "01939f2e-0000-7000-8000-000000000000"
    const mine = MessageId.MessageId.make(`<${uuid}.${"k".repeat(26)}@app.client.lupin>`)
    const foreign = MessageId.MessageId.make(`<${uuid}.aaaa@elsewhere.example>`)
    yield* spool.store([article(foreign, [alpha])])
    equal("foreign", yield* spool.findUuid(uuid), undefined)
    yield* spool.store([article(mine, [alpha])])
    equal("held", yield* spool.findUuid(uuid), mine)
    yield* spool.remove([mine], "cancelled")
    equal("removed", yield* spool.findUuid(uuid), mine)
    yield* TestClock.adjust("1 second")
    yield* spool.forget(1_000)
    equal("forgotten", yield* spool.findUuid(uuid), undefined)
  })
]

const following: ReadonlyArray<Promised> = [
  promise("tells followers every change once, in order, page by page", function* () {
    const spool = yield* Spool.Spool
    yield* spool.addGroup(gamma, "y")
    yield* spool.store([article(id("1"), [alpha]), article(id("2"), [beta])])
    yield* spool.remove([id("1"), id("9")], "cancelled")
    const seen: Array<unknown> = []
    for (let after = 0; after < 5;) {
      const page = yield* spool.changes(after, 2)
      equal("head", page.head, 5)
      equal("page", page.changes.length <= 2 && page.next > after, true)
      for (const change of page.changes) seen.push([change.position, change._tag, change.id, change.groups])
      after = page.next
    }
    equal("changes", seen, [
      [2, "Filed", id("1"), [alpha]],
      [3, "Filed", id("2"), [beta]],
      [4, "Removed", id("1"), [alpha]],
      [5, "Removed", id("9"), []]
    ])
    equal("at the head", yield* spool.changes(5, 10), { changes: [], next: 5, head: 5 })
  }),
  promise("tells a follower what it needs to decide on an article", function* () {
    const spool = yield* Spool.Spool
    yield* TestClock.setTime(7_000)
    const one = article(id("1"), [alpha])
    yield* spool.store([one])
    equal("change", (yield* spool.changes(0, 1)).changes, [
      {
        _tag: "Filed",
        position: 1,
        id: id("1"),
        groups: [alpha],
        bytes: one.octets.length,
        arrivedMillis: 7_000,
        injectedMillis: one.injectedMillis,
        path: one.path
      }
    ])
  }),
  promise("tells the date of an article, also once it is removed, unless the id holds it", function* () {
    const spool = yield* Spool.Spool
    const client = MessageId.MessageId.make("<01939f2e-0000-7000-8000-000000000001.a@app.client.lupin>")
    const dated = article(id("1"), [alpha])
    yield* spool.store([dated, article(client, [alpha])])
    yield* spool.remove([client, dated.messageId, id("never")], "cancelled")
    const { changes } = yield* spool.changes(0, 9)
    equal(
      "dates",
      changes.map((change) => [change._tag, change.injectedMillis]),
      [
        ["Filed", dated.injectedMillis],
        ["Filed", undefined],
        ["Removed", undefined],
        ["Removed", dated.injectedMillis],
        ["Removed", undefined]
      ]
    )
  }),
  promise("wakes everyone who waits for a change, and nobody who waits for a later one", function* () {
    const spool = yield* Spool.Spool
    const waiting = yield* Effect.forEach([0, 0, 0], (after) => Effect.forkChild(spool.changed(after)))
    const later = yield* Effect.forkChild(spool.changed(1))
    yield* Effect.yieldNow
    yield* spool.store([article(id("1"), [alpha])])
    yield* Fiber.joinAll(waiting)
    equal("later", later.pollUnsafe(), undefined)
    yield* spool.store([article(id("2"), [alpha])])
    yield* Fiber.join(later)
    yield* spool.changed(1)
  }),
  promise("calls back whoever watches, once for each move of its head, until that is ended", function* () {
    const spool = yield* Spool.Spool
    const seen: Array<number> = []
    const told: Array<Spool.Change> = []
    const stop = spool.watch((head, changes) => {
      seen.push(head)
      told.push(...changes)
    })
    yield* spool.store([article(id("1"), [alpha]), article(id("2"), [alpha])])
    equal("after a batch", seen, [yield* spool.head])
    yield* spool.store([article(id("1"), [alpha])])
    yield* spool.remove([id("1")], "cancelled")
    const head = yield* spool.head
    equal("the last", seen.at(-1), head)
    equal("told", told, (yield* spool.changes(0, 10)).changes)
    stop()
    yield* spool.store([article(id("3"), [alpha])])
    equal("after its end", seen.at(-1), head)
  }),
  promise("keeps the position of each follower", function* () {
    const spool = yield* Spool.Spool
    equal("at first", yield* spool.readPosition("feed to lhr1"), undefined)
    yield* spool.savePosition("feed to lhr1", 3)
    yield* spool.savePosition("digester", 9)
    yield* spool.savePosition("feed to lhr1", 2)
    equal("saved", [yield* spool.readPosition("feed to lhr1"), yield* spool.readPosition("digester")], [2, 9])
  }),
  promise("lists what arrived since a time and is held, page by page", function* () {
    const spool = yield* Spool.Spool
    yield* spool.store([article(id("1"), [alpha])])
    yield* TestClock.setTime(10_000)
    yield* spool.store([article(id("2"), [alpha]), article(id("3"), [alpha, beta])])
    yield* TestClock.setTime(20_000)
    yield* spool.store([article(id("4"), [beta])])
    yield* spool.remove([id("2")], "cancelled")
    const all = yield* spool.arrivedSince(10_000, 10)
    equal("all", all, [
      { id: id("3"), groups: [alpha, beta], position: 3, arrivedMillis: 10_000 },
      { id: id("4"), groups: [beta], position: 4, arrivedMillis: 20_000 }
    ])
    equal("first", yield* spool.arrivedSince(10_000, 1), all.slice(0, 1))
    equal("second", yield* spool.arrivedSince(10_000, 1, 3), all.slice(1))
    equal("later", yield* spool.arrivedSince(20_001, 10), [])
  }),
  promise("never lets arrival go back, whatever the clock does", function* () {
    const spool = yield* Spool.Spool
    yield* TestClock.setTime(10_000)
    yield* spool.store([article(id("1"), [alpha])])
    yield* TestClock.setTime(4_000)
    yield* spool.store([article(id("2"), [alpha])])
    equal("arrived", (yield* spool.find(id("2")))?.arrivedMillis, 10_000)
  })
]

export const spoolContract: ReadonlyArray<Promised> = [
  ...storing,
  ...removing,
  ...reading,
  ...following,
  ...retentionPromises
]
