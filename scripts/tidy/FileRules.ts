/**
 * The rules one file can keep or break by itself: size, name, header, and what it takes from the air.
 */
import type { Finding } from "./Finding.ts"
import * as Project from "./Project.ts"
import * as Source from "./Source.ts"

/** Lines of a module. Beyond it a second noun is hiding in the file. */
export const moduleLinesMax = 400

/** Lines of a test file. */
export const testLinesMax = 600

const nameless = /(?:^|[a-z])(?:utils?|helpers?|common|misc|shared|manager|data)$/i

/** Time and chance that did not arrive as a service: no failure can be replayed over one of these. */
const fromTheAir = new Set(
  (
    "Date|Date.now|new Date|performance.now|process.hrtime|Math.random|crypto.randomUUID|crypto.getRandomValues|" +
    "randomUUID|randomBytes|setTimeout|setInterval"
  ).split("|")
)

/** Globals that only Node has. */
const ofNode = new Set(["Buffer", "process", "require", "__dirname", "__filename"])

/** Packages that run on phones and in browsers. */
const portable = /^packages\/(?:core|api|sdk)\/src\//

/** Every breach, file by file. */
export const check = (project: Project.Project): ReadonlyArray<Finding> =>
  project.sources.flatMap((source) => [
    ...unreadable(source),
    ...size(source),
    ...name(source),
    ...header(source),
    ...air(source),
    ...node(source)
  ])

const unreadable = (source: Source.Source): ReadonlyArray<Finding> =>
  source.unreadable === undefined ? [] : [{ path: source.path, rule: "parse", message: source.unreadable }]

const size = (source: Source.Source): ReadonlyArray<Finding> => {
  const max = Project.isTest(source.path) ? testLinesMax : moduleLinesMax
  return source.lines <= max
    ? []
    : [{ path: source.path, rule: "size", message: `${source.lines} lines; ${max} at most: find the second noun` }]
}

const name = (source: Source.Source): ReadonlyArray<Finding> => {
  const parts = source.path.replace(/(?:\.(?:integration|test|bench))*\.m?[tj]s$/, "").split("/")
  const file = parts.at(-1) ?? ""
  if (file === "index") {
    return [{ path: source.path, rule: "barrel", message: "no index.ts: each module is imported by its own name" }]
  }
  if (source.handsOn > 1) {
    return [{ path: source.path, rule: "barrel", message: "only hands on other modules; import those instead" }]
  }
  const room = parts.find((part) => nameless.test(part))
  if (room !== undefined) {
    return [{ path: source.path, rule: "name", message: `"${room}" names no noun of netnews or of this project` }]
  }
  const isModule = /^packages\/[^/]+\/src\//.test(source.path)
  return isModule && !/^[A-Z][A-Za-z0-9]*$/.test(file)
    ? [{ path: source.path, rule: "name", message: "a module is one noun in PascalCase" }]
    : []
}

const header = (source: Source.Source): ReadonlyArray<Finding> => {
  if (Project.isTest(source.path) || !/^(?:packages|apps|examples|scripts|bench|deploy)\//.test(source.path)) return []
  if (source.header === undefined) {
    return [{ path: source.path, line: 1, rule: "header", message: "open with a docstring: what the module is" }]
  }
  return Source.firstSentence(source.header) === undefined
    ? [{ path: source.path, line: 1, rule: "header", message: "the first sentence of the header does not end" }]
    : []
}

const air = (source: Source.Source): ReadonlyArray<Finding> =>
  Project.isSrc(source.path)
    ? source.uses
        .filter((use) => fromTheAir.has(use.name))
        .map((use) => ({
          path: source.path,
          line: use.line,
          rule: "air",
          message: `${use.name}: take time and chance from Clock, Random, or as an argument`
        }))
    : []

const node = (source: Source.Source): ReadonlyArray<Finding> =>
  portable.test(source.path)
    ? source.uses
        .filter((use) => ofNode.has(use.name))
        .map((use) => ({
          path: source.path,
          line: use.line,
          rule: "portable",
          message: `${use.name} exists only in Node; this package runs on phones too`
        }))
    : []
