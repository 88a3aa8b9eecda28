/**
 * Turns what a schema says against a value into the faults of a problem, each naming its field.
 *
 * Pure; the host uses it for payloads too, with their place in the body as the base.
 */
import { SchemaIssue } from "effect"
import * as Problem from "./Problem.ts"

/** Faults a problem lists; a hostile body could have one per octet. */
export const faultsMax = 20

/** Characters of a fault's detail. */
export const detailLengthMax = 300

/** Faults in a JSON body; `base` is the path of the judged value in it, as `["payload"]`. */
export const inBody = (
  issue: SchemaIssue.Issue,
  base: ReadonlyArray<PropertyKey> = []
): ReadonlyArray<Problem.FieldFault> =>
  list(issue).map(({ path, message }) => ({ pointer: Problem.pointerOf([...base, ...path]), detail: cut(message) }))

/** Faults in the path, the query or the headers, by the parameter's name: the first step of a fault's path. */
export const inParameters = (issue: SchemaIssue.Issue): ReadonlyArray<Problem.FieldFault> =>
  list(issue).map(({ path, message }) => ({ parameter: cut(String(path[0] ?? "")), detail: cut(message) }))

interface Found {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => (issue._tag === "UnexpectedKey" ? "is not known here" : SchemaIssue.defaultLeafHook(issue))
})

/** In words of JSON: where a schema of ours has a name, it is an object's. */
const plain = (message: string): string => (/^Expected [A-Z]\w+$/.test(message) ? "Expected a JSON object" : message)

const list = (issue: SchemaIssue.Issue): ReadonlyArray<Found> =>
  format(issue)
    .issues.slice(0, faultsMax)
    .map(({ path, message }) => ({ path: (path ?? []).map(stepOf), message: plain(message) }))

const stepOf = (step: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
  typeof step === "object" ? step.key : step

const cut = (text: string): string =>
  (text.length > detailLengthMax ? `${text.slice(0, detailLengthMax - 1)}…` : text).toWellFormed()
