import { assert, it } from "@effect/vitest"
import * as OwnDirectory from "@lupin/site/OwnDirectory"
import { Effect } from "effect"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const folder = Effect.acquireRelease(
  Effect.sync(() => FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-own-"))),
  (path) => Effect.sync(() => FileSystem.rmSync(path, { recursive: true, force: true }))
)

it.effect("makes a directory with all above it, and takes one that is there", () =>
  Effect.gen(function* () {
    const deep = Path.join(yield* folder, "a", "b", "c")
    yield* OwnDirectory.make(deep)
    yield* OwnDirectory.make(deep)
    assert.isTrue(FileSystem.statSync(deep).isDirectory())
  })
)

it.effect("names the file that is in the way", () =>
  Effect.gen(function* () {
    const file = Path.join(yield* folder, "file")
    FileSystem.writeFileSync(file, "")
    for (const wanted of [file, Path.join(file, "below", "it")]) {
      const { message } = yield* Effect.flip(OwnDirectory.make(wanted))
      assert.strictEqual(message, `${file} is no directory, or lies below a file`)
    }
  })
)

it.effect("comes to an end where nothing can be made", () =>
  Effect.gen(function* () {
    if (!FileSystem.existsSync("/proc/self")) return
    const { message } = yield* Effect.flip(OwnDirectory.make("/proc/lupin/spool"))
    assert.include(message, "/proc")
  })
)
