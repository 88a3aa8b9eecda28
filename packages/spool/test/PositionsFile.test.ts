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
      const file = PositionsFile.open(directory, node)
      file.save("feed", 12)
      file.save("feed", 345)
      file.close()
      const name = path.join(directory, "positions")
      const text = fs.readFileSync(name, "utf8")
      for (let cut = 1; cut < 12; cut++) {
        fs.writeFileSync(name, text.slice(0, -cut))
        const again = PositionsFile.open(directory, node)
        assert.oneOf(again.read("feed"), [12, 345])
        again.close()
        fs.writeFileSync(name, text)
      }
    })
  )

  it.effect("does not grow without end", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = PositionsFile.open(directory, node)
      for (let position = 0; position < 60_000; position++) file.save("feed to lhr1", position)
      file.close()
      assert.isBelow(fs.statSync(path.join(directory, "positions")).size, 1_100_000)
      const again = PositionsFile.open(directory, node)
      assert.strictEqual(again.read("feed to lhr1"), 59_999)
      again.close()
    })
  )
})
