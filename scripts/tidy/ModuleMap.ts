/**
 * docs/map.md: every module of the project by the first sentence of its header.
 */
import type { Finding } from "./Finding.ts"
import type * as Project from "./Project.ts"
import * as Source from "./Source.ts"

/** Where the map stands. */
export const path = "docs/map.md"

const preface = `# The map

Every module, by the first sentence of its header. Written by \`npm run map\`; do not edit.
`

/** The whole page, with its last line end. */
export const render = (project: Project.Project): string =>
  [preface, ...project.packages.map((own) => section(project, own)).filter((text) => text !== "")].join("\n")

/** One finding when the page on disk is not what would be written now. */
export const check = (project: Project.Project): ReadonlyArray<Finding> => {
  const standing = project.pages.find((page) => page.path === path)?.text
  return standing === render(project) ? [] : [{ path, rule: "map", message: "is not current: npm run map" }]
}

const section = (project: Project.Project, own: Project.Package): string => {
  const modules = project.sources.filter(
    (source) => source.path.startsWith(`${own.folder}/src/`) && !source.path.includes("/internal/")
  )
  if (modules.length === 0) return ""
  return [`## ${own.folder}`, "", `${own.description}.`, "", ...modules.map((source) => line(own, source)), ""].join(
    "\n"
  )
}

const line = (own: Project.Package, source: Source.Source): string => {
  const name = source.path.slice(`${own.folder}/src/`.length).replace(/\.ts$/, "")
  const sentence = source.header === undefined ? undefined : Source.firstSentence(source.header)
  return `- [${name}](../${source.path}) ${sentence ?? "(no header)"}`
}
