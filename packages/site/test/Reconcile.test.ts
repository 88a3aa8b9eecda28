import { assert, it } from "@effect/vitest"
import * as Backfill from "@lupin/site/Backfill"
import * as Reconcile from "@lupin/site/Reconcile"
import * as ReconcileServer from "@lupin/site/ReconcileServer"
import { ReconcileRequests } from "@lupin/site/ReconcileRequests"
import { Effect, Fiber } from "effect"
import * as fc from "fast-check"

const hour = 3_600
const nowMillis = Date.UTC(2026, 10, 21, 5, 30, 20)

it("compares from a whole hour within history to a minute ago", () => {
  const { from, until } = Reconcile.windowAt(nowMillis, 0)
  assert.strictEqual(until, nowMillis / 1000 - 60)
  assert.strictEqual(from % hour, 0)
  assert.isAtLeast(from, nowMillis / 1000 - 14 * 24 * hour)
  assert.strictEqual(Reconcile.windowAt(nowMillis, until - 7 * hour).from, until - 7 * hour)
})

it("cuts a window into pieces of whole hours without gap or overlap, the newest and shortest first", () => {
  fc.assert(
    fc.property(fc.nat(400), fc.nat(hour - 1), (hours, rest) => {
      const window = { from: 400_000 * hour, until: (400_000 + hours) * hour + rest }
      const pieces = Reconcile.slices(window)
      let end = window.until
      for (const [at, { from, until }] of pieces.entries()) {
        assert.strictEqual(until, end)
        assert.strictEqual(from % hour, 0)
        assert.isBelow(from, until)
        assert.isAtMost(until - from, (2 ** at + 1) * hour)
        end = from
      }
      assert.strictEqual(end, window.from < window.until ? window.from : window.until)
      assert.isAtMost(pieces.length, 10)
    })
  )
})

it("copies the newest first, of one age the busiest groups, and leaves nothing out", () => {
  const nowSecond = nowMillis / 1000
  const told = (name: string, agoSeconds: number, heat: number) => ({ name, second: nowSecond - agoSeconds, heat })
  const ordered = Backfill.order(
    [told("old", 40 * hour, 9), told("quiet", 60, 1), told("hot", 600, 9), told("older", 200 * hour, 200)],
    nowMillis
  )
  assert.deepStrictEqual(
    ordered.map(({ name }) => name),
    ["hot", "quiet", "old", "older"]
  )
})

it("tells groups apart by heat, from empty ones to the fullest", () => {
  assert.strictEqual(ReconcileServer.heatOf(0), 0)
  assert.isBelow(ReconcileServer.heatOf(100), ReconcileServer.heatOf(1_000))
  assert.strictEqual(ReconcileServer.heatOf(1e9), 255)
})

it.effect("keeps one request for each peer, a gap before an invitation, and waits for the next", () =>
  Effect.gen(function* () {
    const requests = yield* ReconcileRequests
    const done: Array<string> = []
    const told = (name: string) => Effect.sync(() => void done.push(name))
    requests.add("a.test", "asked", { untilSecond: 7, onDone: told("asked") })
    requests.add("b.test", "gap")
    requests.add("a.test", "gap", { onDone: told("gap") })
    requests.add("b.test", "asked", { untilSecond: 9 })
    requests.add("b.test", "rule", { onDone: told("rule") })
    const taken = yield* requests.take
    assert.deepStrictEqual(
      taken.map(({ path, untilSecond, why }) => [path, why, untilSecond]),
      [
        ["a.test", "gap", 7],
        ["b.test", "gap", 9],
        ["b.test", "rule", 0]
      ]
    )
    for (const { onDone } of taken) yield* onDone
    assert.deepStrictEqual(done, ["asked", "gap", "rule"])
    const next = yield* Effect.forkChild(requests.take)
    yield* Effect.yieldNow
    requests.add("c.test", "asked")
    assert.deepStrictEqual(
      (yield* Fiber.join(next)).map(({ path }) => path),
      ["c.test"]
    )
  }).pipe(Effect.provide(ReconcileRequests.layer))
)

it("compares to a minute ago, to now where something was lost, and as late as an invitation says, within bounds", () => {
  const ahead = (why: Parameters<typeof Reconcile.aheadSeconds>[0], untilSecond = 0) =>
    Reconcile.aheadSeconds(why, untilSecond, nowMillis)
  const now = nowMillis / 1000
  assert.deepStrictEqual([ahead("audit"), ahead("look"), ahead("asked"), ahead("gap")], [-60, -60, -60, 0])
  assert.deepStrictEqual(
    [ahead("asked", now - 90), ahead("asked", now + 20), ahead("asked", now + 9e9)],
    [-60, 20, 300]
  )
  assert.strictEqual(ahead("rule"), 300)
})
