import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as FeedPulse from "../src/FeedPulse.ts"

const limits: FeedPulse.Limits = { silentMillisMax: 1_900, silenceMillisMax: 60_000, beatMillis: 3_000 }

const life = fc.record({
  /** How long the peer takes for each answer before it dies. */
  answersMillis: fc.array(fc.nat({ max: 1_800 }), { maxLength: 20 }),
  pausesMillis: fc.array(fc.nat({ max: 10_000 }), { maxLength: 20 })
})

/** Does what is due until the silence is noted; says when that was. */
const watch = (from: FeedPulse.Pulse): { readonly notedMillis: number; readonly beats: number } => {
  let pulse = from
  let beats = 0
  for (;;) {
    const next = FeedPulse.next(pulse, limits)
    if (next === undefined) throw new Error("nobody watches")
    if (next.due === "silent") return { notedMillis: next.atMillis, beats }
    beats += 1
    pulse = FeedPulse.said(pulse, next.atMillis)
  }
}

describe("FeedPulse", () => {
  it("notes within five seconds that a watched peer is silent, whatever was said before", () => {
    fc.assert(
      fc.property(life, ({ answersMillis, pausesMillis }) => {
        let nowMillis = 0
        let pulse = FeedPulse.opened(nowMillis)
        let diedMillis = 0
        for (const [at, answerMillis] of answersMillis.entries()) {
          const idle = Math.min(pausesMillis[at] ?? 0, limits.beatMillis ?? 0)
          nowMillis += idle
          pulse = FeedPulse.said(pulse, nowMillis)
          nowMillis += answerMillis
          expect(FeedPulse.next(pulse, limits)?.atMillis).toBeGreaterThan(nowMillis)
          pulse = FeedPulse.heard(false, nowMillis)
          diedMillis = nowMillis
        }
        const { beats, notedMillis } = watch(pulse)
        expect(beats).toBe(1)
        expect(notedMillis - diedMillis).toBeLessThanOrEqual(5_000)
      })
    )
  })

  it("notes a silence once, and gives up later", () => {
    const owed = FeedPulse.said(FeedPulse.opened(0), 100)
    expect(FeedPulse.next(owed, limits)).toEqual({ due: "silent", atMillis: 2_000 })
    expect(FeedPulse.next(FeedPulse.noted(owed), limits)).toEqual({ due: "lost", atMillis: 60_100 })
    expect(FeedPulse.next(FeedPulse.heard(false, 3_000), limits)).toEqual({ due: "beat", atMillis: 6_000 })
  })

  it("counts from the last answer where more are due, not from the last thing said", () => {
    const pulse = FeedPulse.said(FeedPulse.said(FeedPulse.heard(true, 1_000), 2_500), 2_900)
    expect(FeedPulse.next(pulse, limits)).toEqual({ due: "silent", atMillis: 2_900 })
  })

  it("needs no timer where nobody waits for anything", () => {
    const idle = { ...limits, beatMillis: undefined }
    expect(FeedPulse.next(FeedPulse.opened(0), idle)).toBeUndefined()
    expect(FeedPulse.next(FeedPulse.settled(FeedPulse.said(FeedPulse.opened(0), 1)), idle)).toBeUndefined()
  })
})
