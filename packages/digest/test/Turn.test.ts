import { assert, describe, it } from "@effect/vitest"
import type * as InputSet from "@lupin/digest/InputSet"
import * as Turn from "@lupin/digest/Turn"
import * as fc from "fast-check"

const policy = (place: number, restMillis = 0): Turn.Policy => ({
  quietMillis: 200,
  atMostMillis: 1_000,
  restMillis,
  turnMillis: 500,
  place
})
const set = (events: number, fingerprint = "a", removals = 0): InputSet.Summary => ({ events, removals, fingerprint })
const nothingSeen = { version: 1, seen: undefined, seenMillis: -Infinity }

interface Played {
  readonly inputs: ReadonlyArray<number>
  readonly place: number
  readonly restMillis?: number
  /** When digests of another zone are seen, and over how many events. */
  readonly others?: ReadonlyArray<{ readonly atMillis: number; readonly events: number }>
  /** Whether it sees its own. */
  readonly seesOwn?: boolean
}

/** Inputs at these times, one more event each; gives when the digest was emitted, and over how many events. */
const play = ({ inputs: inputMillis, others = [], place, restMillis = 0, seesOwn = false }: Played) => {
  let stage: Turn.Stage = Turn.Stage.Settled()
  let events = 0
  let known: Pick<Turn.Here, "seen" | "seenMillis"> = nothingSeen
  const emitted: Array<{ readonly atMillis: number; readonly events: number }> = []
  const inputs = [...inputMillis].sort((a, b) => a - b)
  const see = (seenEvents: number, nowMillis: number): void => {
    const seen = { version: 1, ...set(seenEvents, String(seenEvents)) }
    if (known.seen === undefined || Turn.outranks(seen, known.seen)) known = { seen, seenMillis: nowMillis }
  }
  for (let nowMillis = 0; nowMillis <= 20_000; nowMillis += 10) {
    for (const other of others) if (other.atMillis === nowMillis) see(other.events, nowMillis)
    while ((inputs[0] ?? Number.POSITIVE_INFINITY) <= nowMillis) {
      inputs.shift()
      events += 1
      stage = Turn.gathered(stage, nowMillis)
    }
    const [next, action] = Turn.step(
      stage,
      { version: 1, ...known, set: set(events, String(events)) },
      policy(place, restMillis),
      nowMillis
    )
    stage = next
    if (action._tag !== "Emit") continue
    emitted.push({ atMillis: nowMillis, events })
    if (seesOwn) see(events, nowMillis)
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
    assert.deepStrictEqual(play({ inputs: [100], place: 0 }).emitted, [{ atMillis: 300, events: 1 }])
  })

  it("waits n turns in zone n", () => {
    assert.deepStrictEqual(play({ inputs: [100], place: 2 }).emitted, [{ atMillis: 300 + 2 * 500, events: 1 }])
  })

  it("covers every input in the end, in any zone that sees no other's digest", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 5 }), (inputs, place) => {
        const { emitted, stage } = play({ inputs, place })
        assert.strictEqual(emitted.at(-1)?.events, inputs.length)
        assert.strictEqual(stage._tag, "Settled")
      })
    )
  })

  it("never lets an input wait longer than agreed at home", () => {
    fc.assert(
      fc.property(times, (inputs) => {
        const { emitted } = play({ inputs, place: 0 })
        for (const input of inputs)
          assert.isTrue(emitted.some(({ atMillis }) => atMillis >= input && atMillis <= input + policy(0).atMostMillis))
      })
    )
  })

  it("rests after each digest of a key, and covers every input all the same", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 3 }), (inputs, place) => {
        const { emitted, stage } = play({ inputs, place, restMillis: 2_000, seesOwn: true })
        assert.strictEqual(emitted.at(-1)?.events, inputs.length)
        assert.strictEqual(stage._tag, "Settled")
        for (const [at, { atMillis }] of emitted.entries()) {
          assert.isTrue(at === 0 || atMillis - (emitted[at - 1]?.atMillis ?? 0) >= 2_000)
        }
      })
    )
  })

  it("emits at once after a rest in which nothing came", () => {
    const { emitted } = play({ inputs: [100, 400, 8_000], place: 0, restMillis: 2_000, seesOwn: true })
    assert.deepStrictEqual(
      emitted.map(({ atMillis }) => atMillis),
      [300, 2_300, 8_200]
    )
  })

  it("does not rest for a digest that it is to have seen after now", () => {
    const stage = Turn.Stage.Gathering({ sinceMillis: 0, lastMillis: 0 })
    const here = { set: set(2, "b"), version: 1, seen: { version: 1, ...set(1) }, seenMillis: 3_600_000 }
    assert.strictEqual(Turn.step(stage, here, policy(0, 5_000), 200)[1]._tag, "Emit")
  })

  it("leaves a key that never rests to a home that emits all the time, some way behind", () => {
    const inputs = Array.from({ length: 1_500 }, (_, at) => at * 10)
    const others = Array.from({ length: 15 }, (_, at) => ({ atMillis: at * 1_000 + 1_500, events: at * 100 + 100 }))
    assert.deepStrictEqual(play({ inputs, place: 1, others }).emitted, [])
    assert.deepStrictEqual(play({ inputs, place: 3, others }).emitted, [])
    const slow = others.filter((_, at) => at % 5 === 0)
    assert.deepStrictEqual(
      play({ inputs: inputs.slice(0, 1_050), place: 1, others: slow, restMillis: 5_000 }).emitted,
      []
    )
  })

  it("stands in for a home that emits, but never what is here", () => {
    const others = Array.from({ length: 18 }, (_, at) => ({ atMillis: at * 1_000 + 500, events: 1 + at * 0.01 }))
    const [emitted] = play({ inputs: [100, 150, 200], place: 1, others }).emitted
    assert.strictEqual(emitted?.events, 3)
    assert.isAtMost(emitted?.atMillis ?? Infinity, 400 + 500 + 1_000 + 500 + 500)
  })

  it("does not emit in place of a home that has covered what was here when the turn began", () => {
    const waiting = Turn.Stage.Waiting({ sinceMillis: 500, untilMillis: 1_000, set: set(3), isLonger: false })
    const [stage, action] = Turn.step(
      waiting,
      { set: set(3), version: 1, seen: { version: 1, ...set(3) }, seenMillis: 400 },
      policy(1),
      400
    )
    assert.deepStrictEqual([stage._tag, action._tag], ["Settled", "Nothing"])
  })

  it("gives the home another turn for what came while it waited", () => {
    const waiting = Turn.Stage.Waiting({ sinceMillis: 500, untilMillis: 1_000, set: set(3), isLonger: false })
    const here = { set: set(4, "b"), version: 1, seen: { version: 1, ...set(3) }, seenMillis: 600 }
    const [stage, action] = Turn.step(waiting, here, policy(1), 1_000)
    assert.strictEqual(stage._tag, "Waiting")
    assert.deepStrictEqual(action, Turn.Action.Wake({ atMillis: 1_500 }))
  })

  it("emits where a digest over as many but other inputs was seen", () => {
    const gathering = Turn.Stage.Gathering({ sinceMillis: 0, lastMillis: 0 })
    const here = { set: set(3, "a"), version: 1, seen: { version: 1, ...set(3, "b") }, seenMillis: 0 }
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
