import * as Limits from "@lupin/core/Limits"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as CheckWindow from "../src/CheckWindow.ts"

const bounds = CheckWindow.boundsOf(Infinity)
const prompt = { isPutOff: false, departedMillis: 0, inFlight: 500 }

const answer = fc.record({
  isPutOff: fc.boolean(),
  latencyMillis: fc.nat({ max: 100_000 }),
  inFlight: fc.integer({ min: 1, max: 500 }),
  passMillis: fc.nat({ max: 400_000 })
})

/** A peer on a link of `rttMillis` that answers at most `perSecond`; each flight is a whole window. */
const serve = (rttMillis: number, perSecond: number, flights: number, from = CheckWindow.initial(bounds)) => {
  let window = from
  let nowMillis = 0
  for (let flight = 0; flight < flights; flight += 1) {
    const departedMillis = nowMillis
    const { size } = window
    nowMillis += Math.max(rttMillis, (size * 1_000) / perSecond)
    for (let inFlight = size; inFlight > 0; inFlight -= 1) {
      window = CheckWindow.answered(window, { isPutOff: false, departedMillis, inFlight }, bounds, nowMillis)
    }
  }
  return window
}

describe("CheckWindow", () => {
  it("stays within its bounds, whatever the answers, and a bad answer never opens it", () => {
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 300 }), fc.integer({ min: 1, max: 1_000 }), (answers, max) => {
        const within = CheckWindow.boundsOf(max)
        let window = CheckWindow.initial(within)
        let nowMillis = 0
        for (const { inFlight, isPutOff, latencyMillis, passMillis } of answers) {
          nowMillis += passMillis
          const before = window.size
          const one = { isPutOff, inFlight, departedMillis: nowMillis - latencyMillis }
          window = CheckWindow.answered(window, one, within, nowMillis)
          expect(window.size).toBeGreaterThanOrEqual(Math.min(Limits.checkWindowMin, max))
          expect(window.size).toBeLessThanOrEqual(Math.min(Limits.checkWindowMax, max))
          if (isPutOff) expect(window.size).toBeLessThanOrEqual(before)
          else expect(window.size).toBeLessThanOrEqual(before + 1)
        }
      })
    )
  })

  it("opens wholly to a peer that keeps up, however far away it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), (rttMillis) => {
        expect(serve(rttMillis, Infinity, 12).size).toBe(Limits.checkWindowMax)
      })
    )
  })

  it("stays where it is while it is hardly used", () => {
    const first = CheckWindow.initial(bounds)
    let window = first
    for (let at = 0; at < 1_000; at += 1) {
      window = CheckWindow.answered(window, { isPutOff: false, departedMillis: at, inFlight: 10 }, bounds, at + 1)
    }
    expect(window.size).toBe(first.size)
  })

  it("shrinks once for a flight that is put off, and to its least for a peer that goes on so", () => {
    let window = serve(10, Infinity, 12)
    const flight = (departedMillis: number) => {
      for (let inFlight = window.size; inFlight > 0; inFlight -= 1) {
        const putOff = { isPutOff: true, departedMillis, inFlight }
        window = CheckWindow.answered(window, putOff, bounds, departedMillis + 10)
      }
      return window.size
    }
    expect([1_000, 2_000, 3_000, 4_000, 5_000].map(flight)).toEqual([250, 125, 62, 50, 50])
  })

  it("shrinks once for a flight whose answers have become slow", () => {
    let window = serve(10, Infinity, 12)
    for (const nowMillis of [2_000, 2_001, 2_002]) {
      window = CheckWindow.answered(window, { ...prompt, departedMillis: 1_000 }, bounds, nowMillis)
    }
    expect(window.size).toBe(375)
  })

  it("settles where a peer of limited speed answers promptly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 300 }), fc.integer({ min: 20, max: 20_000 }), (rttMillis, perSecond) => {
        const slow = 2 * (2 * rttMillis + 50)
        const opened = serve(rttMillis, Infinity, 12)
        const { size } = serve(rttMillis, perSecond, 60, { ...opened, measuredMillis: 0, shrunkMillis: -Infinity })
        const latencyMillis = (size * 1_000) / perSecond
        expect(size === Limits.checkWindowMin || latencyMillis <= slow).toBe(true)
      })
    )
  })
})
