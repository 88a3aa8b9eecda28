import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import * as Upkeep from "../src/Upkeep.ts"

const steps = FastCheck.array(FastCheck.tuple(FastCheck.nat(3_000), FastCheck.nat(3_000)), { maxLength: 60 })

/** As the store does it: count, and do at once what is due. */
const keep = (changes: ReadonlyArray<readonly [number, number]>) =>
  changes.reduce<{ readonly kept: Upkeep.Upkeep; readonly dues: ReadonlyArray<Upkeep.Due> }>(
    ({ kept, dues }, [added, removed]) => {
      const counted = Upkeep.count(kept, added, removed)
      const due = Upkeep.due(counted)
      return due === undefined ? { kept: counted, dues } : { kept: Upkeep.done(counted, due), dues: [...dues, due] }
    },
    { kept: Upkeep.fresh, dues: [] }
  )

describe("Upkeep", () => {
  it("leaves nothing due that was just done", () => {
    FastCheck.assert(FastCheck.property(steps, (changes) => Upkeep.due(keep(changes).kept) === undefined))
  })

  it("bounds what changes unseen by a share of the rows, and the space that is not free again", () => {
    FastCheck.assert(
      FastCheck.property(steps, (changes) => {
        const { rows, changed, removed } = keep(changes).kept
        assert.isBelow(changed, Upkeep.changedMin + rows * Upkeep.changedShareMax)
        assert.isBelow(removed, Upkeep.removedMin)
      })
    )
  })

  it("lets a growing cache alone for longer and longer", () => {
    const growing = (scrapes: number) => keep(Array.from({ length: scrapes }, () => [100, 0] as const)).dues.length
    assert.isAbove(growing(10), 0)
    assert.isAtMost(growing(1_000) - growing(500), 6)
  })
})
