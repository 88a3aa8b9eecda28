/**
 * Runs every check a machine can make: format, lint, Effect diagnostics, types, tidy, the samples of guides, the protocol page, WebAssembly.
 *
 * All of them run even when one fails, so that one call shows everything there is to mend. Exits 1 if any failed.
 */
import { spawnSync } from "node:child_process"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

interface Check {
  readonly name: string
  readonly mend: string
  /** What Node is to run, as one line. */
  readonly command: string
}

const checks: ReadonlyArray<Check> = [
  { name: "format", mend: "npm run format", command: "node_modules/oxfmt/bin/oxfmt --check" },
  { name: "lint", mend: "npm run lint -- --fix", command: "node_modules/oxlint/bin/oxlint" },
  {
    name: "effect",
    mend: "npm run effect",
    command:
      "node_modules/@effect/tsgo/dist/effect-tsgo.cjs diagnostics --project tsconfig.json " +
      "--format text --severity error,warning --strict"
  },
  { name: "types", mend: "npm run types", command: "node_modules/typescript/bin/tsc --noEmit -p ." },
  { name: "tidy", mend: "npm run tidy", command: "scripts/tidy.ts" },
  { name: "samples", mend: "the page that it names", command: "scripts/samples.ts" },
  { name: "protocol", mend: "npm run protocol", command: "scripts/protocol.ts --check" },
  { name: "vectors", mend: "npm run vectors", command: "scripts/vectors.ts --check" }
]

const run = (check: Check): { readonly check: Check; readonly passed: boolean; readonly seconds: string } => {
  const startedMillis = performance.now()
  const { status } = spawnSync(process.execPath, check.command.split(" "), {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"]
  })
  return { check, passed: status === 0, seconds: ((performance.now() - startedMillis) / 1000).toFixed(1) }
}

const results = checks.map(run)
console.log("")
for (const { check, passed, seconds } of results) {
  console.log(
    `${passed ? "ok    " : "FAILED"} ${check.name.padEnd(8)} ${seconds} s${passed ? "" : `   mend: ${check.mend}`}`
  )
}
process.exitCode = results.every((result) => result.passed) ? 0 : 1
