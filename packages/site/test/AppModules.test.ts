import { assert, it } from "@effect/vitest"
import * as AppModules from "@lupin/site/AppModules"
import { Effect } from "effect"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const troubleOf = (text: string | undefined) =>
  Effect.gen(function* () {
    const from = yield* Effect.acquireRelease(
      Effect.sync(() => FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-app-"))),
      (path) => Effect.sync(() => FileSystem.rmSync(path, { recursive: true, force: true }))
    )
    if (text !== undefined) FileSystem.writeFileSync(Path.join(from, "app.mjs"), text)
    const { message } = yield* Effect.flip(AppModules.load(["./app.mjs"], from))
    return message.replace(from, "")
  })

it.effect("says of each module that cannot be loaded what is wrong with it, and where", () =>
  Effect.gen(function* () {
    assert.strictEqual(yield* troubleOf(undefined), "apps: ./app.mjs: /app.mjs is not there")
    assert.match(yield* troubleOf("throw new Error('no luck')"), /^apps: \.\/app\.mjs: Error: no luck \(/)
    assert.match(yield* troubleOf("export default 3"), /its default export is no app \(see defineApp\)$/)
  })
)
