/**
 * Places that break a rule of tidy for a reason: each names the file, the rule and the reason.
 */
import type { Finding } from "./Finding.ts"

export interface Exception {
  readonly path: string
  readonly rule: string
  readonly because: string
}

export const exceptions: ReadonlyArray<Exception> = []

/** Takes the excepted findings away, and reports every exception that excepts nothing any more. */
export const apply = (
  findings: ReadonlyArray<Finding>,
  list: ReadonlyArray<Exception> = exceptions
): ReadonlyArray<Finding> => {
  const isMeant = (exception: Exception) => (finding: Finding) =>
    finding.path === exception.path && finding.rule === exception.rule
  return [
    ...findings.filter((finding) => !list.some((exception) => isMeant(exception)(finding))),
    ...list
      .filter((exception) => !findings.some(isMeant(exception)))
      .map((exception) => ({
        path: "scripts/tidy/Exceptions.ts",
        rule: "exceptions",
        message: `${exception.path} no longer breaks "${exception.rule}": remove its line`
      }))
  ]
}
