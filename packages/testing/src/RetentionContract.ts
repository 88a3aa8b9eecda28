/**
 * What every spool promises of forgetting, erasing, expiring and giving room back; part of its contract.
 */
import * as Spool from "@lupin/spool/Spool"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { article, group, id } from "./SampleArticles.ts"
import { equal, type Promised, promise, reclaimAll, tagsOf } from "./SpoolPromise.ts"

const [alpha, beta] = [group("misc.alpha"), group("misc.beta")]

export const retentionPromises: ReadonlyArray<Promised> = [
  promise("forgets what was removed before a time, and nothing that it holds", function* () {
    const spool = yield* Spool.Spool
    yield* spool.store([article(id("1"), [alpha]), article(id("2"), [alpha]), article(id("3"), [alpha])])
    yield* spool.remove([id("1")], "expired")
    yield* TestClock.adjust("1 second")
    yield* spool.remove([id("3")], "expired")
    yield* spool.forget(1_000)
    equal("status", yield* spool.status([id("1"), id("2"), id("3")]), ["unknown", "held", "removed"])
    equal("again", tagsOf(yield* spool.store([article(id("1"), [alpha])])), ["Filed"])
    const head = yield* spool.head
    yield* spool.forget(500)
    equal("nothing new", yield* spool.head, head)
  }),
  promise("forgets nothing that happens from now on, whatever time it is given", function* () {
    const spool = yield* Spool.Spool
    yield* spool.forget(1_000_000)
    yield* spool.remove([id("1")], "cancelled")
    equal("status", yield* spool.status([id("1")]), ["removed"])
  }),
  promise(
    "remembers what was refused until that is forgotten, tells followers nothing, and refuses nothing known",
    function* () {
      const spool = yield* Spool.Spool
      yield* spool.store([article(id("1"), [alpha])])
      yield* spool.refuse([id("1"), id("2"), id("3")])
      equal("status", yield* spool.status([id("1"), id("2"), id("3")]), ["held", "removed", "removed"])
      equal("not taken", tagsOf(yield* spool.store([article(id("2"), [alpha])])), ["Removed"])
      const head = yield* spool.head
      yield* spool.refuse([id("2")])
      equal("once", yield* spool.head, head)
      yield* reclaimAll
      equal("still", yield* spool.status([id("2")]), ["removed"])
      equal("changes", (yield* spool.changes(0, 9)).changes.length, 1)
      yield* TestClock.adjust("1 second")
      yield* spool.forget(1_000)
      equal("forgotten", yield* spool.status([id("1"), id("2"), id("3")]), ["held", "unknown", "unknown"])
      equal("taken", tagsOf(yield* spool.store([article(id("2"), [alpha])])), ["Filed"])
    }
  ),
  promise("erases what is held, removed or unknown, and takes none of it ever again", function* () {
    const spool = yield* Spool.Spool
    const base = spool.generation.numberBase
    const ids = [id("1"), id("2"), id("3")]
    yield* spool.store([article(id("1"), [alpha]), article(id("2"), [alpha]), article(id("4"), [alpha])])
    yield* spool.remove([id("2")], "expired")
    yield* spool.erase(ids)
    equal("status", yield* spool.status([...ids, id("4")]), ["removed", "removed", "removed", "held"])
    equal("erased", yield* spool.isErased([...ids, id("4"), id("5")]), [true, true, true, false, false])
    equal("find", yield* spool.find(id("1")), undefined)
    equal("numbers", yield* spool.numbers(alpha, 0, base + 9, 9), [base + 3])
    yield* TestClock.adjust("30 days")
    yield* spool.forget(Infinity)
    equal("again", tagsOf(yield* spool.store(ids.map((one) => article(one, [alpha])))), [
      "Removed",
      "Removed",
      "Removed"
    ])
    const head = yield* spool.head
    yield* spool.erase(ids)
    equal("twice", yield* spool.head, head)
  }),
  promise("has the octets of what was cancelled for digesters, until it is erased", function* () {
    const spool = yield* Spool.Spool
    const one = article(id("1"), [alpha])
    const found = (name: string) =>
      Effect.map(spool.findRemoved(id(name)), (octets) => octets && new TextDecoder().decode(octets))
    yield* spool.store([one, article(id("2"), [alpha])])
    equal("held", yield* found("1"), undefined)
    yield* spool.remove([id("1"), id("3")], "cancelled")
    equal("cancelled", yield* found("1"), new TextDecoder().decode(one.octets))
    equal("never here", yield* found("3"), undefined)
    yield* spool.erase([id("1"), id("2")])
    equal("erased", [yield* found("1"), yield* found("2")], [undefined, undefined])
  }),
  promise("tells followers that what was erased was cancelled, and nothing more of it", function* () {
    const spool = yield* Spool.Spool
    yield* spool.store([article(id("1"), [alpha])])
    yield* spool.erase([id("1")])
    yield* reclaimAll
    const { changes } = yield* spool.changes(0, 10)
    equal(
      "changes",
      changes.map((change) => [change._tag, change.id, change.groups, change._tag === "Removed" ? change.why : ""]),
      [["Removed", id("1"), [alpha], "cancelled"]]
    )
  }),
  promise("lists what expires, the earliest first, as long as it is held", function* () {
    const spool = yield* Spool.Spool
    const expiring = (name: string, second: number) =>
      article(id(name), [alpha], "words\r\n", [["Expires", `Thu, 1 Jan 2026 00:00:0${second} +0000`]])
    const at = (second: number): number => Date.UTC(2026, 0, 1, 0, 0, second)
    yield* spool.store([
      expiring("5", 5),
      expiring("3", 3),
      article(id("0"), [alpha]),
      expiring("4", 4),
      expiring("9", 9)
    ])
    const list = (until: number, limit: number) =>
      Effect.map(spool.expiring(at(until), limit), ({ changes, nextMillis }) => [
        changes.map((change) => [change.id, change.expiresMillis]),
        nextMillis
      ])
    equal("none", yield* list(2, 9), [[], at(3)])
    equal("some", yield* list(4, 9), [
      [
        [id("3"), at(3)],
        [id("4"), at(4)]
      ],
      at(5)
    ])
    yield* spool.remove([id("3")], "cancelled")
    equal("limited", (yield* list(8, 1))[0], [[id("4"), at(4)]])
    equal("all", yield* list(9, 9), [
      [
        [id("4"), at(4)],
        [id("5"), at(5)],
        [id("9"), at(9)]
      ],
      undefined
    ])
  }),
  promise("knows what the articles that it holds take", function* () {
    const spool = yield* Spool.Spool
    equal("empty", yield* spool.usage, [])
    yield* spool.store([article(id("1"), [alpha]), article(id("2"), [beta])])
    const [two] = yield* spool.usage
    equal("two", [two?.class, two?.articles, (two?.bytes ?? 0) > 100], ["", 2, true])
    yield* spool.remove([id("1")], "expired")
    const [one] = yield* spool.usage
    equal("one", [one?.articles, (one?.bytes ?? 0) < (two?.bytes ?? 0)], [1, true])
    yield* spool.erase([id("2")])
    equal("none", yield* spool.usage, [])
  }),
  promise("gives room back without a change for readers, followers, doors and new numbers", function* () {
    const spool = yield* Spool.Spool
    const base = spool.generation.numberBase
    const names = Array.from({ length: 60 }, (_, at) => id(`n${at}`))
    const kept = names.filter((_, at) => at % 7 === 3)
    const gone = names.filter((_, at) => at % 7 !== 3)
    for (const name of names) yield* spool.store([article(name, [alpha], "words\r\n".repeat(40))])
    yield* spool.remove(gone, "expired")
    yield* spool.store([article(id("last"), [beta])])
    const head = yield* spool.head
    yield* reclaimAll
    equal("head", yield* spool.head, head)
    equal("group", yield* spool.group(alpha), {
      name: alpha,
      low: base + 4,
      high: base + 60,
      count: kept.length,
      status: "y",
      createdMillis: 0
    })
    for (const name of kept) equal("found", (yield* spool.find(name))?.numbers.length, 1)
    equal("statuses", new Set(yield* spool.status(gone)), new Set(["removed"]))
    const seen: Array<string> = []
    for (let after = 0; after < head;) {
      const page = yield* spool.changes(after, 5)
      for (const change of page.changes) seen.push(`${change._tag} ${change.id}`)
      equal("moves on", page.next > after, true)
      after = page.next
    }
    equal("once", new Set(seen).size, seen.length)
    for (const name of [...kept, id("last")]) equal("filed", seen.includes(`Filed ${name}`), true)
    for (const name of gone) equal("removed", seen.includes(`Removed ${name}`), true)
    const [stored] = yield* spool.store([article(id("next"), [alpha])])
    equal("next", stored, { _tag: "Filed", position: head + 1, numbers: [[alpha, base + 61]] })
  })
]
