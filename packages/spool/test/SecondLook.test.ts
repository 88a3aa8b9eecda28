import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as SecondLook from "../src/internal/SecondLook.ts"

it.effect("looks at a disk that refuses at once, and then once a second, whoever asks how often", () =>
  Effect.gen(function* () {
    let trouble: string | undefined
    let looks = 0
    let passesAt = Infinity
    const look = Effect.sync(() => {
      looks += 1
      if (looks >= passesAt) trouble = undefined
    })
    const refuses = SecondLook.make(() => trouble, look)
    assert.isUndefined(yield* refuses())
    assert.strictEqual(looks, 0)
    trouble = "no space left on device"
    for (let turn = 0; turn < 3; turn += 1) assert.strictEqual(yield* refuses(), trouble)
    assert.strictEqual(looks, 1)
    yield* TestClock.adjust(SecondLook.lookMillis - 1)
    assert.strictEqual(yield* refuses(), trouble)
    assert.strictEqual(looks, 1)
    passesAt = 2
    yield* TestClock.adjust(1)
    assert.isUndefined(yield* refuses())
    assert.isUndefined(yield* refuses())
    assert.strictEqual(looks, 2)
  })
)

it.effect("waits for no time that a clock set back has yet to come to", () =>
  Effect.gen(function* () {
    let looks = 0
    const refuses = SecondLook.make(
      () => "input/output error",
      Effect.sync(() => {
        looks += 1
      })
    )
    yield* TestClock.setTime(3_600_000)
    yield* refuses()
    yield* TestClock.setTime(0)
    yield* refuses()
    assert.strictEqual(looks, 2)
  })
)
