/**
 * Prints the closing line of a test run from vitest's JSON report, given by its path. Exits 1 where a test failed or none ran.
 */
import { existsSync, readFileSync } from "node:fs"
import * as TestCount from "./TestCount.ts"

const path = process.argv[2] ?? ""
// No report means that the run broke off: that is a failure, and must not read as a run without tests.
const count = existsSync(path)
  ? TestCount.ofReport(JSON.parse(readFileSync(path, "utf8")) as TestCount.Report)
  : { passed: 0, failed: 1, skipped: 0 }
console.log(TestCount.format(count))
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1
