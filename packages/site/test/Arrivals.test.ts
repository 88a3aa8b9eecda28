import { assert, it } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import type * as Overview from "@lupin/core/Overview"
import * as Wildmat from "@lupin/core/Wildmat"
import { NntpDisconnected, NntpRefused } from "@lupin/nntp/NntpError"
import * as Arrivals from "@lupin/site/Arrivals"
import * as Refill from "@lupin/site/Refill"
import { Effect } from "effect"

const group = GroupName.GroupName.make("misc.test")
const id = (number: number) => MessageId.MessageId.make(`<${number}@arrivals.test>`)
const startMillis = Date.UTC(2026, 10, 1)
const minuteMillis = 60_000

const row = (number: number): Overview.Row => ({
  number,
  subject: "",
  from: "",
  date: NewsDate.format(startMillis + number * minuteMillis),
  messageId: id(number),
  references: "",
  bytes: 1,
  lines: 1,
  xref: "",
  event: "",
  location: "",
  newsgroups: "",
  injectionDate: ""
})

const range = (low: number, high: number) => Array.from({ length: high - low + 1 }, (_, at) => low + at)

/** A server without NEWNEWS; it notes what it is asked. */
const oldServer = (high: number) => {
  const asked: Array<readonly [number, number]> = []
  const refused = new NntpRefused({ server: "old", command: "NEWNEWS", code: 502, text: "no" })
  return {
    asked,
    newnews: () => Effect.fail(refused),
    active: () => Effect.succeed([{ name: group, low: 1, high, status: "y" }]),
    overview: (_: string, low: number, top: number) =>
      Effect.sync(() => {
        asked.push([low, top])
        return range(low, top).map(row)
      })
  }
}

it.effect("takes NEWNEWS where it is allowed, the newest first", () =>
  Effect.gen(function* () {
    const server = { ...oldServer(10), newnews: () => Effect.succeed([id(1), id(2), id(3)]) }
    assert.deepStrictEqual(yield* Arrivals.since(server, Wildmat.everything, 0), [id(3), id(2), id(1)])
    assert.deepStrictEqual(server.asked, [])
  })
)

it.effect("reads overview from its end where it is not, no further than needed", () =>
  Effect.gen(function* () {
    const server = oldServer(5_000)
    const ids = yield* Arrivals.since(server, Wildmat.everything, startMillis + 3_500 * minuteMillis)
    assert.deepStrictEqual(ids, range(3_500, 5_000).map(id).toReversed())
    assert.deepStrictEqual(server.asked, [
      [4_001, 5_000],
      [3_001, 4_000],
      [2_001, 3_000]
    ])
    assert.strictEqual((yield* Arrivals.since(oldServer(20), Wildmat.everything, 0)).length, 20)
  })
)

it.effect("tells a connection that broke, which says nothing of the server", () =>
  Effect.gen(function* () {
    const broken = new NntpDisconnected({ server: "old", reason: "gone" })
    const trouble = yield* Effect.flip(
      Arrivals.since({ ...oldServer(1), newnews: () => Effect.fail(broken) }, Wildmat.everything, 0)
    )
    assert.strictEqual(trouble, broken)
  })
)

it("fills a new spool from zones, and from others only where that is said", () => {
  assert.isTrue(Refill.isSource({ kind: "central" }))
  assert.isFalse(Refill.isSource({ kind: "foreign" }))
  assert.isFalse(Refill.isSource({ kind: "pop" }))
  assert.isTrue(Refill.isSource({ kind: "foreign", refill: true }))
})
