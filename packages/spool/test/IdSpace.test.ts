import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as IdSpace from "../src/internal/IdSpace.ts"

const from = IdSpace.blockBytes
const blocksOf = ({ bytes, offset }: IdSpace.Stretch): ReadonlyArray<number> =>
  Array.from({ length: Math.ceil(bytes / IdSpace.blockBytes) }, (_, at) => offset / IdSpace.blockBytes + at)

const act = fc.oneof(
  fc.record({ act: fc.constant("take" as const), size: fc.integer({ min: 1, max: 5 * IdSpace.blockBytes }) }),
  fc.record({ act: fc.constant("free" as const), size: fc.nat(30) })
)

describe("IdSpace", () => {
  it("gives room to what is taken that nothing else has, from the first gap that is large enough", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), fc.boolean(), (acts, isAnew) => {
        let taken: ReadonlyArray<IdSpace.Stretch> = []
        let gaps = IdSpace.gaps(taken, from)
        for (const { act, size } of acts) {
          if (act === "free") {
            taken = taken.filter((_, at) => at !== size)
            gaps = IdSpace.gaps(taken.toReversed(), from)
            continue
          }
          if (isAnew) gaps = IdSpace.gaps(taken, from)
          const before = new Set(taken.flatMap(blocksOf))
          const [offset, left] = IdSpace.take(gaps, size)
          const got = blocksOf({ offset, bytes: size })
          for (const block of got) expect(before.has(block)).toBe(false)
          // Whatever begins before it lacks room.
          for (let first = 1; first < (got[0] ?? 0); first++) {
            expect(got.some((_, at) => before.has(first + at))).toBe(true)
          }
          taken = [...taken, { offset, bytes: size }]
          gaps = left
        }
        expect(gaps).toEqual(IdSpace.gaps(taken, from))
      })
    )
  })
})
