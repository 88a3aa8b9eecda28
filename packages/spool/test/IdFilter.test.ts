import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as IdBand from "../src/internal/IdBand.ts"
import { IdFilter } from "../src/internal/IdFilter.ts"
import { IdHash } from "../src/internal/IdHash.ts"

const hashOf = (hash: IdHash, id: string): readonly [first: number, second: number] => {
  hash.take(id)
  return [hash.first, hash.second]
}

const bands = 7
const entry = fc.record({ band: fc.nat(bands - 1), hash: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) })

describe("IdFilter", () => {
  it("passes whatever was added, put together from its parts too", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 100 }), (entries) => {
        const filter = new IdFilter(bands)
        for (const { band, hash } of entries) filter.add(band, hash)
        const other = new IdFilter(bands)
        other.set(0, filter.part(0, 4))
        other.set(4, filter.part(4, bands))
        for (const { band, hash } of entries) {
          expect(filter.mayHold(band, hash)).toBe(true)
          expect(other.mayHold(band, hash)).toBe(true)
        }
      })
    )
  })

  it("lets one stranger in a hundred pass, at most, with ten ids in a band", () => {
    const hash = new IdHash("secret")
    const count = 20_000
    const filter = new IdFilter(count / 10)
    const place = (id: string): readonly [band: number, second: number] => {
      const [first, second] = hashOf(hash, id)
      return [IdBand.bandOf(first, count / 10), second]
    }
    for (let at = 0; at < count; at++) filter.add(...place(`<${at}@here.example>`))
    const strangers = Array.from({ length: count }, (_, at) => `<${at}@there.example>`)
    expect(strangers.filter((id) => filter.mayHold(...place(id))).length).toBeLessThan(count / 100)
  })
})

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
