/**
 * Which JSON values may be a payload: bounded depth, finite numbers, well-formed text.
 *
 * `JSON.parse` yields Infinity for 1e999 and lone surrogates for "\ud800"; neither has a canonical form (RFC 8785), so a
 * hash could not bind them. The walk keeps its own stack, since a hostile body may nest half a million deep.
 */

/** Levels of arrays and objects a payload may nest. */
export const payloadDepthMax = 32

/** The first fault found, with the steps to it from the root; `undefined` for a value that may be taken. */
export const find = (root: unknown): { readonly path: ReadonlyArray<string>; readonly detail: string } | undefined => {
  const pending: Array<Visit> = [{ value: root, step: undefined, parent: undefined, depth: 0 }]
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    const detail = faultAt(visit)
    if (detail !== undefined) return { path: stepsTo(visit), detail }
    if (typeof visit.value !== "object" || visit.value === null) continue
    for (const [step, value] of Object.entries(visit.value).reverse()) {
      if (!step.isWellFormed()) return { path: stepsTo(visit), detail: "has a member name with a lone surrogate" }
      pending.push({ value, step, parent: visit, depth: visit.depth + 1 })
    }
  }
  return undefined
}

interface Visit {
  readonly value: unknown
  readonly step: string | undefined
  readonly parent: Visit | undefined
  readonly depth: number
}

const faultAt = ({ value, depth }: Visit): string | undefined => {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : "has a lone surrogate"
    case "number":
      return Number.isFinite(value) ? undefined : "is no finite number"
    case "boolean":
      return undefined
    case "object":
      return value !== null && depth >= payloadDepthMax ? `nests deeper than ${payloadDepthMax} levels` : undefined
    default:
      return "is no JSON value"
  }
}

const stepsTo = (visit: Visit): ReadonlyArray<string> => {
  const steps: Array<string> = []
  for (let at: Visit | undefined = visit; at?.step !== undefined; at = at.parent) steps.push(at.step)
  return steps.reverse()
}
