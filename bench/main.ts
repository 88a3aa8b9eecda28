/**
 * Runs the benchmarks named on the command line, or all of them, and prints what they measured.
 *
 * With `--json` standard output holds nothing but one JSON object a line; what it ran on goes to standard error.
 */
import * as Machine from "./Machine.ts"
import * as Report from "./Report.ts"

type Bench = () => Promise<{ readonly run: () => Promise<ReadonlyArray<Report.Measure>> }>

const benches: Readonly<Record<string, Bench>> = {
  core: () => import("./core.ts"),
,
  idle: () => import("./idle.ts"),
  nntp: () => import("./nntp.ts")
