import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Wildmat from "@lupin/core/Wildmat"
import { article, digest, digestId, group, id } from "@lupin/testing/SampleArticles"
import { follow, HistoryTree } from "../src/HistoryTree.ts"
import type { Spool } from "../src/Spool.ts"
import { inSpool } from "./OpenSpool.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

/** One record a file, so that each can be damaged by itself. */
const options = { segmentBytes: 20 }
/** Where the first record of a file begins: behind its magic. */
const recordAt = 12
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
