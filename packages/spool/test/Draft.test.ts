import { node } from "@lupin/spool/Disk"
import { id } from "@lupin/testing/SampleArticles"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import { Draft } from "../src/internal/Draft.ts"
import * as Record from "../src/internal/Record.ts"
import * as SegmentLog from "../src/internal/SegmentLog.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

/** Most are small; some do not fit into a slab, or only just. */
const bytes = fc.oneof(
  { weight: 6, arbitrary: fc.nat(3_000) },
  { weight: 2, arbitrary: fc.integer({ min: 250_000, max: 265_000 }) },
  fc.integer({ min: 300_000, max: 900_000 })
)

const eventOf = (position: number, of: number): Record.Logged => ({
  _tag: "Filed",
  position,
  atMillis: 7,
  id: id(`${position}`),
  numbers: [],
  path: "here.example!not-for-mail",
  overview: `\tabout ${position}`,
  bytes: of
})

const recordOf = (position: number, of: number) =>
  [[eventOf(position, of)], Buffer.alloc(of, 1 + (position % 255))] as const

describe("Draft", () => {
  it("has each record as it is encoded, at addresses that follow each other", () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 12 }), fc.nat(1_000_000), (sizes, start) => {
        const draft = new Draft(start, undefined)
        const records = sizes.map((size, at) => recordOf(at, size))
        const addresses = records.map(([events, article]) => draft.add(events, article))
        const encoded = records.map(([events, article]) => Record.encode(events, article))
        const written = draft.parts.map(({ from, slab, to }) => slab.octets.subarray(from, to))
        assert.isTrue(Buffer.concat(written).equals(Buffer.concat(encoded)))
        assert.strictEqual(draft.bytes, Buffer.concat(encoded).length)
        let end = start
        for (const [at, record] of encoded.entries()) {
          assert.strictEqual(addresses[at], end)
          end += record.length
        }
        for (const { from, slab } of draft.parts) assert.strictEqual(from, slab.length)
      }),
      { numRuns: 60 }
    )
  })

  it.effect("is read from memory as it lies on the disk, commit after commit", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const log = SegmentLog.open(directory, node, 2_000_000)
      const commits = fc.sample(fc.array(bytes, { minLength: 1, maxLength: 5 }), { numRuns: 40, seed: 4 })
      let position = 0
      for (const sizes of commits) {
        // Some decisions are dropped before they are written.
        log.draft().add(...recordOf(9_999, 1_000))
        const draft = log.draft()
        const addresses = sizes.map((size) => draft.add(...recordOf(++position, size)))
        log.write(draft)
        for (const [at, size] of sizes.entries()) {
          const of = position - sizes.length + 1 + at
          const [events, article] = recordOf(of, size)
          const record = Record.encode(events, article)
          const payload = log.read(addresses[at] ?? 0, record.length - Record.headBytes)
          assert.isTrue(payload?.equals(record.subarray(Record.headBytes)))
          assert.isTrue(log.whole(addresses[at] ?? 0)?.octets.equals(record))
        }
      }
      assert.isAbove(
        fs.readdirSync(directory).filter((name) => fs.statSync(path.join(directory, name)).isFile()).length,
        1
      )
      assert.throws(() => log.write(new Draft(log.start, undefined)))
      log.close()
    })
  )
})
