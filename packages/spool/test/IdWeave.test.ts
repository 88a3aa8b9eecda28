import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as IdBand from "../src/internal/IdBand.ts"
import { IdHash } from "../src/internal/IdHash.ts"
import { IdWeave } from "../src/internal/IdWeave.ts"
import type { IdRow } from "../src/internal/IndexRows.ts"

/** An entry as it is written; `position` tells which of an id it is, and nothing that the id has gone. */
interface Entry {
  readonly first: number
  readonly second: number
  readonly id: string
  readonly position: number | undefined
}

const rowOf = (position: number): IdRow => ({ _tag: "Held", position, address: position * 7, bytes: position })

const written = (entries: ReadonlyArray<Entry>): Buffer => {
  const octets = Buffer.alloc(entries.length * 320)
  let at = 0
  for (const { first, id, position, second } of entries) {
    at = IdBand.write(octets, at, first, second, id, position === undefined ? undefined : rowOf(position))
  }
  return octets.subarray(0, at)
}

/** What a look into some octets finds of an id: its position, null where it has gone; nothing where it is not there. */
const findIn = (octets: Buffer, { first, id, second }: Entry): number | null | undefined => {
  const hash = new IdHash("")
  hash.take(id)
  hash.first = first
  hash.second = second
  const at = IdBand.find(new DataView(octets.buffer, octets.byteOffset), octets.length, hash)
  if (at < 0) return undefined
  const row = IdBand.known(octets, at)
  return row?._tag === "Held" ? row.position : null
}

const keyOf = ({ first, id, second }: Entry): string => `${first} ${second} ${id}`

interface Out {
  readonly bands: ReadonlyMap<number, Buffer>
  readonly hashes: ReadonlyArray<readonly [number, number]>
}

const weave = new IdWeave()

const weaveAll = (
  parts: ReadonlyArray<ReadonlyArray<Entry>>,
  how: Pick<Parameters<IdWeave["weave"]>[0], "bands" | "from" | "isLast" | "newest" | "to">
): Out => {
  weave.clear()
  for (const part of parts) {
    const octets = written(part)
    octets.copy(weave.take(octets.length))
  }
  const { ends, firsts, octets, seconds } = weave.weave(how)
  const first = IdBand.bandOf(how.from, how.bands)
  const bands = Array.from(
    ends,
    (end, at) => [first + at, Buffer.from(octets.subarray(ends[at - 1] ?? 0, end))] as const
  )
  expect(first + bands.length - 1).toBe(IdBand.bandOf(how.to - 1, how.bands))
  expect(ends.at(-1)).toBe(octets.length)
  return { bands: new Map(bands), hashes: Array.from(firsts, (first, at) => [first, seconds[at] ?? -1]) }
}

const upper = fc.oneof(
  fc.constantFrom(0, 1, 2 ** 11, 2 ** 22, 2 ** 31, 2 ** 32 - 1),
  fc.integer({ min: 0, max: 2 ** 32 - 1 })
)
/** Which of a few ids, and what is known of it. */
const drawn = fc.tuple(fc.nat(30), fc.option(fc.nat(1_000), { nil: undefined }))
/** Some share a half of their hash with others, or both; one is long. */
const entryOf = (at: number, position: number | undefined, uppers: ReadonlyArray<number>): Entry => ({
  first: uppers[at % uppers.length] ?? 0,
  second: [0, 5, -1][at % 3] ?? 0,
  id: at === 7 ? `<${"long".repeat(60)}@b>` : `<${at}@b>`,
  position
})

describe("IdWeave", () => {
  it("puts the newest of every id of a stretch into its band, in the order of hashes", () => {
    const how = fc.record({
      bands: fc.constantFrom(1, 2, 7, 1_000),
      cuts: fc.tuple(upper, upper),
      newest: fc.constantFrom("first", "last"),
      isLast: fc.boolean(),
      uppers: fc.array(upper, { minLength: 1, maxLength: 5 })
    })
    fc.assert(
      fc.property(
        fc.array(fc.array(drawn, { maxLength: 60 }), { maxLength: 4 }),
        how,
        (some, { bands, cuts, isLast, newest, uppers }) => {
          const parts = some.map((part) => part.map(([at, position]) => entryOf(at, position, uppers)))
          const [from, to] = [Math.min(...cuts), Math.max(...cuts) + 1]
          const out = weaveAll(parts, { bands, from, to, isLast, newest })
          const model = new Map<string, Entry>()
          const all = parts.flat().filter(({ first }) => first >= from && first < to)
          for (const one of newest === "last" ? all : all.toReversed()) model.set(keyOf(one), one)
          const left = [...model.values()].filter(({ position }) => !isLast || position !== undefined)
          for (const one of left) {
            const octets = out.bands.get(IdBand.bandOf(one.first, bands)) ?? Buffer.alloc(0)
            expect(findIn(octets, one)).toBe(one.position ?? null)
          }
          const hashesIn = new IdBand.HashReader()
          const inBands = [...out.bands].flatMap(([band, octets]) => {
            const { firsts, seconds } = hashesIn.read(new DataView(octets.buffer, octets.byteOffset), octets.length)
            for (const first of firsts) expect(IdBand.bandOf(first, bands)).toBe(band)
            return Array.from(firsts, (first, at) => [first, seconds[at] ?? -1] as const)
          })
          expect(inBands).toEqual(out.hashes)
          expect(out.hashes.length).toBe(left.length)
          expect(out.hashes.map(([first]) => first)).toEqual(left.map(({ first }) => first).toSorted((a, b) => a - b))
        }
      )
    )
  })

  it("finds the newest of thousands of ids that share a hash", () => {
    const count = 3_000
    const hash = { first: 77, second: 5 }
    const idAt = (at: number): string => `<${at}@b>`
    const older = Array.from({ length: count }, (_, at) => ({ ...hash, id: idAt(at), position: at }))
    // Every third id comes again, of which every second has gone.
    const newer = older
      .filter((_, at) => at % 3 === 0)
      .map((one, at) => ({ ...one, position: at % 2 ? undefined : count + at }))
    const whole = { bands: 3, from: 0, to: 2 ** 32, isLast: true } as const
    for (const newest of ["first", "last"] as const) {
      const { bands } = weaveAll(newest === "first" ? [newer, older] : [older, newer], { ...whole, newest })
      const octets = bands.get(0) ?? Buffer.alloc(0)
      for (const one of newer) expect(findIn(octets, one) ?? null).toBe(one.position ?? null)
      for (const one of older.filter((_, at) => at % 3 > 0)) expect(findIn(octets, one)).toBe(one.position)
    }
  })

  it("weaves more than its memory held at first", () => {
    const count = 12_000
    const all = Array.from({ length: count }, (_, at) => ({
      first: Math.imul(at, 0x9e3779b1) >>> 0,
      second: at,
      id: `<${at}@b>`,
      position: at
    }))
    const { bands, hashes } = weaveAll([all], { bands: 900, from: 0, to: 2 ** 32, isLast: false, newest: "last" })
    expect(hashes.length).toBe(count)
    for (const one of all) {
      if (findIn(bands.get(IdBand.bandOf(one.first, 900)) ?? Buffer.alloc(0), one) !== one.position)
        expect(one).toBe("found")
    }
  })
})
