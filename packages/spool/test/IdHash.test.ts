import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as IdBand from "../src/internal/IdBand.ts"
import { IdHash } from "../src/internal/IdHash.ts"

const hashOf = (hash: IdHash, id: string): readonly [first: number, second: number] => {
  hash.take(id)
  return [hash.first, hash.second]
}

/** Many of them share a place: they differ in letters that are not looked at. */
const idsOfOneLength = Array.from({ length: 40 }, (_, at) => `<${String(at).padStart(30, "0")}@test.example>`)

describe("IdHash", () => {
  it("is the same for ids of one UUID, and another under another key", () => {
    const uuid = "01939f2e-7a51-7f00-8000-000000000001"
    const hash = new IdHash("secret")
    const one = hashOf(hash, `<${uuid}.one@test.example>`)
    expect(hashOf(hash, `<${uuid}.two@test.example>`)).toEqual(one)
    expect(hashOf(hash, `<${uuid}.`)).toEqual(one)
    expect(hashOf(hash, `<${uuid.replaceAll("-", "_")}.two@test.example>`)).not.toEqual(one)
    expect(hashOf(new IdHash("other"), `<${uuid}.`)).not.toEqual(one)
  })

  it("gives an id the same hash however often it comes, and a note only as long as it is remembered", () => {
    const ids = fc.array(fc.constantFrom(...idsOfOneLength), { maxLength: 60 })
    fc.assert(
      fc.property(ids, (asked) => {
        const hash = new IdHash("secret")
        const noted = new Map<string, number>()
        for (const [turn, id] of asked.entries()) {
          expect(hashOf(hash, id)).toEqual(hashOf(new IdHash("secret"), id))
          if (hash.note !== 0) expect(hash.note).toBe(noted.get(id))
          hash.note = turn + 1
          expect(hashOf(hash, id)).toEqual(hashOf(new IdHash("secret"), id))
          expect(hash.note).toBe(turn + 1)
          noted.set(id, turn + 1)
        }
      })
    )
  })

  it("knows the octets of the id that was hashed last, be it in a text or in octets", () => {
    const asked = fc.array(fc.tuple(fc.constantFrom(...idsOfOneLength.slice(0, 4)), fc.boolean()), { maxLength: 20 })
    const viewOf = (id: string): DataView => new DataView(new TextEncoder().encode(`--${id}`).buffer)
    fc.assert(
      fc.property(asked, (ids) => {
        const hash = new IdHash("secret")
        for (const [id, isText] of ids) {
          if (isText) hash.take(id)
          else hash.takeOctets(viewOf(id), 2, 2 + id.length)
          expect([hash.first, hash.second]).toEqual(hashOf(new IdHash("secret"), id))
          for (const other of idsOfOneLength.slice(0, 4)) {
            expect(hash.isAt(viewOf(other), 2, other.length)).toBe(other === id)
          }
        }
      })
    )
  })

  it("tells apart ids that differ in one octet", () => {
    const hash = new IdHash("secret")
    const seen = new Set(Array.from({ length: 5_000 }, (_, at) => hashOf(hash, `<${at}@test.example>`).join()))
    expect(seen.size).toBe(5_000)
  })

  it("gives bands in the order of hashes, each beginning where it says", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, part) => {
          const band = Math.floor(part * (count - 1))
          const first = IdBand.firstOf(band, count)
          expect(IdBand.bandOf(first, count)).toBe(band)
          if (first > 0) expect(IdBand.bandOf(first - 1, count)).toBe(band - 1)
        }
      )
    )
  })
})
