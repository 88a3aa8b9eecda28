import { describe, expect, it } from "@effect/vitest"
import * as Runs from "../src/internal/Runs.ts"
import * as fc from "fast-check"

/** Records of a log, some of which are left, perhaps shorter than they were. */
const records = fc.array(
  fc.record({ bytes: fc.integer({ min: 1, max: 50 }), left: fc.constantFrom("all", "some", "none") }),
  { maxLength: 40 }
)

describe("Runs", () => {
  it("lead from each address to the record that lies there, or to the next one that is left", () => {
    fc.assert(
      fc.property(records, fc.nat(1_000), (all, begin) => {
        const gathering = new Runs.Gathering(12)
        const left: Array<Runs.Located> = []
        let address = begin
        for (const { bytes, left: much } of all) {
          if (much !== "none") {
            left.push({ address, offset: gathering.end })
            gathering.add(address, much === "all" ? bytes : Math.ceil(bytes / 2))
          }
          address += bytes
        }
        const runs = Runs.read(Runs.write(gathering.runs()), gathering.end)
        let at = begin
        for (const { bytes } of all) {
          expect(Runs.locate(runs, at)).toEqual(left.find((record) => record.address >= at))
          at += bytes
        }
        expect(Runs.locate(runs, at)).toBeUndefined()
      })
    )
  })
})
