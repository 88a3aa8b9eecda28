import { assert, describe, it } from "@effect/vitest"
import * as Alarms from "@lupin/core/Alarms"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

describe("Alarms", () => {
  it.effect("ring once, after as long as was asked for, unless they are called off", () =>
    Effect.gen(function* () {
      const set = yield* Alarms.make
      const rung: Array<string> = []
      set(200, () => rung.push("second"))
      set(100, () => rung.push("first"))
      const callOff = set(150, () => rung.push("never"))
      yield* TestClock.adjust(120)
      assert.deepStrictEqual(rung, ["first"])
      callOff()
      yield* TestClock.adjust(1_000)
      assert.deepStrictEqual(rung, ["first", "second"])
    })
  )

  it.effect("are those that are given", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const given: Alarms.Set = (millis) => {
        asked.push(millis)
        return () => {}
      }
      const set = yield* Effect.provideService(Alarms.make, Alarms.Alarms, given)
      set(7, () => {})
      assert.deepStrictEqual(asked, [7])
    })
  )
})
