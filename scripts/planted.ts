/**
 * Makes each planted mistake in a copy of the project, and says which history saw the promise broken that it breaks.
 *
 *   npm run planted                 all of them, some minutes
 *   npm run planted -- cancel       those that have the word in their names
 *
 * Exits 1 where a mistake is not found, or its text no longer stands in its module.
 */
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as History from "../packages/testing/src/History.ts"
import * as KnownHistories from "../packages/testing/src/KnownHistories.ts"
import * as Verdict from "../packages/testing/src/Verdict.ts"
import * as Workload from "../packages/testing/src/Workload.ts"
import * as PlantedMistakes from "./PlantedMistakes.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Histories that are drawn for one mistake, at most. */
const seedsMax = 150

const historiesOf = function* (among: PlantedMistakes.Among): Generator<History.History> {
  if (among === "known") return yield* KnownHistories.all.map(({ history }) => history)
  for (let at = 1; at <= seedsMax; at += 1) {
    const seed = among === "retained" ? at * 10 : at
    const shape = among === "days" ? History.days : History.small(seed)
    yield Workload.draw(seed, among === "zones-down" ? History.zonesDown(shape) : shape)
  }
}

/** Lives in the copy: runs histories until the promise breaks. */
const look = async (name: string): Promise<number> => {
  const mistake = PlantedMistakes.all.find((one) => one.name === name)
  if (mistake === undefined) return 1
  let lived = 0
  for (const history of historiesOf(mistake.among)) {
    lived += 1
    const { outcome } = await Effect.runPromise(Verdict.of(history, { triesMax: 0 }))
    const broken = [...new Set(outcome.violations.map(({ promise }) => promise))].toSorted((one, other) => one - other)
    if (!broken.includes(mistake.breaks)) continue
    const seconds = (process.cpuUsage().user + process.cpuUsage().system) / 1e6
    console.log(`${name}: ${broken.join(", ")} by history ${lived}, ${seconds.toFixed(0)} CPU s`)
    return 0
  }
  console.log(`${name}: NOT FOUND in ${lived} histories`)
  return 1
}

/** A copy whose packages import each other and not ours. */
const copy = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "lupin-planted-"))
  for (const part of ["packages", "apps", "examples", "scripts", "package.json"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true, verbatimSymlinks: true })
  }
  const modules = join(folder, "node_modules")
  mkdirSync(join(modules, "@lupin"), { recursive: true })
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== "@lupin") symlinkSync(join(root, "node_modules", name), join(modules, name))
  }
  cpSync(join(root, "node_modules", "@lupin"), join(modules, "@lupin"), { recursive: true, verbatimSymlinks: true })
  return folder
}

/** Plants a mistake, looks for it, and puts everything back. */
const plant = (folder: string, mistake: PlantedMistakes.Mistake): boolean => {
  const before = new Map<string, string>()
  try {
    for (const edit of mistake.edits) {
      const file = join(folder, edit.file)
      const source = readFileSync(file, "utf8")
      const planted = PlantedMistakes.made(source, edit)
      if (planted === undefined) {
        console.log(`${mistake.name}: its text does not stand once in ${edit.file}`)
        return false
      }
      if (!before.has(file)) before.set(file, source)
      writeFileSync(file, planted)
    }
    const { arguments: options } = JSON.parse(readFileSync(join(root, "scripts/simulation-options.json"), "utf8"))
    const script = join(folder, "scripts", "planted.ts")
    return spawnSync(process.execPath, [...options, script, "--look", mistake.name], { stdio: "inherit" }).status === 0
  } finally {
    for (const [file, source] of before) writeFileSync(file, source)
  }
}

const [first = "", name = ""] = process.argv.slice(2)
if (first === "--look") process.exitCode = await look(name)
else {
  const folder = copy()
  try {
    const chosen = PlantedMistakes.all.filter((one) => one.name.includes(first))
    const missed = chosen.filter((one) => !plant(folder, one))
    console.log(`${chosen.length - missed.length} of ${chosen.length} mistakes were found`)
    process.exitCode = missed.length === 0 && chosen.length > 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
