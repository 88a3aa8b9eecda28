/**
 * A finding: one place where the tree breaks a rule of the house, and what to do about it.
 */
export interface Finding {
  readonly path: string
  /** 1-based; absent where the whole file is meant. */
  readonly line?: number
  readonly rule: string
  readonly message: string
}

/** `path:line  rule  message`, which editors and terminals can follow. */
export const format = (finding: Finding): string =>
  `${finding.path}${finding.line === undefined ? "" : `:${finding.line}`}  ${finding.rule}  ${finding.message}`

/** By path, then by line. */
export const sort = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  [...findings].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : (a.line ?? 0) - (b.line ?? 0)))
