import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { node } from "../src/Disk.ts"
import * as PositionsFile from "../src/internal/PositionsFile.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

describe("PositionsFile", () => {
  it.effect("passes over a line that was torn", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = PositionsFile.open(directory, node, 100_000)
      file.save("feed", 12)
      file.save("feed", 345)
      file.close()
      const name = path.join(directory, "positions")
      const text = fs.readFileSync(name, "utf8")
      for (let cut = 1; cut < 12; cut++) {
        fs.writeFileSync(name, text.slice(0, -cut))
        const again = PositionsFile.open(directory, node, 100_000)
        assert.oneOf(again.read("feed"), [12, 345])
        again.close()
        fs.writeFileSync(name, text)
      }
    })
  )

  it.effect("cuts back positions behind the end of the log, and says how much the log has lost", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = PositionsFile.open(directory, node, 0)
      for (const [follower, position] of [
        ["a", 12],
        ["b", 7],
        ["c", 3]
      ] as const)
        file.save(follower, position)
      assert.strictEqual(file.lost, 0)
      file.close()
      const cut = PositionsFile.open(directory, node, 5)
      assert.deepStrictEqual([cut.lost, cut.read("a"), cut.read("b"), cut.read("c")], [7, 5, 5, 3])
      cut.close()
      const again = PositionsFile.open(directory, node, 9)
      assert.deepStrictEqual([again.lost, again.read("a")], [0, 5])
      again.close()
    })
  )

  it.effect("does not grow without end", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = PositionsFile.open(directory, node, 100_000)
      for (let position = 0; position < 60_000; position++) file.save("feed to lhr1", position)
      file.close()
      assert.isBelow(fs.statSync(path.join(directory, "positions")).size, 1_100_000)
      const again = PositionsFile.open(directory, node, 100_000)
      assert.strictEqual(again.read("feed to lhr1"), 59_999)
      again.close()
    })
  )
})
