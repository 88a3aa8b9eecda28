/**
 * Runs the interop tests: says which programs of other people are missing and how to get them, then talks to the rest.
 *
 * Nothing is installed here. With CI=true a missing program is a failure. Arguments are handed on to vitest.
 */
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Programs from "../packages/nntp/test/interop/Programs.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const missing = Programs.missing()

if (missing.length > 0) {
  console.log(`not on this machine: ${missing.join(", ")}`)
  console.log(
    `on Debian: sudo apt install ${Programs.debian(missing).join(" ")} (or scripts/interop-packages.sh, which starts no service)`
  )
}
if (missing.length > 0 && process.env["CI"] === "true") {
  process.exitCode = 1
} else {
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  const args = [vitest, "run", "--config", join(root, "vitest.interop.config.ts"), ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
  process.exitCode = status ?? 1
}
