import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import { SimFile } from "../src/SimFile.ts"

type Step =
  | { readonly do: "write"; readonly offset: number; readonly pieces: ReadonlyArray<Uint8Array> }
  | { readonly do: "append"; readonly pieces: ReadonlyArray<Uint8Array> }
  | { readonly do: "resize"; readonly bytes: number }
  | { readonly do: "sync" | "flip" | "copy" }

const pieces = fc.array(fc.uint8Array({ maxLength: 700 }), { minLength: 1, maxLength: 3 })
/** Places in a short file, and about the end of a block of a longer one. */
const place = fc.oneof(fc.nat(2_000), fc.integer({ min: 65_000, max: 66_500 }), fc.constantFrom(65_536, 131_072))
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("write" as const), offset: place, pieces }),
  fc.record({ do: fc.constant("append" as const), pieces }),
  fc.record({ do: fc.constant("resize" as const), bytes: place }),
  fc.record({ do: fc.constantFrom("sync" as const, "flip" as const, "copy" as const) })
)

const written = (octets: Buffer, offset: number, all: Buffer): Buffer => {
  const grown = Buffer.alloc(Math.max(octets.length, all.length === 0 ? 0 : offset + all.length))
  octets.copy(grown)
  all.copy(grown, offset)
  return grown
}

const sized = (octets: Buffer, bytes: number): Buffer => Buffer.concat([octets, Buffer.alloc(bytes)]).subarray(0, bytes)

describe("SimFile", () => {
  it("reads what was written last, and keeps what was synced whatever was written since", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let file = new SimFile()
        let cached: Buffer = Buffer.alloc(0)
        let durable = cached
        for (const one of steps) {
          if (one.do === "write" || one.do === "append") {
            const all = Buffer.concat(one.pieces)
            const offset = one.do === "append" ? file.bytes : one.offset
            if (all.length === 0) continue
            file.write(offset, ...one.pieces)
            cached = written(cached, offset, all)
          } else if (one.do === "resize") {
            file.resize(one.bytes)
            cached = sized(cached, one.bytes)
          } else if (one.do === "copy") file = file.copy()
          else {
            if (one.do === "flip" && cached.length === 0) continue
            if (one.do === "flip") {
              file.flip(cached.length - 1, 3)
              cached = written(cached, cached.length - 1, Buffer.of((cached.at(-1) ?? 0) ^ 8))
            } else file.sync()
            durable = cached
          }
          for (const from of [100, 65_400]) {
            const read = Buffer.alloc(400)
            const count = file.read(read, from)
            expect(read.subarray(0, count).equals(cached.subarray(from, from + 400))).toBe(true)
          }
          expect(file.octets.equals(cached)).toBe(true)
          expect(file.left(() => false).octets.equals(durable)).toBe(true)
          expect(file.left(() => true).octets.equals(cached)).toBe(true)
        }
      })
    )
  })

  it("lets sectors of an append through one by one", () => {
    const file = new SimFile(Buffer.from("safe"))
    file.write(4, Buffer.alloc(2_000, "x"), Buffer.alloc(96, "y"))
    let asked = 0
    const left = file.left(() => (asked += 1) % 2 === 1)
    expect(asked).toBe(6)
    expect(left.octets.subarray(0, 4).toString()).toBe("safe")
    expect(left.octets.subarray(4, 512).equals(Buffer.alloc(508))).toBe(true)
    expect(left.octets.subarray(512, 1_024).equals(Buffer.alloc(512, "x"))).toBe(true)
  })
})
