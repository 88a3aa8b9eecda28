import { describe, expect, it } from "@effect/vitest"
import * as CompactionChoice from "../src/internal/CompactionChoice.ts"
import type { Stretch } from "../src/internal/Segment.ts"

const segment = (number: number, bytes = 1_000): Stretch => ({
  first: number,
  last: number,
  start: number * 10_000,
  end: (number + 1) * 10_000,
  bytes
})

const pack = (number: number, bytes = 100, forgottenMillis = 0, compactedAt = 5): Stretch => ({
  ...segment(number, bytes),
  pack: { first: number, last: number, compactedAt, forgottenMillis, nextPosition: 0 }
})

const facts: CompactionChoice.Facts = {
  nowMillis: 1_000,
  forgottenMillis: 0,
  position: 9,
  segmentBytes: 1_000,
  dead: () => ({ bytes: 0, sinceMillis: Infinity }),
  nextMillis: () => 500
}

const deadIn = (number: number, bytes: number, sinceMillis = 900) => ({
  ...facts,
  dead: ({ first }: Stretch) => (first === number ? { bytes, sinceMillis } : { bytes: 0, sinceMillis: Infinity })
})

describe("CompactionChoice", () => {
  it("leaves alone what is alive", () => {
    expect(CompactionChoice.choose([segment(1), pack(2)], facts)).toBeUndefined()
  })

  it("takes a file of which half is dead, and not one of which less is", () => {
    expect(CompactionChoice.choose([segment(1), segment(2)], deadIn(2, 500))).toEqual([segment(2)])
    expect(CompactionChoice.choose([segment(1), segment(2)], deadIn(2, 499))).toBeUndefined()
  })

  it("takes a file with anything that was dead for long", () => {
    const since = { ...deadIn(1, 1, 0), nowMillis: CompactionChoice.deadMillisMax }
    expect(CompactionChoice.choose([segment(1)], since)).toEqual([segment(1)])
    expect(CompactionChoice.choose([segment(1)], { ...since, nowMillis: since.nowMillis - 1 })).toBeUndefined()
  })

  it("looks once at a file of which all removals are forgotten", () => {
    const later = { ...facts, forgottenMillis: 500 }
    expect(CompactionChoice.choose([segment(1)], later)).toEqual([segment(1)])
    expect(CompactionChoice.choose([pack(1, 100, 499)], later)).toEqual([pack(1, 100, 499)])
    expect(CompactionChoice.choose([pack(1, 100, 500)], later)).toBeUndefined()
    expect(CompactionChoice.choose([segment(1)], { ...facts, forgottenMillis: 499 })).toBeUndefined()
  })

  it("merges neighbours once they are many and fit together", () => {
    const packs = Array.from({ length: CompactionChoice.mergeMin }, (_, at) => pack(at + 2))
    expect(CompactionChoice.choose([segment(1), ...packs, segment(20)], facts)).toEqual(packs)
    expect(CompactionChoice.choose(packs.slice(1), facts)).toBeUndefined()
    expect(CompactionChoice.choose(packs, { ...facts, segmentBytes: 500 })).toBeUndefined()
  })

  it("does not take a pack again while nothing has happened", () => {
    expect(CompactionChoice.choose([pack(1, 100, 0, 9)], deadIn(1, 100))).toBeUndefined()
  })
})
