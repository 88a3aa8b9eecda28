/**
 * Writes the WebAssembly of core and of the spool as modules of text; with `--check` only says whether they are current.
 *
 * Exits 1 where one is not.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import wabt from "wabt"

/** Each has its octets beside it, in a module of its name and `Octets`. */
const sources = [
  "packages/core/src/internal/VectorScan.wat",
  "packages/spool/src/internal/IdWeave.wat",
  "packages/spool/src/internal/RecordSum.wat"
]
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = (path: string): string => join(root, path)

/** Octets of a module that is compiled where it is loaded, without a wait: engines do that up to 4 KiB. */
const bytesMax = 4_096
const lineLetters = 116

const textOf = (source: string, octets: Uint8Array): string => {
  const lines =
    Buffer.from(octets)
      .toString("base64")
      .match(new RegExp(`.{1,${lineLetters}}`, "g")) ?? []
  return `/**
 * The octets of \`${basename(source)}\` as base 64. Written by \`npm run vectors\`; do not edit.
 */
export const base64 = \`
${lines.map((line) => `  ${line}\n`).join("")}\`
`
}

const compiler = await wabt()
const faults: Array<string> = []
for (const source of sources) {
  const parsed = compiler.parseWat(source, readFileSync(at(source), "utf8"), { simd: true, bulk_memory: true })
  parsed.validate()
  const octets = parsed.toBinary({}).buffer
  const target = source.replace(/\.wat$/, "Octets.ts")
  const text = textOf(source, octets)
  if (octets.length > bytesMax) faults.push(`${source}: ${octets.length} octets of WebAssembly; ${bytesMax} at most`)
  if (process.argv.includes("--check")) {
    const standing = existsSync(at(target)) ? readFileSync(at(target), "utf8") : ""
    if (standing !== text) faults.push(`${target}: is not current: npm run vectors`)
  } else writeFileSync(at(target), text)
}

for (const fault of faults) console.log(fault)
console.log(`vectors: ${sources.length} modules, ${faults.length} findings`)
process.exitCode = faults.length === 0 ? 0 : 1
