import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

/** Prints the address of every module that importing a central host loads. */
const probe = `
import { registerHooks } from "node:module"
registerHooks({ load: (url, context, next) => { console.log(url); return next(url, context) } })
await import("@lupin/central/main")
`

it("loads no database and no gazetteer on a central host", () => {
  const cwd = fileURLToPath(new URL("..", import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", probe], {
    cwd,
    encoding: "utf8"
  })
  const loaded = stdout.split("\n")
  expect(stderr).toBe("")
  expect(loaded.some((url) => url.includes("/packages/digest/src/Digester.ts"))).toBe(true)
  expect(loaded.filter((url) => /pglite|sql-pg|country-coder|us-atlas/.test(url))).toEqual([])
})
