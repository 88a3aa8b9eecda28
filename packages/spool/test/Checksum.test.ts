import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Checksum from "../src/internal/Checksum.ts"

const plain = Checksum.make(Checksum.plain())
const compiled = Checksum.compiled()

const octets = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc.tuple(fc.integer({ min: 65_500, max: 66_000 }), fc.nat(255)).map(([bytes, of]) => new Uint8Array(bytes).fill(of)),
  fc.uint8Array({ minLength: 1, maxLength: 3_000, size: "max" })
)
const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 })

describe("Checksum", () => {
  it("is the same by WebAssembly and without it", () => {
    if (compiled === undefined) throw new Error("this machine has no WebAssembly with vectors")
    const quick = Checksum.make(compiled)
    fc.assert(
      fc.property(octets, seed, octets, (one, begun, other) => {
        // What lies in memory from an earlier look makes no difference.
        quick(other, begun)
        expect(quick(one, begun)).toBe(plain(one, begun))
      }),
      { numRuns: 300 }
    )
  })

  it("stays what it was, as it lies on disks", () => {
    expect(plain(new Uint8Array(0), 0)).toBe(3977441984)
    expect(Checksum.of(new TextEncoder().encode("words and words"), 15)).toBe(1881497764)
    expect(
      Checksum.of(
        Uint8Array.from({ length: 70_000 }, (_, at) => at * 7),
        70_000
      )
    ).toBe(4244056243)
  })

  it("shows every change within four octets in a row that begin at a multiple of four", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 200 }),
        fc.nat(),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        (one, at, put) => {
          const other = Uint8Array.from(one)
          other.set(put, (at % Math.floor(one.length / 4)) * 4)
          expect(Checksum.of(other, 9) === Checksum.of(one, 9)).toBe(
            other.every((octet, place) => octet === one[place])
          )
        }
      ),
      { numRuns: 1_000 }
    )
  })

  it("shows zeros in the place of octets, octets of elsewhere, another length and another seed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 600, maxLength: 2_000 }), fc.nat(500), seed, (one, at, begun) => {
        const sum = Checksum.of(one, begun)
        const torn = Uint8Array.from(one).fill(0, at, at + 512)
        const moved = Uint8Array.from(one)
        moved.copyWithin(at, 0, 64)
        for (const other of [torn, moved]) {
          if (other.some((octet, place) => octet !== one[place])) expect(Checksum.of(other, begun)).not.toBe(sum)
        }
        expect(Checksum.of(Uint8Array.from([...one, 0]), begun)).not.toBe(sum)
        expect(Checksum.of(one.subarray(0, -1), begun)).not.toBe(sum)
        expect(Checksum.of(one, begun ^ 1)).not.toBe(sum)
      }),
      { numRuns: 500 }
    )
  })
})
