import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import type * as Article from "@lupin/core/Article"
import * as Limits from "@lupin/core/Limits"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Expiry from "@lupin/spool/Expiry"
import * as Repair from "@lupin/spool/Repair"
import { article, digest, digestId, group, id } from "@lupin/testing/SampleArticles"
import { Disk } from "../src/Disk.ts"
import { follow, HistoryTree } from "../src/HistoryTree.ts"
import { Spool } from "../src/Spool.ts"
import { inSpool } from "./OpenSpool.ts"
import * as RottenLog from "./RottenLog.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

/** One record a file, so that each can be damaged by itself. */
const options = { segmentBytes: 20 }
const recordAt = RottenLog.fileHeadBytes
/** The octet of a head that stands for the checksum of what is told of an article. */
const toldAt = recordAt + 4
/** An octet of what is told. */
const eventAt = recordAt + 40

const one = article(id("one"), [group("misc.new")])
const two = article(id("two"), [group("misc.new")])
const worse = digest(digestId("a"), "lake", 4)
const better = digest(digestId("b"), "lake", 5)
const best = digest(digestId("c"), "lake", 6)

/** Turns over one bit of the n-th record of the log. */
const rot = (directory: string, record: number, octet: number): void => {
  const names = fs.readdirSync(path.join(directory, "log")).toSorted()
  const file = path.join(directory, "log", names[record] ?? "")
  const octets = fs.readFileSync(file)
  octets[octet] = (octets[octet] ?? 0) ^ 1
  fs.writeFileSync(file, octets)
}

const loseIndex = (directory: string): void => fs.rmSync(path.join(directory, "index"), { recursive: true })

/** Ids as the log tells of them, in order. */
const told = (spool: Spool["Service"]) =>
  Effect.map(spool.changes(0, 99), ({ changes }) => changes.map(({ _tag, id }) => `${_tag} ${id}`))

const spoolIn = <A, E>(directory: string, use: (spool: Spool["Service"]) => Effect.Effect<A, E>) =>
  inSpool(directory, use, options)

describe("a log in which bits have turned over", () => {
  it.effect("tells a removal again when somebody repeats it", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* spoolIn(directory, (spool) =>
        Effect.andThen(spool.store([one]), spool.remove([one.messageId], "cancelled"))
      )
      rot(directory, 1, eventAt)
      yield* spoolIn(directory, (spool) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* told(spool), [`Filed ${one.messageId}`])
          assert.deepStrictEqual(yield* spool.status([one.messageId]), ["removed"])
          yield* spool.remove([one.messageId], "cancelled")
          yield* spool.remove([one.messageId], "cancelled")
          assert.deepStrictEqual(yield* told(spool), [`Filed ${one.messageId}`, `Removed ${one.messageId}`])
          const [, removed] = (yield* spool.changes(0, 9)).changes
          assert.deepStrictEqual(removed?.groups, one.groups)
        })
      )
    })
  )

  it.effect("makes no history in which a digest that another outranks is a member", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* spoolIn(directory, (spool) => spool.store([worse]))
      yield* spoolIn(directory, (spool) => spool.store([better]))
      yield* spoolIn(directory, (spool) => spool.store([best]))
      rot(directory, 1, eventAt)
      const look = (spool: Spool["Service"]) =>
        Effect.gen(function* () {
          const history = new HistoryTree(Wildmat.everything)
          yield* follow(spool, history)
          assert.strictEqual(history.tree.size, 1)
          assert.deepStrictEqual(yield* spool.status([worse.messageId, best.messageId]), ["removed", "held"])
          assert.strictEqual((yield* spool.group(group("digests.app.ratings.lake")))?.count, 1)
        })
      yield* spoolIn(directory, look)
      loseIndex(directory)
      yield* spoolIn(directory, look)
    })
  )

  it.effect("tells what is in memory, whatever has become of the disk", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* spoolIn(directory, (spool) => spool.store([one]))
      yield* spoolIn(directory, (spool) =>
        Effect.gen(function* () {
          yield* spool.store([two])
          rot(directory, 1, eventAt)
          assert.deepStrictEqual(yield* told(spool), [`Filed ${one.messageId}`, `Filed ${two.messageId}`])
        })
      )
    })
  )

  it.effect("finds the way on again where it had led to a record that has rotted since", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const three = article(id("three"), [group("misc.new")])
      for (const each of [one, two, three]) yield* spoolIn(directory, (spool) => spool.store([each]))
      rot(directory, 0, eventAt)
      yield* spoolIn(directory, (spool) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* told(spool), [`Filed ${two.messageId}`, `Filed ${three.messageId}`])
          rot(directory, 1, eventAt)
          // Another look would have the octets that were read last.
          yield* spool.find(three.messageId)
          assert.deepStrictEqual((yield* told(spool)).at(-1), `Filed ${three.messageId}`)
        })
      )
    })
  )

  it.effect("loses nothing by a checksum that has rotted itself", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* spoolIn(directory, (spool) => spool.store([one]))
      rot(directory, 0, toldAt)
      yield* spoolIn(directory, (spool) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* told(spool), [`Filed ${one.messageId}`])
          assert.isDefined(yield* spool.find(one.messageId))
        })
      )
    })
  )

  it.effect("finds a record whose checksum alone has rotted behind one that cannot be read", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const three = article(id("three"), [group("misc.new")])
      for (const each of [one, two, three]) yield* spoolIn(directory, (spool) => spool.store([each]))
      rot(directory, 0, eventAt)
      rot(directory, 1, toldAt)
      const look = (spool: Spool["Service"]) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* told(spool), [`Filed ${two.messageId}`, `Filed ${three.messageId}`])
          assert.isDefined(yield* spool.find(two.messageId))
        })
      yield* spoolIn(directory, look)
      loseIndex(directory)
      yield* spoolIn(directory, look)
    })
  )

  it.effect("names a damaged article by what is in memory, when it is read by its number", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      // Longer than what is kept of the newest octets.
      const long = article(id("long"), [group("misc.new")], "words and words\r\n".repeat(20_000))
      yield* spoolIn(directory, (spool) =>
        Effect.gen(function* () {
          yield* spool.store([long])
          rot(directory, 0, eventAt)
          const [number = 0] = yield* spool.numbers(group("misc.new"), 0, 2 ** 31 - 1, 9)
          assert.isUndefined(yield* spool.at(group("misc.new"), number))
          assert.deepStrictEqual((yield* spool.condition).damaged, [long.messageId])
        })
      )
    })
  )
})

/** All that the log tells, in pages, and how many events it says it cannot tell any more. */
const allTold = Effect.fnUntraced(function* (spool: Spool["Service"]) {
  const seen = new Set<string>()
  let lost = 0
  for (let after = 0; ;) {
    const page = yield* spool.changes(after, 3)
    for (const { _tag, id } of page.changes) seen.add(`${_tag} ${id}`)
    lost += page.lost ?? 0
    if (page.next >= page.head || page.next === after) return { seen, lost }
    after = page.next
  }
})

/** What is seen of an article behind the rot. */
interface Seen {
  readonly isWhole: boolean
  /** Of its cancel: `sure` where its record is whole or the index still knows. */
  readonly removal: "none" | "sure" | "doubtful"
  readonly isServed: boolean
  readonly status: "held" | "removed" | "unknown"
  readonly isTold: boolean
  /** In quarantine, or one of those that are counted and not named. */
  readonly isListed: boolean
}

/** What a spool does wrong with an article, if anything. */
const faultOf = ({ isListed, isServed, isTold, isWhole, removal, status }: Seen): string | undefined => {
  if (removal === "sure" || (removal === "doubtful" && status === "removed")) {
    if (status !== "removed") return "is cancelled, and not known to be"
    return isServed ? "is cancelled, and served" : undefined
  }
  if (status !== (isServed ? "held" : "unknown")) return `is ${isServed ? "" : "not "}served, and said to be ${status}`
  if (isServed) return isTold ? undefined : "is served, and not told"
  if (isWhole) return "is whole, and not served"
  return isListed ? undefined : "is not served, nor listed, nor counted"
}

/** Makes a spool of a history, and says where its records lie: those of articles, of their cancels, and one more. */
const written = (
  directory: string,
  spool: Spool["Service"],
  articles: ReadonlyArray<Article.Article>,
  cancelled: ReadonlyArray<Article.Article>
) =>
  Effect.forEach(
    [
      ...articles.map((one) => () => spool.store([one])),
      ...cancelled.map(
        ({ messageId }) =>
          () =>
            spool.remove([messageId], "cancelled")
      ),
      () => spool.store([two])
    ],
    (act) => RottenLog.recordOf(directory, act)
  )

/** Makes a spool of a history, lets it rot, and gives what opens it again. */
const rotten = Effect.fnUntraced(function* (history: RottenLog.History) {
  const { bodies, isIndexLost, isVerified, segmentBytes } = history
  const directory = yield* temporaryDirectory
  const articles = bodies.map((lines, at) => article(id(`n${at}`), [group("misc.new")], "words\r\n".repeat(lines)))
  const cancelled = articles.filter((_, at) => history.cancelled.includes(at))
  const open = <A, E>(use: (spool: Spool["Service"]) => Effect.Effect<A, E>) =>
    Effect.provideService(inSpool(directory, use, { segmentBytes, durability: "kernel" }), Disk, RottenLog.disk)
  const records = yield* open((spool) => written(directory, spool, articles, cancelled))
  // What has rotted at the end of a log whose index is lost passes for a torn tail: the last record stays as it is.
  const isWhole = RottenLog.rotIn(directory, records.slice(0, -1), history.rots)
  const files = new Set(history.heads.map((record) => records[record % records.length]?.file ?? ""))
  for (const file of files) RottenLog.rotHead(directory, file)
  const report = isVerified ? yield* Repair.verify(directory, () => {}) : undefined
  if (isIndexLost) loseIndex(directory)
  return { articles, cancelled, isWhole, open, report }
})

/** Fails where a spool serves or tells less than it can of a history of which some octets have rotted, or another thing. */
const keepsWhatIsWhole = Effect.fnUntraced(function* (history: RottenLog.History) {
  const { isIndexLost } = history
  const { articles, cancelled, isWhole, open, report } = yield* rotten(history)
  yield* open(
    Effect.fnUntraced(function* (spool) {
      const found = yield* Effect.forEach(articles, ({ messageId }) => spool.find(messageId))
      const { lost, seen } = yield* allTold(spool)
      const { damaged, damagedRecords, gapsPassed = 0 } = yield* spool.condition
      const statuses = yield* spool.status(articles.map(({ messageId }) => messageId))
      let untold = 0
      for (const [at, one] of articles.entries()) {
        const { messageId, octets } = one
        const [held, status = "unknown"] = [found[at], statuses[at]]
        if (held !== undefined) assert.isTrue(Buffer.from(held.article).equals(octets), `other octets of ${messageId}`)
        const isCancelWhole = cancelled.includes(one) && isWhole[articles.length + cancelled.indexOf(one)] === true
        if (isCancelWhole) assert.isTrue(seen.has(`Removed ${messageId}`), `${messageId} is not told to be gone`)
        const fault = faultOf({
          isWhole: isWhole[at] === true,
          removal: !cancelled.includes(one) ? "none" : isCancelWhole || !isIndexLost ? "sure" : "doubtful",
          isServed: held !== undefined,
          status,
          isTold: seen.has(`Filed ${messageId}`),
          isListed: damaged.includes(messageId) || damagedRecords + gapsPassed > damaged.length
        })
        assert.isUndefined(fault, `${messageId} ${fault}`)
        if (status !== "removed" && !seen.has(`Filed ${messageId}`)) untold += 1
        const isInReport = report?.damaged.includes(messageId) === true
        if (report !== undefined && !cancelled.includes(one))
          assert.strictEqual(isInReport, held === undefined, messageId)
      }
      assert.isAtLeast(lost, untold, "more articles are not told than events are counted as lost")
      assert.isDefined(yield* spool.find(two.messageId))
      yield* letsGoOfAll(spool)
    })
  )
})

/** Fails where retention leaves something, once the time of all has come. */
const letsGoOfAll = Effect.fnUntraced(function* (spool: Spool["Service"]) {
  yield* TestClock.adjust(Limits.historyMillis)
  while ((yield* Effect.provideService(Expiry.sweep(), Spool, spool)).next._tag === "Now");
  assert.deepStrictEqual((yield* spool.condition).damaged, [])
  for (const { count, name } of yield* spool.groups) {
    assert.deepStrictEqual(yield* spool.numbers(name, 0, Infinity, 99), [], name)
    assert.strictEqual(count, 0, name)
  }
})

describe("a log of which any octets have rotted", () => {
  const what = "serves and tells each article that is whole, lists or counts each that is not, and lets go of both"
  it(what, { timeout: 120_000 }, () =>
    fc.assert(
      fc.asyncProperty(RottenLog.histories, (history) =>
        Effect.runPromise(Effect.scoped(Effect.provide(keepsWhatIsWhole(history), TestClock.layer())))
      ),
      { numRuns: 100 }
    )
  )

  it("holds nothing for longer than it should, though nobody has tried to read it", { timeout: 120_000 }, () =>
    fc.assert(
      fc.asyncProperty(RottenLog.histories, (history) =>
        Effect.flatMap(rotten(history), ({ open }) => open(letsGoOfAll)).pipe(
          Effect.provide(TestClock.layer()),
          Effect.scoped,
          Effect.runPromise
        )
      ),
      { numRuns: 100 }
    )
  )
})
