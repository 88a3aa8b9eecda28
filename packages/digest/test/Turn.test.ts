import { assert, describe, it } from "@effect/vitest"
import type * as InputSet from "@lupin/digest/InputSet"
import * as Turn from "@lupin/digest/Turn"
import * as fc from "fast-check"

const policy = (place: number): Turn.Policy => ({ quietMillis: 200, atMostMillis: 1_000, turnMillis: 500, place })
const set = (events: number, fingerprint = "a", removals = 0): InputSet.Summary => ({ events, removals, fingerprint })
const nothingSeen = { version: 1, seen: undefined }

/** Inputs at these times, one more event each; gives when the digest was emitted, and over how many events. */
const play = (inputMillis: ReadonlyArray<number>, place: number, untilMillis = 20_000) => {
  let stage: Turn.Stage = Turn.Stage.Settled()
  let events = 0
  const emitted: Array<{ readonly atMillis: number; readonly events: number }> = []
  const inputs = [...inputMillis].sort((a, b) => a - b)
  for (let nowMillis = 0; nowMillis <= untilMillis; nowMillis += 10) {
    while ((inputs[0] ?? Number.POSITIVE_INFINITY) <= nowMillis) {
      inputs.shift()
      events += 1
      stage = Turn.gathered(stage, nowMillis)
    }
    const [next, action] = Turn.step(
      stage,
      { ...nothingSeen, set: set(events, String(events)) },
      policy(place),
      nowMillis
    )
    stage = next
    if (action._tag === "Emit") emitted.push({ atMillis: nowMillis, events })
  }
  return { emitted, stage }
}

const times = fc.array(
  fc.integer({ min: 0, max: 500 }).map((n) => n * 10),
  { minLength: 1, maxLength: 30 }
)
const summary = fc.record({
  version: fc.integer({ min: 1, max: 3 }),
  events: fc.integer({ min: 0, max: 4 }),
  removals: fc.integer({ min: 0, max: 2 }),
  fingerprint: fc.constantFrom("a", "b", "c")
})

describe("Turn", () => {
  it("emits once inputs have been quiet, at home", () => {
    assert.deepStrictEqual(play([100], 0).emitted, [{ atMillis: 300, events: 1 }])
  })

  it("waits n turns in zone n", () => {
    assert.deepStrictEqual(play([100], 2).emitted, [{ atMillis: 300 + 2 * 500, events: 1 }])
  })

  it("covers every input in the end, in any zone that sees no other's digest", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 5 }), (inputs, place) => {
        const { emitted, stage } = play(inputs, place)
        assert.strictEqual(emitted.at(-1)?.events, inputs.length)
        assert.strictEqual(stage._tag, "Settled")
      })
    )
  })

  it("never lets an input wait longer than agreed at home", () => {
    fc.assert(
      fc.property(times, (inputs) => {
        const { emitted } = play(inputs, 0)
        for (const input of inputs)
          assert.isTrue(emitted.some(({ atMillis }) => atMillis >= input && atMillis <= input + policy(0).atMostMillis))
      })
    )
  })

  it("does not emit in place of a home that has covered what was here when the turn began", () => {
    const waiting = Turn.Stage.Waiting({ untilMillis: 1_000, set: set(3) })
    const [stage, action] = Turn.step(
      waiting,
      { set: set(3), version: 1, seen: { version: 1, ...set(3) } },
      policy(1),
      400
    )
    assert.deepStrictEqual([stage._tag, action._tag], ["Settled", "Nothing"])
  })

  it("gives the home another turn for what came while it waited", () => {
    const waiting = Turn.Stage.Waiting({ untilMillis: 1_000, set: set(3) })
    const here = { set: set(4, "b"), version: 1, seen: { version: 1, ...set(3) } }
    const [stage, action] = Turn.step(waiting, here, policy(1), 1_000)
    assert.strictEqual(stage._tag, "Waiting")
    assert.deepStrictEqual(action, Turn.Action.Wake({ atMillis: 1_500 }))
  })

  it("emits where a digest over as many but other inputs was seen", () => {
    const gathering = Turn.Stage.Gathering({ sinceMillis: 0, lastMillis: 0 })
    const here = { set: set(3, "a"), version: 1, seen: { version: 1, ...set(3, "b") } }
    assert.strictEqual(Turn.step(gathering, here, policy(0), 1_000)[1]._tag, "Emit")
  })

  it("ranks digests in a total order that inclusion never contradicts", () => {
    fc.assert(
      fc.property(summary, summary, (a, b) => {
        if (Turn.outranks(a, b)) assert.isFalse(Turn.outranks(b, a))
        else assert.isTrue(Turn.outranks(b, a) || Turn.covers(a, b.version, b))
        if (Turn.covers(a, b.version, b)) assert.isFalse(Turn.outranks(b, a))
      })
    )
  })
})
