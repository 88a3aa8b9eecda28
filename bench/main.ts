/**
 * Runs the benchmarks named on the command line, or all of them, and prints what they measured.
 *
 * With `--json` standard output holds nothing but one JSON object a line; what it ran on goes to standard error.
 */
import * as Machine from "./Machine.ts"
import * as OwnNetwork from "./nntp/OwnNetwork.ts"
import * as Report from "./Report.ts"

type Bench = () => Promise<{ readonly run: () => Promise<ReadonlyArray<Report.Measure>> }>

const benches: Readonly<Record<string, Bench>> = {
  core: () => import("./core.ts"),
  fleet: () => import("./fleet.ts"),
  flood: () => import("./flood.ts"),
  growth: () => import("./growth.ts"),
  gossip: () => import("./gossip.ts"),
  idle: () => import("./idle.ts"),
  innd: () => import("./innd.ts"),
  nntp: () => import("./nntp.ts"),
  reconcile: () => import("./reconcile.ts"),
  simulation: () => import("./simulation.ts"),
  spool: () => import("./spool.ts")
}

const words = process.argv.slice(2)
const isJson = words.includes("--json")
const named = words.filter((word) => !word.startsWith("--"))
const unknown = named.find((name) => !(name in benches))
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}"; there are: ${Object.keys(benches).join(", ")}.`)
  process.exit(2)
}

/** Those that want a network of their own, the same for all servers, where the system allows that. */
const networked = new Set(["nntp", "innd"])
const status = named.length === 0 || named.some((name) => networked.has(name)) ? OwnNetwork.enter() : undefined
if (status !== undefined) process.exit(status)

const say = isJson ? console.error : console.log
say(`${Machine.describe()}\n`)
for (const name of named.length === 0 ? Object.keys(benches) : named) {
  const bench = await benches[name]?.()
  const measures = (await bench?.run()) ?? []
  process.stdout.write(isJson ? Report.json(measures) : `${Report.table(measures)}\n`)
  if (!Report.allHold(measures)) process.exitCode = 1
}
