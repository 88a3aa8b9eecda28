/**
 * Prints the closing line of a test run from vitest's JSON reports, given by their paths. Exits 1 where a test failed or none ran.
 */
import { existsSync, readFileSync } from "node:fs"
import * as TestCount from "./TestCount.ts"

// No report means that a run broke off: that is a failure, and must not read as a run without tests.
const countOf = (path: string): TestCount.TestCount =>
  existsSync(path)
    ? TestCount.ofReport(JSON.parse(readFileSync(path, "utf8")) as TestCount.Report)
    : { passed: 0, failed: 1, skipped: 0 }

const count = process.argv
  .slice(2)
  .map(countOf)
  .reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped
    }),
    { passed: 0, failed: 0, skipped: 0 }
  )
console.log(TestCount.format(count))
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1
