/**
 * Adds to package-lock.json what it lacks for other platforms, so that every npm installs from it on every platform.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as PlatformPackages from "./PlatformPackages.ts"

const path = join(dirname(dirname(fileURLToPath(import.meta.url))), "package-lock.json")
const lock = JSON.parse(readFileSync(path, "utf8")) as { readonly packages: PlatformPackages.Entries }
const added = Object.keys(PlatformPackages.missing(lock.packages)).length
if (added > 0) {
  const completed = { ...lock, packages: PlatformPackages.complete(lock.packages) }
  writeFileSync(path, `${JSON.stringify(completed, undefined, 2)}\n`)
}
console.log(`package-lock.json: ${added} packages of other platforms added`)
