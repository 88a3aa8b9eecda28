/**
 * Which package may import which, and whether the manifests and import lines keep to it.
 *
 * The table is the one drawn in docs/architecture.md. A change here is a change of the architecture.
 */
import { builtinModules } from "node:module"
import type { Finding } from "./Finding.ts"
import * as Project from "./Project.ts"
import type * as Source from "./Source.ts"

const words = (text: string): ReadonlyArray<string> => text.split(" ").filter((word) => word !== "")

/** Folder of a package to the folders its `src` may import. */
export const arrows: Readonly<Record<string, ReadonlyArray<string>>> = {
  "packages/core": [],
  "packages/spool": words("packages/core"),
  "packages/nntp": words("packages/core packages/spool"),
  "packages/fanout": words("packages/core"),
  "packages/digest": words("packages/core packages/spool packages/fanout"),
  "packages/cache": words("packages/core packages/nntp"),
  "packages/api": words("packages/core"),
  "packages/sdk": words("packages/core packages/api"),
  "packages/site": words("packages/core packages/spool packages/nntp packages/api"),
  "packages/testing": words(
    "packages/core packages/spool packages/nntp packages/fanout packages/digest packages/cache packages/api " +
      "packages/sdk packages/site apps/pop apps/central"
  ),
  "apps/pop": words(
    "packages/core packages/api packages/spool packages/nntp packages/cache packages/fanout packages/digest " +
      "packages/site"
  ),
  "apps/central": words("packages/core packages/spool packages/nntp packages/digest packages/fanout packages/site"),
  "apps/cli": words("packages/core packages/sdk packages/site apps/pop apps/central")
}

/** An app built on Lupin knows the SDK, and the core it hands on. */
const exampleArrows: ReadonlyArray<string> = ["packages/sdk", "packages/core"]

/** Between the two servers there is no arrow, not even for tests. */
const neverTogether: ReadonlyArray<readonly [string, string]> = [["apps/pop", "apps/central"]]

/** Packages that run on phones and in browsers: nothing of Node in them. */
const withoutNode = new Set(["packages/core", "packages/api", "packages/sdk"])

/** Modules that a package must not know although it may know their neighbours: the cache reads, and serves no one. */
const closed: Readonly<Record<string, RegExp>> = {
  "packages/cache>packages/nntp": /^@lupin\/nntp\/(?:NntpServer|Session|PeerFeed|\w+Answers)$/
}

const builtins = new Set(builtinModules)

/** Every breach of the table, in manifests and in import lines. */
export const check = (project: Project.Project): ReadonlyArray<Finding> => [
  ...project.packages.flatMap((own) => manifest(project, own)),
  ...project.sources.flatMap((source) => {
    const own = Project.packageOf(project, source.path)
    return own === undefined ? [] : imports(project, own, source)
  })
]

const allowed = (own: Project.Package): ReadonlyArray<string> | undefined =>
  own.folder.startsWith("examples/") ? exampleArrows : arrows[own.folder]

const manifest = (project: Project.Project, own: Project.Package): ReadonlyArray<Finding> => {
  const path = `${own.folder}/package.json`
  const targets = allowed(own)
  if (targets === undefined) {
    return [{ path, rule: "arrows", message: `${own.folder} has no line in scripts/tidy/Arrows.ts` }]
  }
  const declared = { ...own.dependencies, ...own.peerDependencies }
  const forbidden = Object.keys(declared).flatMap((name) => {
    const target = project.packages.find((candidate) => candidate.name === name)
    return target === undefined || targets.includes(target.folder)
      ? []
      : [{ path, rule: "arrows", message: `${own.folder} must not depend on ${target.folder}` }]
  })
  const loose = Object.entries({ ...declared, ...own.devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => ({ path, rule: "pins", message: `${name} is "${version}"; pin one exact version` }))
  return [...forbidden, ...loose]
}

const imports = (project: Project.Project, own: Project.Package, source: Source.Source): ReadonlyArray<Finding> =>
  source.imports.flatMap(({ specifier, line }) => {
    const fault = specifier.startsWith(".")
      ? relative(own, source.path, specifier)
      : Project.isSrc(source.path)
        ? fromSrc(project, own, specifier)
        : fromTest(project, own, specifier)
    return fault === undefined ? [] : [{ path: source.path, line, ...fault }]
  })

type Fault = Pick<Finding, "rule" | "message">

const relative = (own: Project.Package, path: string, specifier: string): Fault | undefined => {
  const target = new URL(specifier, `file:///${path}`).pathname.slice(1)
  if (!target.startsWith(`${own.folder}/`)) {
    return { rule: "arrows", message: `"${specifier}" leaves ${own.folder}; import the package by its name` }
  }
  if (Project.isSrc(path) && Project.isTest(target)) {
    return { rule: "arrows", message: `src must not import tests ("${specifier}")` }
  }
  return undefined
}

const fromSrc = (project: Project.Project, own: Project.Package, specifier: string): Fault | undefined => {
  const name = packageName(specifier)
  if (isNode(specifier)) {
    return withoutNode.has(own.folder)
      ? { rule: "portable", message: `${own.folder} runs on phones too: no "${specifier}"` }
      : undefined
  }
  if (withoutNode.has(own.folder) && name === "@effect/platform-node") {
    return { rule: "portable", message: `${own.folder} runs on phones too: no "${specifier}"` }
  }
  if (!(name in own.dependencies) && !(name in own.peerDependencies) && name !== own.name) {
    return { rule: "declared", message: `"${name}" is not among the dependencies of ${own.folder}` }
  }
  const target = project.packages.find((candidate) => candidate.name === name)
  if (target === undefined) return undefined
  if (target === own) return { rule: "arrows", message: `import "${specifier}" relatively, as ./X.ts` }
  if (!(allowed(own) ?? []).includes(target.folder)) {
    return { rule: "arrows", message: `${own.folder} must not import ${target.folder} ("${specifier}")` }
  }
  if (closed[`${own.folder}>${target.folder}`]?.test(specifier) === true) {
    return { rule: "arrows", message: `${own.folder} may import only the client side of ${target.folder}` }
  }
  return bare(specifier, name)
}

const fromTest = (project: Project.Project, own: Project.Package, specifier: string): Fault | undefined => {
  if (isNode(specifier)) return undefined
  const name = packageName(specifier)
  const target = project.packages.find((candidate) => candidate.name === name)
  if (target === undefined) {
    const known = [own.dependencies, own.peerDependencies, own.devDependencies, project.root.devDependencies]
    return known.some((list) => name in list)
      ? undefined
      : { rule: "declared", message: `"${name}" is not among the dependencies of ${own.folder} or of the root` }
  }
  const isApart = neverTogether.some(
    (pair) => pair.includes(own.folder) && pair.includes(target.folder) && target !== own
  )
  return isApart
    ? { rule: "arrows", message: `${own.folder} and ${target.folder} never import each other` }
    : bare(specifier, name)
}

const bare = (specifier: string, name: string): Fault | undefined =>
  specifier === name
    ? { rule: "modules", message: `import the module you mean: "${name}/X"` }
    : specifier.startsWith(`${name}/internal/`)
      ? { rule: "modules", message: `"${specifier}" belongs to its package alone` }
      : undefined

const packageName = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

const isNode = (specifier: string): boolean => specifier.startsWith("node:") || builtins.has(specifier)
