import * as MessageId from "@lupin/core/MessageId"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Backoff from "../src/Backoff.ts"
import { type Entry, FeedWindow } from "../src/FeedWindow.ts"

type Act =
  | { readonly _tag: "add" | "skip" }
  | { readonly _tag: "ask" | "send" | "settle" | "defer"; readonly pick: number }
  | { readonly _tag: "disconnect" }

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom({ _tag: "add" } as const, { _tag: "skip" } as const),
  fc.record({ _tag: fc.constantFrom("ask", "send", "settle", "defer"), pick: fc.nat() }),
  fc.constant({ _tag: "disconnect" } as const)
)

const opened = (window: FeedWindow, position: number): Entry => {
  const entry = window.add(MessageId.MessageId.make(`<${position}@x>`), position, 0)
  if (entry === undefined) throw new Error("open already")
  return entry
}

describe("FeedWindow", () => {
  it("never moves its position over an article that is open, nor back", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
        const window = new FeedWindow(10)
        const open: Array<Entry> = []
        let next = 10
        let before = window.position
        for (const [index, { _tag, ...rest }] of acts.entries()) {
          const at = "pick" in rest && open.length > 0 ? rest.pick % open.length : 0
          const picked = open[at]
          if (_tag === "add" || _tag === "skip") {
            next += 1
            if (_tag === "add") open.push(opened(window, next))
            window.scan(next)
          } else if (_tag === "disconnect") {
            window.disconnect(index)
            expect([window.inFlight, window.deferred]).toEqual([0, open.length])
          } else if (picked !== undefined) {
            if (_tag === "settle") open.splice(at, 1)
            if (_tag === "settle") window.settle(picked)
            if (_tag === "ask") window.depart(picked, "asking", index)
            if (_tag === "send") window.depart(picked, "sending", index)
            if (_tag === "defer") window.defer(picked, index)
          }
          const stages = open.map(({ stage }) => stage)
          expect(window.open).toBe(open.length)
          expect(window.inFlight).toBe(stages.filter((stage) => stage === "asking" || stage === "sending").length)
          expect(window.deferred).toBe(stages.filter((stage) => stage === "deferred").length)
          expect(window.position).toBe(open[0] === undefined ? next : open[0].position - 1)
          expect(window.position).toBeGreaterThanOrEqual(before)
          before = window.position
        }
      })
    )
  })

  it("gives deferred entries when they are due, the oldest first", () => {
    const window = new FeedWindow(0)
    const entries = [1, 2, 3].map((position) => opened(window, position))
    expect(window.nextDueMillis()).toBeUndefined()
    for (const [index, entry] of entries.entries()) window.defer(entry, 30 - index * 10)
    expect(window.nextDueMillis()).toBe(10)
    expect(window.due(9, 10)).toEqual([])
    expect(window.due(20, 10).map(({ position }) => position)).toEqual([2, 3])
    expect(window.due(30, 2).map(({ position }) => position)).toEqual([1, 2])
  })

  it("does not mind an answer about an article that is closed", () => {
    const window = new FeedWindow(0)
    const entry = opened(window, 1)
    expect(window.add(entry.id, 1, 0)).toBeUndefined()
    window.scan(1)
    window.settle(entry)
    window.settle(entry)
    window.defer(entry, 5)
    window.depart(entry, "sending", 5)
    expect([window.position, window.inFlight, window.deferred, window.open]).toEqual([1, 0, 0, 0])
  })
})

describe("Backoff", () => {
  const times = { baseMillis: 100, millisMax: 5_000 }

  it("doubles up to its bound and stays within the upper half of the step", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, chance) => {
          const delay = Backoff.delayMillis(times, failures, chance)
          const step = Math.min(5_000, 100 * 2 ** Math.max(failures - 1, 0))
          expect(delay).toBeGreaterThanOrEqual(Math.floor(step / 2))
          expect(delay).toBeLessThanOrEqual(step)
        }
      )
    )
  })
})
