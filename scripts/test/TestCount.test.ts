import { expect, it } from "vitest"
import * as TestCount from "../TestCount.ts"

const file = (status: string, ...tests: ReadonlyArray<string>) => ({
  status,
  assertionResults: tests.map((own) => ({ status: own }))
})

const report = (...testResults: TestCount.Report["testResults"]): TestCount.Report => {
  const tests = testResults.flatMap((own) => own.assertionResults.map((test) => test.status))
  const of = (status: string) => tests.filter((own) => own === status).length
  return {
    numPassedTests: of("passed"),
    numFailedTests: of("failed"),
    numPendingTests: of("pending"),
    numTodoTests: of("todo"),
    testResults
  }
}

it("gives the closing line", () => {
  const count = TestCount.ofReport(
    report(file("failed", "passed", "failed", "pending", "todo"), file("passed", "passed"))
  )
  expect(TestCount.format(count)).toBe("2 passed, 1 failed, 2 skipped")
})

it("counts a file that did not load as one failure", () => {
  expect(TestCount.ofReport(report(file("failed"))).failed).toBe(1)
})

it("counts a file whose hooks broke after its tests passed", () => {
  expect(TestCount.ofReport(report(file("failed", "passed"))).failed).toBe(1)
})
