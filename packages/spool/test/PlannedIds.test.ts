import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PlannedIds } from "../src/internal/PlannedIds.ts"

/** Ids of which many share their bits, and some of these lie beside the bits of others. */
const bitsOf = (id: number): number => [5, 5, 6, 2_047, -1, 2 ** 31 - 1, -(2 ** 31)][id % 7] ?? 0

describe("PlannedIds", () => {
  it("knows what was set last of each id since it was cleared", () => {
    const asked = fc.array(
      fc.oneof(
        { weight: 50, arbitrary: fc.tuple(fc.nat({ max: 40 }), fc.nat()) },
        { weight: 1, arbitrary: fc.constant("clear" as const) }
      ),
      { maxLength: 200 }
    )
    fc.assert(
      fc.property(asked, (steps) => {
        const ids = new PlannedIds<number>()
        const model = new Map<number, number>()
        for (const step of steps) {
          if (step === "clear") {
            ids.clear()
            model.clear()
          } else {
            const [id, value] = step
            ids.set(`<${id}@x>`, bitsOf(id), value)
            model.set(id, value)
          }
          expect(ids.isEmpty).toBe(model.size === 0)
          for (let id = 0; id <= 40; id += 1) expect(ids.get(`<${id}@x>`, bitsOf(id))).toBe(model.get(id))
        }
      })
    )
  })

  it("finds as many as come", () => {
    const ids = new PlannedIds<number>()
    for (const turn of [1, 2]) {
      for (let id = 0; id < 3_000; id += 1) ids.set(`<${id}@x>`, Math.imul(id, 0x9e3779b1), id * turn)
      for (let id = 0; id < 3_000; id += 1) {
        expect(ids.get(`<${id}@x>`, Math.imul(id, 0x9e3779b1))).toBe(id * turn)
      }
      ids.clear()
      expect(ids.get("<1@x>", 0x9e3779b1)).toBeUndefined()
    }
  })
})
