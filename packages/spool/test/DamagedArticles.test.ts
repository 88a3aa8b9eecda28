import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Limits from "@lupin/core/Limits"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Expiry from "@lupin/spool/Expiry"
import * as RetentionRule from "@lupin/spool/RetentionRule"
import { Spool } from "@lupin/spool/Spool"
import { article, digest, digestId, group, id } from "@lupin/testing/SampleArticles"
import { inSpool } from "./OpenSpool.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

/** One record a file, so that each can be damaged by itself. */
const options = { segmentBytes: 20 }
const misc = group("misc.new")
const other = group("misc.other")
const minuteMillis = 60_000

/** Where a record tells of its article, and the last octets of the article itself. */
const places = { events: (): number => 60, article: (length: number): number => length - 3 }
type Place = keyof typeof places

const rot = (directory: string, record: number, place: Place): void => {
  const file = path.join(directory, "log", fs.readdirSync(path.join(directory, "log")).toSorted()[record] ?? "")
  const octets = fs.readFileSync(file)
  const at = places[place](octets.length)
  octets[at] = (octets[at] ?? 0) ^ 1
  fs.writeFileSync(file, octets)
}

const expiring = (name: string, seconds: number) =>
  article(id(name), [misc], "words\r\n", [["Expires", new Date(seconds * 1000).toUTCString().replace("GMT", "+0000")]])

const sweep = (spool: Spool["Service"], rules: ReadonlyArray<RetentionRule.RetentionRule> = []) =>
  Effect.provideService(Expiry.sweep({ rules }), Spool, spool)

/** Stores three articles a minute apart, has the first rot, and gives what opens the spool again and reads that article first. */
const rotten = Effect.fnUntraced(function* (place: Place, first = article(id("1"), [misc, other]), isRead = true) {
  const directory = yield* temporaryDirectory
  const articles = [first, article(id("2"), [misc]), article(id("3"), [misc])]
  yield* inSpool(
    directory,
    (spool) => Effect.forEach(articles, (one) => Effect.andThen(spool.store([one]), TestClock.adjust(minuteMillis))),
    options
  )
  rot(directory, 0, place)
  return <A, E>(use: (spool: Spool["Service"]) => Effect.Effect<A, E>) =>
    inSpool(
      directory,
      (spool) => Effect.andThen(isRead ? Effect.asVoid(spool.find(first.messageId)) : Effect.void, use(spool)),
      options
    )
})

const statuses = (spool: Spool["Service"]) =>
  Effect.andThen(Effect.exit(spool.condition), spool.status([id("1"), id("2"), id("3")]))

for (const place of ["article", "events"] as const) {
  describe(`an article that is held and cannot be read, as its ${place} rotted`, () => {
    it.effect("goes at its age", () =>
      Effect.gen(function* () {
        const inRotten = yield* rotten(place)
        // That of the next one, where its own record does not tell when it came.
        const dueMillis = Limits.historyMillis + (place === "article" ? 0 : minuteMillis)
        yield* inRotten((spool) =>
          Effect.gen(function* () {
            assert.deepStrictEqual((yield* spool.condition).damaged, [id("1")])
            yield* TestClock.setTime(dueMillis - 1)
            const early = yield* sweep(spool)
            assert.deepStrictEqual(early, {
              expired: 0,
              next: { _tag: "At", millis: Math.min(dueMillis, Limits.historyMillis + minuteMillis) }
            })
            assert.deepStrictEqual(yield* statuses(spool), ["unknown", "held", "held"])
            yield* TestClock.setTime(dueMillis)
            yield* sweep(spool)
            assert.strictEqual((yield* spool.status([id("1")]))[0], "removed")
            assert.deepStrictEqual((yield* spool.condition).damaged, [])
            assert.strictEqual((yield* spool.group(other))?.count, 0)
            assert.deepStrictEqual(yield* spool.numbers(other, 0, Infinity, 9), [])
          })
        )
      })
    )

    it.effect("goes at its Expires", () =>
      Effect.gen(function* () {
        const inRotten = yield* rotten(place, expiring("1", 500))
        yield* inRotten((spool) =>
          Effect.gen(function* () {
            yield* TestClock.setTime(499_999)
            yield* sweep(spool)
            assert.deepStrictEqual(yield* statuses(spool), ["unknown", "held", "held"])
            yield* TestClock.setTime(500_000)
            assert.strictEqual((yield* sweep(spool)).expired, 1)
            assert.deepStrictEqual(yield* statuses(spool), ["removed", "held", "held"])
          })
        )
      })
    )

    it.effect("is the oldest of a group that has too many", () =>
      Effect.gen(function* () {
        const inRotten = yield* rotten(place)
        const rules = [
          { ...RetentionRule.last, groups: Wildmat.compile("misc.new") ?? Wildmat.everything, countMax: 2 }
        ]
        yield* inRotten((spool) =>
          Effect.gen(function* () {
            assert.strictEqual((yield* sweep(spool, rules)).expired, 1)
            assert.deepStrictEqual(yield* statuses(spool), ["removed", "held", "held"])
          })
        )
      })
    )
  })
}

it.effect("looks for what the log does not tell any more, where nobody has tried to read it", () =>
  Effect.gen(function* () {
    const inRotten = yield* rotten("events", article(id("1"), [misc]), false)
    yield* inRotten((spool) =>
      Effect.gen(function* () {
        yield* sweep(spool)
        assert.deepStrictEqual((yield* spool.condition).damaged, [])
        yield* TestClock.setTime(Limits.historyMillis + minuteMillis)
        yield* sweep(spool)
        assert.deepStrictEqual(yield* statuses(spool), ["removed", "removed", "held"])
      })
    )
  })
)

describe("a digest that is held and cannot be read", () => {
  for (const place of ["article", "events"] as const) {
    it.effect(`stays until a better one comes, as its ${place} rotted`, () =>
      Effect.gen(function* () {
        const [worse, better] = [digest(digestId("a"), "lake", 4), digest(digestId("b"), "lake", 5)]
        const inRotten = yield* rotten(place, worse)
        yield* inRotten((spool) =>
          Effect.gen(function* () {
            yield* TestClock.setTime(3 * Limits.historyMillis)
            yield* sweep(spool, [{ ...RetentionRule.last, countMax: 0 }])
            assert.deepStrictEqual((yield* spool.condition).damaged, [worse.messageId])
            yield* spool.store([better])
            assert.deepStrictEqual((yield* spool.condition).damaged, [])
            assert.deepStrictEqual(yield* spool.status([worse.messageId, better.messageId]), ["removed", "held"])
          })
        )
      })
    )
  }
})

it.effect("lets the oldest go for their octets, be it that they cannot be read", () =>
  Effect.gen(function* () {
    const inRotten = yield* rotten("article")
    yield* inRotten((spool) =>
      Effect.gen(function* () {
        const [usage] = yield* spool.usage
        const rules = [{ ...RetentionRule.last, bytesMax: Math.ceil(((usage?.bytes ?? 0) * 3) / 4) }]
        yield* sweep(spool, rules)
        assert.deepStrictEqual(yield* statuses(spool), ["removed", "held", "held"])
      })
    )
  })
)
