import { assert, describe, it } from "@effect/vitest"
import * as SyncPace from "../src/internal/SyncPace.ts"
import * as fc from "fast-check"

const quick = fc.integer({ min: 10, max: SyncPace.inPlaceMicrosMax })
const slow = fc.integer({ min: 1_000, max: 20_000 })
const stall = fc.oneof(fc.integer({ min: 100_000, max: 60_000_000 }), fc.constant(Number.POSITIVE_INFINITY))
const micros = fc.oneof(
  { weight: 20, arbitrary: quick },
  { weight: 3, arbitrary: slow },
  { weight: 1, arbitrary: stall }
)
/** Stretches in which one sync takes as long as the others. */
const stretches = fc.array(fc.tuple(micros, fc.integer({ min: 1, max: 6_000 })), { minLength: 1, maxLength: 20 })

/** Each sync, done where the pace had it, and the pace that follows. */
const lived = (durations: Iterable<number>, from = SyncPace.initial) => {
  let pace = from
  return [...durations].map((micros) => {
    const { where } = pace
    pace = SyncPace.seen(pace, where, micros)
    return { where, micros, pace }
  })
}

const flat = (all: ReadonlyArray<readonly [micros: number, times: number]>): ReadonlyArray<number> =>
  all.flatMap(([micros, times]) => Array.from({ length: times }, () => micros))

const repeat = (micros: number, times: number): ReadonlyArray<number> => flat([[micros, times]])

type Life = ReturnType<typeof lived>

/** Which syncs in place had the next one done by a thread. */
const holdsOf = (life: Life): ReadonlyArray<number> =>
  life.flatMap(({ pace, where }, at) => (where === "in-place" && pace.where === "thread" ? [at] : []))

/** The disk at its worst: it stalls each time it is trusted. */
const worst = (count: number): Life => {
  let pace = SyncPace.initial
  return Array.from({ length: count }, () => {
    const { where } = pace
    const micros = where === "in-place" ? 1_000_000 : 50
    pace = SyncPace.seen(pace, where, micros)
    return { where, micros, pace }
  })
}

describe("the pace of syncs", () => {
  it("has the first syncs of a device done by a thread", () => {
    const life = lived(repeat(50, SyncPace.provenMin + 1))
    assert.deepStrictEqual(
      life.map(({ where }) => where),
      [...Array.from({ length: SyncPace.provenMin }, () => "thread" as const), "in-place"]
    )
  })

  it("leaves to a thread what follows a sync in place that stalls, until that has done as many as it has to", () => {
    fc.assert(
      fc.property(stretches, stall, (all, micros) => {
        const before = lived(flat(all)).at(-1)?.pace ?? SyncPace.initial
        if (before.where === "thread") return
        const pace = SyncPace.seen(before, "in-place", micros)
        assert.isAtLeast(pace.proven, SyncPace.provenMin)
        const after = lived(repeat(50, pace.proven), pace)
        assert.isTrue(after.every(({ where }) => where === "thread"))
        assert.strictEqual(after.at(-1)?.pace.where, "in-place")
      })
    )
  })

  it("lets no more than eight of 4,096 syncs hold the process for longer than they may", () => {
    const isBounded = (life: Life): void => {
      const holds = holdsOf(life)
      for (const [at, hold] of holds.entries()) {
        assert.isAbove((holds[at + 8] ?? Number.POSITIVE_INFINITY) - hold, SyncPace.provenMax - 1)
      }
    }
    fc.assert(fc.property(stretches, (all) => isBounded(lived(flat(all)))))
    isBounded(worst(100_000))
    isBounded([...lived(repeat(50, SyncPace.provenMin + 2 * SyncPace.provenMax)), ...worst(20_000)])
  })

  it("holds the process for what is quick, and for so much more, but for the one sync that stalls", () => {
    fc.assert(
      fc.property(stretches, (all) => {
        let held = 0
        let most = 0
        for (const { micros, pace, where } of lived(flat(all))) {
          if (where === "thread" || pace.where === "thread") held = 0
          else held += micros - SyncPace.inPlaceMicrosMax
          most = Math.max(most, held)
        }
        assert.isAtMost(most, SyncPace.overMicrosMax)
      })
    )
  })

  it("stays in place while one sync in a hundred takes some milliseconds", () => {
    const durations = Array.from({ length: 50_000 }, (_, at) => (at % 100 === 99 ? 8_000 : 60))
    const life = lived(durations, lived(repeat(50, SyncPace.provenMin)).at(-1)?.pace)
    assert.isTrue(life.every(({ where }) => where === "in-place"))
  })

  it("leaves a slow disk to the thread for good", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4_000, max: 60_000 }), (micros) => {
        const life = lived(repeat(micros, 10_000))
        assert.isTrue(life.every(({ where }) => where === "thread"))
      })
    )
  })

  it("tries a disk that is neither quick nor slow less and less", () => {
    const life = lived(repeat(600, 100_000))
    assert.isBelow(life.filter(({ where }) => where === "in-place").length, 6_000)
  })

  it("comes back to a disk that is quick again, whatever it was", () => {
    fc.assert(
      fc.property(stretches, (all) => {
        const before = lived(flat(all)).at(-1)?.pace
        const life = lived(repeat(60, SyncPace.provenMax + 1), before)
        assert.strictEqual(life.at(-1)?.where, "in-place")
      })
    )
  })

  it("learns nothing from a sync that was begun where others are done no more", () => {
    const inPlace = lived(repeat(50, SyncPace.provenMin)).at(-1)?.pace ?? SyncPace.initial
    assert.strictEqual(SyncPace.seen(inPlace, "thread", 60_000_000), inPlace)
    assert.strictEqual(SyncPace.seen(SyncPace.initial, "in-place", 50), SyncPace.initial)
  })
})
