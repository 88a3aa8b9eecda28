import { layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as PgliteStore from "../src/PgliteStore.ts"
import { cacheContract } from "./contract.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "lupin-cache-"))),
  (directory) => Effect.sync(() => Fs.rmSync(directory, { recursive: true, force: true }))
)

const inTemporary = Layer.unwrap(
  Effect.map(temporary, (directory) => PgliteStore.layer({ directory: Path.join(directory, "db") }))
)

layer(inTemporary, { timeout: "30 seconds" })("a cache in PGlite", (it) => cacheContract(it, { lives: 25 }))
