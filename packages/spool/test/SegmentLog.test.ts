import { assert, describe, it } from "@effect/vitest"
import { node } from "@lupin/spool/Disk"
import { group, id } from "@lupin/testing/SampleArticles"
import { Effect } from "effect"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Record from "../src/internal/Record.ts"
import * as SegmentLog from "../src/internal/SegmentLog.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const segmentBytes = 10_000
const record = (position: number, bytes = 0): Uint8Array =>
  Record.encode(
    [
      {
        _tag: "Filed",
        position,
        atMillis: 0,
        id: id(`${position}`),
        numbers: [[group("misc.test"), position]],
        path: "here.example!not-for-mail",
        overview: "overview",
        bytes
      }
    ],
    new Uint8Array(bytes)
  )
const positionsOf = (log: SegmentLog.SegmentLog): ReadonlyArray<number> => {
  const positions: Array<number> = []
  for (let found = log.peek(log.start); found !== undefined; found = log.peek(found.next)) {
    positions.push(...found.events.map(({ position }) => position))
  }
  return positions
}

describe("SegmentLog", () => {
  it.effect("goes from segment to segment without a seam", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const log = SegmentLog.open(directory, node, segmentBytes)
      const positions = Array.from({ length: 40 }, (_, at) => at + 1)
      const addresses = positions.map((position) => log.append(record(position, 900)))
      assert.isAbove(fs.readdirSync(directory).length, 3)
      assert.deepStrictEqual(positionsOf(log), positions)
      assert.deepStrictEqual(
        addresses,
        addresses.toSorted((left, right) => left - right)
      )
      log.close()
      const again = SegmentLog.open(directory, node, segmentBytes)
      assert.deepStrictEqual(positionsOf(again), positions)
      again.close()
    })
  )

  it.effect("reads what was appended where a torn tail was cut off", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const log = SegmentLog.open(directory, node, segmentBytes)
      log.append(record(1))
      log.close()
      const [name = ""] = fs.readdirSync(directory)
      fs.appendFileSync(path.join(directory, name), Buffer.alloc(4_000, 1))
      const again = SegmentLog.open(directory, node, segmentBytes)
      const first = again.verify(again.start)
      assert.isUndefined(again.verify(first?.next ?? 0))
      assert.strictEqual(again.cut(first?.next ?? 0), 4_000)
      again.append(record(2, 3_000))
      assert.deepStrictEqual(positionsOf(again), [1, 2])
      again.close()
    })
  )

  it.effect("takes a segment that a crash left without its first octets", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      fs.writeFileSync(path.join(directory, "segment-00000001.log"), "lup")
      const log = SegmentLog.open(directory, node, segmentBytes)
      assert.strictEqual(log.cut(log.start), 0)
      log.append(record(1))
      assert.deepStrictEqual(positionsOf(log), [1])
      log.close()
    })
  )

  it.effect("does not take a file of another kind for a segment", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      fs.writeFileSync(path.join(directory, "segment-00000001.log"), "a file of another kind")
      assert.throws(() => SegmentLog.open(directory, node, segmentBytes), /no segment/)
    })
  )
})
