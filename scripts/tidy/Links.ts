/**
 * Whether the links of our pages lead somewhere: those to files of the project are followed.
 */
import { posix } from "node:path"
import type { Finding } from "./Finding.ts"
import type * as Project from "./Project.ts"

/** Links of every page that lead to a file which does not exist. Code blocks are left alone. */
export const check = (project: Project.Project): ReadonlyArray<Finding> =>
  project.pages.flatMap((page) =>
    targets(page.text)
      .map(({ target, line }) => ({ target, line, at: resolve(page.path, target) }))
      .filter(({ at }) => !project.exists(at))
      .map(({ target, line }) => ({ path: page.path, line, rule: "links", message: `${target} leads nowhere` }))
  )

/** The relative targets of a page, with their lines. */
export const targets = (text: string): ReadonlyArray<{ readonly target: string; readonly line: number }> => {
  let isCode = false
  return text.split("\n").flatMap((content, index) => {
    if (/^\s*```/.test(content)) isCode = !isCode
    if (isCode) return []
    return [...content.replace(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] ?? "")
      .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
      .map((target) => ({ target, line: index + 1 }))
  })
}

const resolve = (page: string, target: string): string =>
  posix.normalize(posix.join(posix.dirname(page), target.replace(/#.*$/, "")))
