/**
 * Lives through histories of a simulated fleet, one for each seed, until a promise is broken or all have been kept.
 *
 *   npm run simulate -- --seeds 10000            small fleets, from seed 1
 *   npm run simulate -- --seeds 100 --large      25 POPs and six zones
 *   npm run simulate -- --seeds 1000 --zones-down any two of six zones dead at any moment
 *   npm run simulate -- --seeds 1000 --days      days of twenty seconds, sealed while things go wrong
 *   npm run simulate -- --seed 7                 one history of a small fleet
 *   npm run simulate -- --seed 7 --history '…'   the history that a failure has printed
 *
 * `--from` is the first seed, `--jobs` how many processes share them, `--first` ends at the first broken promise, `--trace`
 * prints what happened. Ends with how often each fault and each recovery was seen. Exits 1 if a promise was broken, or something was never seen in 100 histories.
 */
import { Effect } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as History from "../packages/testing/src/History.ts"
import * as KnownHistories from "../packages/testing/src/KnownHistories.ts"
import * as Sightings from "../packages/testing/src/Sightings.ts"
import * as Verdict from "../packages/testing/src/Verdict.ts"
import * as Workload from "../packages/testing/src/Workload.ts"

const misused = (reason: string): never => {
  console.error(`simulate: ${reason}`)
  return process.exit(2)
}

const options = {
  seed: { type: "string" },
  seeds: { type: "string" },
  from: { type: "string", default: "1" },
  every: { type: "string", default: "1" },
  jobs: { type: "string", default: "1" },
  history: { type: "string" },
  large: { type: "boolean", default: false },
  "zones-down": { type: "boolean", default: false },
  days: { type: "boolean", default: false },
  first: { type: "boolean", default: false },
  trace: { type: "boolean", default: false }
} as const

const given = () => {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error))
  }
}
const values = given()

/** A whole number, `least` or more; a misspelt seed is no seed. */
const integer = (name: string, text: string, least = 0): number =>
  /^\d{1,15}$/.test(text) && Number(text) >= least
    ? Number(text)
    : misused(`--${name} ${text} is no whole number from ${least} on`)

/** What one history came to, as a child process tells it. */
interface Done {
  readonly seed: number
  readonly report: string | undefined
  readonly counts: ReadonlyArray<readonly [string, number]>
  readonly simulatedMillis: number
}

const progressMillis = 10_000
/** So many histories must have seen everything. */
const enoughHistories = 100

const shapeOf = (seed: number): History.Shape => {
  if (values.days) return History.days
  const shape = values.large ? History.large : History.small(seed)
  return values["zones-down"] ? History.zonesDown(shape) : shape
}

const historyOf = (seed: number): History.History => {
  if (values.history === undefined) return Workload.draw(seed, shapeOf(seed))
  const history = History.parse(seed, values.history)
  if (typeof history !== "string") return history
  return misused(history)
}

const live = async (history: History.History): Promise<Done> => {
  const { seed } = history
  const options = values.large ? { triesMax: 40 } : {}
  const { outcome, report } = await Effect.runPromise(Verdict.of(history, options))
  if (values.trace) console.log(outcome.trace)
  return { seed, report, counts: [...outcome.sightings.counts], simulatedMillis: outcome.simulatedMillis }
}

const isOne = values.seed !== undefined
const first = values.seed === undefined ? integer("from", values.from) : integer("seed", values.seed)
const count = isOne ? 1 : integer("seeds", values.seeds ?? String(enoughHistories), 1)
const every = integer("every", values.every, 1)
const jobs = isOne ? 1 : Math.min(count, integer("jobs", values.jobs, 1))
const seeds = Array.from({ length: Math.ceil(count / every) }, (_, at) => first + at * every)

const sightings = new Sightings.Sightings()
const broken: Array<number> = []
const beganMillis = performance.now()
let done = 0
let simulatedMillis = 0
let saidMillis = beganMillis

const say = (): void => {
  const seconds = (performance.now() - beganMillis) / 1000
  const { system, user } = process.cpuUsage()
  const simulated = `${Math.round(simulatedMillis / 1000)} simulated s`
  const cpu = jobs > 1 ? "" : ` (${((user + system) / 1e6).toFixed(0)} CPU s)`
  console.log(`${done} of ${count} histories, ${simulated} in ${seconds.toFixed(0)} s${cpu}, ${broken.length} broken`)
}

const take = ({ counts, report, seed, ...rest }: Done): void => {
  done += 1
  simulatedMillis += rest.simulatedMillis
  sightings.addAll(counts)
  if (report !== undefined) {
    broken.push(seed)
    console.log(report)
  }
  if (performance.now() - saidMillis < progressMillis) return
  saidMillis = performance.now()
  say()
}

const isChild = process.send !== undefined
const isWhole =
  !isOne && count >= enoughHistories && !values["zones-down"] && !values.days && !values.large && !values.first
if (isWhole && !isChild) {
  // Ways to recover that chance seldom takes.
  for (const { history } of KnownHistories.all) {
    const { counts, report } = await live(history)
    sightings.addAll(counts)
    if (report === undefined) continue
    broken.push(history.seed)
    console.log(report)
  }
}
if (jobs > 1) {
  const kept = process.argv.slice(2)
  const children = Array.from({ length: jobs }, (_, at) => {
    const own = ["--jobs", "1", "--from", String(first + at), "--seeds", String(count - at), "--every", String(jobs)]
    const child = fork(fileURLToPath(import.meta.url), [...kept, ...own])
    child.on("message", (message) => take(message as Done))
    return new Promise<void>((resume) => void child.on("exit", () => resume()))
  })
  await Promise.all(children)
} else {
  for (const seed of seeds) {
    const told = await live(historyOf(seed))
    if (isChild) process.send?.(told)
    else take(told)
    if (values.first && told.report !== undefined) break
  }
}

if (isChild) process.disconnect()
else {
  say()
  const lines = [...sightings.counts].map(([what, times]) => `${String(times).padStart(9)}  ${what}`)
  console.log(lines.join("\n"))
  const missing = isWhole && done === count ? sightings.missing : []
  for (const what of missing) console.log(`never seen: ${what}`)
  if (broken.length > 0) console.log(`promises were broken by seeds ${broken.join(", ")}`)
  process.exitCode = broken.length + missing.length > 0 || done < count ? 1 : 0
}
