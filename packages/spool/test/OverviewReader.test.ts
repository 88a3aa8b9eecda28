import { describe, expect, it } from "@effect/vitest"
import { Buffer } from "node:buffer"
import type * as GroupTable from "../src/internal/GroupTable.ts"
import type { Index } from "../src/internal/Index.ts"
import * as OverviewReader from "../src/internal/OverviewReader.ts"
import { pageNumbers } from "../src/internal/OverviewPages.ts"

const held = 100

/** A group whose numbers begin so far behind the beginning of a page, and how often its log was read. */
const grouped = (behind: number) => {
  const first = 50 * pageNumbers + behind
  const shelf = { key: 1, floor: first - 1, lowAtLeast: first, high: first + held - 1 } as GroupTable.Shelf
  const places = (_: unknown, low: number, high: number, limit: number) =>
    Array.from({ length: Math.max(0, Math.min(high, shelf.high) - Math.max(low, first) + 1) }, (_one, at) => {
      const number = Math.max(low, first) + at
      return [number, { address: number, bytes: 1 }] as const
    }).slice(0, limit)
  const seen = { reads: 0 }
  // Nothing else of the index is asked.
  const index = { numbers: { places } } as unknown as Index
  const overview = (): string => {
    seen.reads += 1
    return "\tline"
  }
  return { first, shelf, seen, reader: OverviewReader.make(index, { overview }) }
}

describe("OverviewReader", () => {
  it("reads the log for a long span once, wherever pages begin", () => {
    for (let behind = 0; behind < pageNumbers; behind++) {
      const { first, reader, seen, shelf } = grouped(behind)
      const all = Array.from({ length: held }, (_, at) => `${first + at}\tline\r\n`).join("")
      for (let turn = 0; turn < 3; turn++) {
        const { last, pieces, rows } = reader.text(shelf, first, shelf.high, 500)
        expect([rows, last, Buffer.concat(pieces).toString("latin1")]).toEqual([held, shelf.high, all])
        expect(seen.reads).toBe(held)
      }
    }
  })

  it("reads no more of the log for a short span than was asked for", () => {
    const { first, reader, seen, shelf } = grouped(0)
    for (let turn = 1; turn <= 3; turn++) {
      expect(reader.text(shelf, first, first + 1, 500).rows).toBe(2)
      expect(seen.reads).toBe(2 * turn)
    }
  })
})
