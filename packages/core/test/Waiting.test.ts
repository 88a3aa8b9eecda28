import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as Waiting from "@lupin/core/Waiting"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const id = (text: string) => MessageId.MessageId.make(`<${text}@example>`)
const entry = (position: number, target: string): Waiting.Entry => ({
  position,
  atMillis: position,
  by: id(`c${position}`),
  claim: { target: id(target), why: "cancelled", opens: [] }
})
const positions = (entries: ReadonlyArray<Waiting.Entry>) => entries.map(({ position }) => position)

describe("Waiting", () => {
  it("keeps the newest few claims on each article until it comes, and says what it lets go", () => {
    const steps = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.boolean()), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (all) => {
        let waiting = Waiting.empty
        let expected: ReadonlyArray<Waiting.Entry> = []
        for (const [at, [target, isDropped]] of all.entries()) {
          const before = expected
          const rivals = before.filter(({ claim }) => claim.target === id(target))
          const changed = isDropped ? Waiting.drop(waiting, id(target)) : Waiting.add(waiting, entry(at + 1, target))
          const gone = isDropped ? rivals : rivals.slice(0, Math.max(0, rivals.length - Limits.waitingPerTargetMax + 1))
          expected = [...before.filter((one) => !gone.includes(one)), ...(isDropped ? [] : [entry(at + 1, target)])]
          expect(positions(changed.dropped)).toEqual(positions(gone))
          waiting = changed.waiting
          expect(positions(waiting.byAge)).toEqual(positions(expected))
          expect(positions(Waiting.on(waiting, id(target)))).toEqual(
            positions(expected.filter(({ claim }) => claim.target === id(target)))
          )
        }
        expect(Waiting.of(waiting.byAge)).toEqual(waiting)
      })
    )
  })

  it("forgets the oldest of all where there are too many", () => {
    const full = Waiting.of(Array.from({ length: Limits.waitingMax }, (_, at) => entry(at + 1, `t${at}`)))
    const { dropped, waiting } = Waiting.add(full, entry(Limits.waitingMax + 1, "new"))
    expect(positions(dropped)).toEqual([1])
    expect(Waiting.on(waiting, id("t0"))).toEqual([])
    expect(waiting.byAge).toHaveLength(Limits.waitingMax)
    expect(full.byAge[0]?.position).toBe(1)
  })
})
