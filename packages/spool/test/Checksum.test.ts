import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as Checksum from "../src/internal/Checksum.ts"

const prime = 0x9e3779b1
const octets = fc.uint8Array({ minLength: 1, maxLength: 3_000 })
const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 })

describe("Checksum", () => {
  it("is XXH32, whose values are published", () => {
    const pattern = Buffer.alloc(222)
    let generator = BigInt(0x9e3779b1)
    for (let at = 0; at < pattern.length; at += 1) {
      pattern[at] = Number(generator >> 56n)
      generator = BigInt.asUintN(64, generator * 11400714785074694797n)
    }
    expect(Checksum.of(Buffer.alloc(0), 0)).toBe(0x02cc5d05)
    expect(Checksum.of(Buffer.from("abc"), 0)).toBe(0x32d153ff)
    for (const [bytes, begun, sum] of [
      [0, prime, 0x36b78ae7],
      [1, 0, 0xcf65b03e],
      [1, prime, 0xb4545aa4],
      [14, 0, 0x1208e7e2],
      [14, prime, 0x6af1d1fe],
      [222, 0, 0x5bd11dbd],
      [222, prime, 0x58803c5f]
    ] as const) {
      expect(Checksum.of(pattern.subarray(0, bytes), begun)).toBe(sum)
    }
  })

  it("shows an octet that changed, another length and another seed", () => {
    fc.assert(
      fc.property(octets, fc.nat(), fc.integer({ min: 1, max: 255 }), seed, (one, at, change, begun) => {
        const sum = Checksum.of(one, begun)
        const place = at % one.length
        expect(Checksum.of(one.with(place, (one[place] ?? 0) ^ change), begun)).not.toBe(sum)
        expect(Checksum.of(Uint8Array.from([...one, 0]), begun)).not.toBe(sum)
        expect(Checksum.of(one.subarray(0, -1), begun)).not.toBe(sum)
        expect(Checksum.of(one, (begun ^ 1) >>> 0)).not.toBe(sum)
      })
    )
  })
})
