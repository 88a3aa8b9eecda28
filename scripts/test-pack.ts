/**
 * Packs the libraries, installs the tarballs in an empty folder, and uses them as an app team would.
 *
 * Every module has to load on this Node; the modules of the SDK also have to type-check under both ways of resolving, and
 * to go through a bundler for browsers. Exits 1 where one of them fails.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import * as GuideSamples from "./GuideSamples.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), "lupin-installed-"))
const tarballs = join(root, "dist")

/** What a browser lacks: a bundle that asks for one of these does not run there. */
const onlyNode = /(?:from|import|require\()\s*"node:/

const write = (path: string, content: unknown): void =>
  writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content, undefined, 2))

const install = (): void => {
  const files = readdirSync(tarballs).filter((name) => name.endsWith(".tgz"))
  const own = files.map((name) => [`@${name.replace(/-\d.*$/, "").replace("-", "/")}`, `file:${join(tarballs, name)}`])
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly devDependencies: Readonly<Record<string, string>>
  }
  write("package.json", {
    private: true,
    type: "module",
    dependencies: { ...Object.fromEntries(own), effect: manifest.devDependencies["effect"] }
  })
  const args = ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  execFileSync("npm", args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] })
}

/** The modules of one installed package, as an import line names them. */
const modulesOf = (name: string): ReadonlyArray<string> =>
  readdirSync(join(folder, "node_modules", "@lupin", name, "dist"))
    .filter((file) => file.endsWith(".js"))
    .map((file) => `@lupin/${name}/${file.replace(/\.js$/, "")}`)

const loadAll = (): boolean => {
  // The entry of a thread is started, not imported.
  const names = readdirSync(join(folder, "node_modules", "@lupin"))
    .flatMap(modulesOf)
    .filter((name) => !name.endsWith("Worker"))
  const lines = names.map((name) => `await import(${JSON.stringify(name)})`)
  write("all.js", `${lines.join("\n")}\nconsole.log("${names.length} modules load on Node", process.versions.node)\n`)
  return run(process.execPath, ["all.js"])
}

const entry = (): string => {
  const names = modulesOf("sdk")
  const imports = names.map((name, index) => `import * as M${index} from ${JSON.stringify(name)}`)
  const sizes = names.map((_, index) => `Object.keys(M${index}).length`)
  return `${imports.join("\n")}\nexport const exported: number = ${sizes.join(" + ")}\n`
}

/** Where the samples lie that use nothing but the libraries: what they show has to work for whoever copies it. */
const copied = ["README.md", "docs/guides/build-an-app.md"]

const writeSamples = (): void => {
  for (const path of copied) {
    const modules = GuideSamples.modulesOf({ path, text: readFileSync(join(root, path), "utf8") })
    if (modules.length === 0) throw new Error(`${path} shows no module`)
    for (const { code, path: module } of modules) {
      mkdirSync(join(folder, "types", dirname(module)), { recursive: true })
      write(`types/${module}`, code)
    }
  }
}

const checkTypes = (): boolean => {
  mkdirSync(join(folder, "types"), { recursive: true })
  write("types/entry.ts", entry())
  writeSamples()
  return ["nodenext", "bundler"].every((moduleResolution) => {
    const options = {
      target: "es2024",
      lib: ["es2024", "dom"],
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: [],
      moduleResolution
    }
    const module = moduleResolution === "nodenext" ? "nodenext" : "esnext"
    write("tsconfig.json", { compilerOptions: { ...options, module }, include: ["types"] })
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc")
    const { stdout } = spawnSync(process.execPath, [compiler, "-p", "."], { cwd: folder, encoding: "utf8" })
    // What others get wrong in their own declarations is theirs.
    const faults = stdout.split("\n").filter((line) => /^(?:types\/|node_modules\/@lupin\/)/.test(line))
    for (const fault of faults) console.log(fault)
    console.log(`types, ${moduleResolution}: ${faults.length} errors`)
    return faults.length === 0
  })
}

const bundle = async (): Promise<boolean> => {
  write("entry.js", entry().replace(": number", "").concat("console.log(exported, 'exports of the SDK, bundled')\n"))
  const build = await rolldown({ input: join(folder, "entry.js"), cwd: folder, platform: "browser", logLevel: "warn" })
  const { output } = await build.generate({ format: "esm", minify: true, codeSplitting: false })
  await build.close()
  const { code } = output[0]
  write("bundle.js", code)
  console.log(`bundle: ${Math.round(code.length / 1024)} kB, minified`)
  if (onlyNode.test(code)) {
    console.log("the bundle asks for a module of Node")
    return false
  }
  return run(process.execPath, ["bundle.js"])
}

const run = (command: string, args: ReadonlyArray<string>): boolean =>
  spawnSync(command, args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] }).status === 0

try {
  const packed = run(process.execPath, [join(root, "scripts", "pack.ts")])
  if (packed) install()
  const passed = packed && [loadAll(), checkTypes(), await bundle()].every(Boolean)
  process.exitCode = passed ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
