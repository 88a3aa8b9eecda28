/**
 * Writes a tarball of each library to dist/: JavaScript and declarations, ready to install on any Node or bundler.
 *
 * Development runs the TypeScript itself; node_modules is never stripped of its types, so a tarball holds what tsc emits
 * and a manifest whose exports lead there.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Tarball from "./Tarball.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packages = readdirSync(join(root, "packages"))
  .map((name) => `packages/${name}`)
  .filter((folder) => existsSync(join(root, folder, "src")))

/** The simulated fleet of `@lupin/testing` is built of the two servers. */
const servers = ["apps/central", "apps/pop"]

const staging = mkdtempSync(join(tmpdir(), "lupin-pack-"))
const emitted = join(staging, "emitted")
const target = join(root, "dist")

/** One program for all packages: each is checked against the sources of the others. */
const emit = (): void => {
  const config = join(root, "tsconfig.pack.json")
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc")
  const args = [compiler, "-p", config, "--outDir", emitted]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
  if (status !== 0) {
    console.error("Nothing was packed: the sources do not type-check.")
    process.exit(1)
  }
}

const pack = (folder: string): string => {
  const from = join(root, folder)
  const to = join(staging, basename(folder))
  cpSync(join(emitted, folder, "src"), join(to, "dist"), { recursive: true })
  copyAssets(join(from, "src"), join(to, "dist"))
  rewriteDeclarations(join(to, "dist"))
  for (const page of ["README.md", "CHANGELOG.md"]) {
    if (existsSync(join(from, page))) cpSync(join(from, page), join(to, page))
  }
  cpSync(join(root, "LICENSE"), join(to, "LICENSE"))
  const manifest = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Tarball.Manifest
  writeFileSync(join(to, "package.json"), `${JSON.stringify(Tarball.manifest(manifest), undefined, 2)}\n`)
  const args = ["pack", "--silent", "--pack-destination", target]
  return execFileSync("npm", args, { cwd: to, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim()
}

/** What lies beside the sources and is no TypeScript (data, SQL) goes along as it is. */
const copyAssets = (from: string, to: string): void =>
  cpSync(from, to, { recursive: true, filter: (path) => !/\.m?ts$/.test(path) })

const rewriteDeclarations = (folder: string): void => {
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".d.ts")) continue
    const file = join(folder, path)
    writeFileSync(file, Tarball.declarations(readFileSync(file, "utf8")))
  }
}

try {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  emit()
  for (const folder of [...packages, ...servers]) console.log(`dist/${pack(folder)}`)
} finally {
  rmSync(staging, { recursive: true, force: true })
}
