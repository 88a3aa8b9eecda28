/**
 * Writes the WebAssembly that core looks at octets with, as a module of text; with `--check` only says whether it is current.
 *
 * Exits 1 where it is not.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import wabt from "wabt"

const folder = "packages/core/src/internal"
const source = `${folder}/VectorScan.wat`
const target = `${folder}/VectorScanOctets.ts`
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = (path: string): string => join(root, path)

/** Octets of a module that is compiled where it is loaded, without a wait: engines do that up to 4 KiB. */
const bytesMax = 4_096
const lineLetters = 116

const parsed = (await wabt()).parseWat(source, readFileSync(at(source), "utf8"), { simd: true })
parsed.validate()
const octets = parsed.toBinary({}).buffer
const lines =
  Buffer.from(octets)
    .toString("base64")
    .match(new RegExp(`.{1,${lineLetters}}`, "g")) ?? []
const text = `/**
 * The octets of \`VectorScan.wat\` as base 64. Written by \`npm run vectors\`; do not edit.
 */
export const base64 = \`
${lines.map((line) => `  ${line}\n`).join("")}\`
`

const faults: Array<string> = []
if (octets.length > bytesMax) faults.push(`${source}: ${octets.length} octets of WebAssembly; ${bytesMax} at most`)
if (process.argv.includes("--check")) {
  const standing = existsSync(at(target)) ? readFileSync(at(target), "utf8") : ""
  if (standing !== text) faults.push(`${target}: is not current: npm run vectors`)
} else writeFileSync(at(target), text)

for (const fault of faults) console.log(fault)
console.log(`vectors: ${octets.length} octets, ${faults.length} findings`)
process.exitCode = faults.length === 0 ? 0 : 1
