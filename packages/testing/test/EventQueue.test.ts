import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type Entry, EventQueue } from "../src/EventQueue.ts"

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 2, arbitrary: fc.constant("take" as const) },
  { weight: 1, arbitrary: fc.record({ remove: fc.nat(30) }) }
)

describe("EventQueue", () => {
  it("gives what is due first, in the order it was added, and never what was called off", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new EventQueue<number>()
        let model: Array<{ atMillis: number; what: number }> = []
        const entries: Array<Entry<number>> = []
        for (const [at, one] of steps.entries()) {
          if (one === "take") {
            const [first] = model.toSorted((a, b) => a.atMillis - b.atMillis || a.what - b.what)
            assert.strictEqual(queue.nextMillis, first?.atMillis)
            const taken = queue.take()
            assert.deepStrictEqual(taken && { atMillis: taken.atMillis, what: taken.what }, first)
            model = model.filter((other) => other !== first)
          } else if ("add" in one) {
            entries.push(queue.add(one.add, at))
            model.push({ atMillis: one.add, what: at })
          } else {
            const entry = entries[one.remove]
            if (entry === undefined) continue
            queue.remove(entry)
            model = model.filter(({ what }) => what !== entry.what)
          }
          assert.strictEqual(queue.size, model.length)
        }
      })
    )
  })
})
