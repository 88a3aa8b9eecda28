/**
 * Type-checks what our README and guides show, against the packages as an app team imports them. Exits 1 where it does not compile.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as GuideSamples from "./GuideSamples.ts"
import * as Finding from "./tidy/Finding.ts"
import * as Project from "./tidy/Project.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = Project.load(root)
  .pages.filter(({ path }) => GuideSamples.isCopied(path))
  .flatMap(GuideSamples.modulesOf)

/** A folder beside the project, which reaches the packages by their names alone. */
const compile = (folder: string): ReadonlyArray<string> => {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  for (const { code, path } of modules) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), code)
  }
  const compilerOptions = { lib: ["es2024", "dom"] }
  const files = modules.map(({ path }) => path)
  const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: [], files }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc")
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", ".", "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  const said = stdout.split("\n").filter((line) => line.trim() !== "")
  return status === 0 || said.length > 0 ? said : [`the compiler ended with ${status}`]
}

const folder = mkdtempSync(join(tmpdir(), "lupin-samples-"))
try {
  const faults = [...GuideSamples.faults(modules), ...compile(folder).map((line) => GuideSamples.told(modules, line))]
  for (const fault of faults) console.log(typeof fault === "string" ? fault : Finding.format(fault))
  console.log(`samples: ${modules.length} modules, ${faults.length} findings`)
  process.exitCode = faults.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
