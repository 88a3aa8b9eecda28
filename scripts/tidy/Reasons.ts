/**
 * Whether every dependency on code of others has its reason in docs/decisions/0005-dependencies.md.
 */
import type { Finding } from "./Finding.ts"
import type * as Project from "./Project.ts"

/** Where the reasons stand. */
export const path = "docs/decisions/0005-dependencies.md"

/** A finding for each dependency of any manifest that the page does not name. */
export const check = (project: Project.Project): ReadonlyArray<Finding> => {
  const page = project.pages.find((candidate) => candidate.path === path)?.text ?? ""
  const own = new Set(project.packages.map((candidate) => candidate.name))
  const names = [project.root, ...project.packages].flatMap((manifest) =>
    [manifest.dependencies, manifest.peerDependencies, manifest.devDependencies].flatMap(Object.keys)
  )
  return [...new Set(names)]
    .filter((name) => !own.has(name) && !page.includes(`\`${name}\``))
    .map((name) => ({ path, rule: "reasons", message: `gives no reason for ${name}` }))
}
