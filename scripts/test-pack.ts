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

/** The example of the README: what it shows has to work for whoever copies it. */
const readmeExample = (): string => {
  const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1]
  if (example === undefined) throw new Error("README.md shows no example")
  return example
}

/** The modules that the guide for app teams shows; the first line of each is its file's name. */
const writeGuide = (): void => {
  const guide = readFileSync(join(root, "docs", "guides", "build-an-app.md"), "utf8")
  const modules = [...guide.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)]
  if (modules.length < 2) throw new Error("docs/guides/build-an-app.md shows too few modules")
  for (const [, name = "", code = ""] of modules) {
    mkdirSync(join(folder, "types", dirname(name)), { recursive: true })
    write(`types/${name}`, code)
  }
}

const checkTypes = (): boolean => {
  mkdirSync(join(folder, "types"), { recursive: true })
  write("types/entry.ts", entry())
  write("types/readme.ts", readmeExample())
  writeGuide()
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
