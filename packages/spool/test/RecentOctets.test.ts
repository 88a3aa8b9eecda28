import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import { Draft } from "../src/internal/Draft.ts"
import { RecentOctets } from "../src/internal/RecentOctets.ts"

/** Where the segments of the model's log begin. */
const segmentSpan = 2 ** 27

type Step =
  | { readonly _tag: "Add"; readonly bytes: number }
  | { readonly _tag: "Turn" }
  | { readonly _tag: "Read" }
  | { readonly _tag: "Cut"; readonly back: number }
  | { readonly _tag: "Drop"; readonly back: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 300_000 }).map((bytes) => ({ _tag: "Add", bytes }) as const) },
  fc.constant({ _tag: "Turn" } as const),
  fc.constant({ _tag: "Read" } as const),
  fc.nat(9).map((back) => ({ _tag: "Cut", back }) as const),
  fc.nat(9).map((back) => ({ _tag: "Drop", back }) as const)
)

/** Writes octets at an address as a log does: some records in one commit. */
const write = (recent: RecentOctets, address: number, records: ReadonlyArray<Uint8Array>): void => {
  const draft = new Draft(address, recent.slabBefore(address), recent.slabAt)
  for (const record of records) draft.copy(record)
  for (const part of draft.parts) recent.keep(part)
}

/** A commit that came to nothing. */
const drop = (recent: RecentOctets, address: number): void => {
  new Draft(address, recent.slabBefore(address), recent.slabAt).copy(Buffer.alloc(1000, 0xff))
}

describe("RecentOctets", () => {
  it("gives out what was written or nothing, whatever was cut off and written anew", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const recent = new RecentOctets(1024 * 1024)
        const readOut: Array<readonly [Buffer, Buffer]> = []
        let written: Array<readonly [address: number, octets: Buffer]> = []
        let end = 12
        for (const [turn, one] of steps.entries()) {
          const back = "back" in one ? (written.at(-1 - one.back)?.[0] ?? end) : end
          if (one._tag === "Add") {
            const octets = Buffer.alloc(one.bytes, turn + 1)
            drop(recent, end)
            write(recent, end, [octets.subarray(0, 7), octets.subarray(7)])
            written.push([end, octets])
            end += octets.length
          } else if (one._tag === "Turn") end = (Math.floor(end / segmentSpan) + 1) * segmentSpan + 12
          else if (one._tag === "Drop") recent.drop(back)
          else {
            recent.cut(back)
            written = written.filter(([address]) => address < back)
            end = back
          }
          for (const [address, octets] of written) {
            const slab = recent.look(address, octets.length)
            const from = address - (slab?.start ?? 0)
            if (slab) expect(slab.octets.subarray(from, from + octets.length).equals(octets)).toBe(true)
            // What nobody holds may be written over.
            const found = one._tag === "Read" ? recent.read(address, octets.length) : undefined
            if (found !== undefined) readOut.push([found, octets])
          }
          if (one._tag === "Drop") expect(recent.read(back, 1)).toBeUndefined()
        }
        expect(recent.read(end, 1)).toBeUndefined()
        for (const [found, octets] of readOut) expect(found.equals(octets)).toBe(true)
      }),
      { numRuns: 200 }
    )
  })

  it("fills octets anew that nobody was given", () => {
    const recent = new RecentOctets(1024 * 1024)
    const seen = new Map<ArrayBufferLike, number>()
    for (let turn = 0; turn < 100; turn++) {
      write(recent, turn * 250_000, [Buffer.alloc(250_000, turn)])
      const { buffer } = recent.look(turn * 250_000, 1)?.octets ?? Buffer.alloc(0)
      seen.set(buffer, (seen.get(buffer) ?? 0) + 1)
      if (turn === 50) expect(recent.read(turn * 250_000, 9)?.[0]).toBe(50)
    }
    // Those that lie in memory, one to be filled next, and the one that was read from.
    expect(seen.size).toBe(6)
  })

  it("keeps what came last, within its bound", () => {
    const recent = new RecentOctets(1024 * 1024)
    for (let turn = 0; turn < 100; turn++) write(recent, turn * 50_000, [Buffer.alloc(50_000, turn)])
    expect(recent.read(99 * 50_000, 50_000)?.[0]).toBe(99)
    expect(recent.read(90 * 50_000, 50_000)?.[0]).toBe(90)
    expect(recent.read(0, 50_000)).toBeUndefined()
    const kept = Array.from({ length: 100 }, (_, turn) => recent.read(turn * 50_000, 1)).filter((one) => one)
    expect(kept.length).toBeLessThanOrEqual(20)
  })
})
