import { assert, it } from "@effect/vitest"
import { CancelSecret } from "@lupin/nntp/CancelSecret"
import * as CancelSecretFile from "@lupin/site/CancelSecretFile"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Effect, Result } from "effect"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const directory = Effect.acquireRelease(
  Effect.sync(() => FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-secret-"))),
  (path) => Effect.sync(() => FileSystem.rmSync(path, { recursive: true, force: true }))
)

const config = (path: string, part: object = {}): SiteConfig.SiteConfig => {
  const site = {
    kind: "central",
    zone: "sea",
    zones: ["sea"],
    name: "sea",
    path: "h1.sea.zone.lupin",
    directory: path,
    listen: { nntp: "127.0.0.1:0", meta: "127.0.0.1:0" },
    ...part
  }
  return Result.getOrThrow(SiteConfig.any(JSON.stringify(site), "site.json"))
}
const secretOf = (site: SiteConfig.SiteConfig) =>
  Effect.provide(
    Effect.flatMap(CancelSecret, ({ current }) => current),
    CancelSecretFile.layer(() => ({ file: CancelSecretFile.fileOf(site) }))
  )

it.live("reads the file again once the configuration was, and not before", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const file = (name: string, octet: number): CancelSecretFile.Source => {
      FileSystem.writeFileSync(Path.join(path, name), new Uint8Array(20).fill(octet))
      return { file: Path.join(path, name) }
    }
    let source = file("one", 1)
    const layer = CancelSecretFile.layer(() => source)
    yield* Effect.gen(function* () {
      const { current } = yield* CancelSecret
      assert.strictEqual((yield* current)?.[0], 1)
      const again = file("one", 2)
      assert.strictEqual((yield* current)?.[0], 1)
      source = again
      assert.strictEqual((yield* current)?.[0], 2)
      source = file("other", 3)
      assert.strictEqual((yield* current)?.[0], 3)
    }).pipe(Effect.provide(layer))
  }).pipe(Effect.scoped)
)

it.live("makes a secret at its first use, for its owner's eyes alone, and keeps it", () =>
  Effect.gen(function* () {
    const site = config(yield* directory)
    const file = CancelSecretFile.fileOf(site)
    const made = yield* secretOf(site)
    assert.strictEqual(made?.length, 32)
    assert.strictEqual(FileSystem.statSync(file).mode & 0o777, 0o600)
    assert.deepStrictEqual(yield* secretOf(site), made)
    const other = yield* directory
    assert.notDeepEqual(yield* secretOf(config(other)), made)
    assert.deepStrictEqual(yield* secretOf(config(other, { cancelSecret: file })), made)
  }).pipe(Effect.scoped)
)

it.live("locks nothing by a file that holds no secret, or cannot be made", () =>
  Effect.gen(function* () {
    const path = yield* directory
    FileSystem.writeFileSync(Path.join(path, "cancel-secret"), "short")
    assert.isUndefined(yield* secretOf(config(path)))
    assert.isUndefined(yield* secretOf(config(Path.join(path, "nowhere"))))
  }).pipe(Effect.scoped)
)
