/**
 * How many tests passed, failed and were skipped, counted from vitest's JSON report.
 */
export interface TestCount {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The part of vitest's report that is read here. */
export interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: ReadonlyArray<{
    readonly status: string
    readonly assertionResults: ReadonlyArray<{ readonly status: string }>
  }>
}

/**
 * Counts a report. A file that failed without a failed test of its own (it did not load, or its hooks broke) counts as
 * one failure: nothing that went wrong is lost.
 */
export const ofReport = (report: Report): TestCount => {
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests
  }
}

/** The closing line: `12 passed, 0 failed, 1 skipped`. */
export const format = (count: TestCount): string =>
  `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`
