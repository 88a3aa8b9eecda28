import { assert, it } from "@effect/vitest"
import * as Takeovers from "@lupin/site/Takeovers"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

it.effect("has each peer compared once for the takeovers of some time, and not at once", () =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const takeovers = yield* Takeovers.make({ add: (path, why) => void asked.push(`${why} ${path}`) })
    for (const path of ["a.test", "b.test", "a.test"]) takeovers.note(path)
    yield* TestClock.adjust(0)
    yield* TestClock.adjust(Takeovers.compareMillis - 1)
    assert.deepStrictEqual(asked, [])
    yield* TestClock.adjust(Takeovers.compareMillis + 1)
    assert.deepStrictEqual(asked.toSorted(), ["gap a.test", "gap b.test"])
    takeovers.note("a.test")
    yield* TestClock.adjust(0)
    yield* TestClock.adjust(2 * Takeovers.compareMillis)
    assert.deepStrictEqual(asked.length, 3)
  }).pipe(Effect.scoped)
)
