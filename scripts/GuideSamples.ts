/**
 * The TypeScript that our README and guides show, as the modules that a reader would make of it.
 *
 * A block of a page whose first line is a comment with a file's name begins that module; the blocks behind it that name none
 * go on with it. What stands before the first name is a module named after the page. The guides are read one after the other,
 * so the modules of all pages of a folder lie together.
 */
import { posix } from "node:path"
import type { Finding } from "./tidy/Finding.ts"

export interface Page {
  readonly path: string
  readonly text: string
}

export interface Module {
  /** Where it lies: the folder of its page, and the name that it has there. */
  readonly path: string
  readonly page: string
  readonly code: string
  /** The line of the page for each line of `code`, from 1. */
  readonly lines: ReadonlyArray<number>
}

/** Pages that readers copy from. Others show what code looks like, as the house style does. */
export const isCopied = (path: string): boolean =>
  posix.basename(path) === "README.md" || path.startsWith("docs/guides/")

/** The modules of a page, in its order. */
export const modulesOf = ({ path, text }: Page): ReadonlyArray<Module> => {
  const modules: Array<{ readonly name: string; readonly shown: Array<Line> }> = []
  for (const block of blocksOf(text)) {
    const named = /^\/\/ (\S+\.ts)$/.exec(block[0]?.text ?? "")?.[1]
    const known = named === undefined ? modules.at(-1) : undefined
    const module = known ?? { name: named ?? `${posix.basename(path, ".md")}.ts`, shown: [] }
    if (known === undefined) modules.push(module)
    module.shown.push(...(named === undefined ? block : block.slice(1)))
  }
  return modules.map(({ name, shown }) => ({
    path: posix.join(posix.dirname(path), name),
    page: path,
    code: shown.map((line) => `${line.text}\n`).join(""),
    lines: shown.map(({ number }) => number)
  }))
}

interface Line {
  readonly text: string
  readonly number: number
}

/** The lines between the fences of each block of TypeScript. */
const blocksOf = (text: string): ReadonlyArray<ReadonlyArray<Line>> => {
  const blocks: Array<Array<Line>> = []
  let fence = ""
  text.split("\n").forEach((line, index) => {
    if (line.startsWith("```")) {
      fence = fence === "" ? line : ""
      if (fence === "```ts") blocks.push([])
    } else if (fence === "```ts") blocks.at(-1)?.push({ text: line, number: index + 1 })
  })
  return blocks
}

/** Modules that are shown twice: which of them would a reader keep? */
export const faults = (modules: ReadonlyArray<Module>): ReadonlyArray<Finding> =>
  modules
    .filter(({ path }, at) => modules.findIndex((other) => other.path === path) < at)
    .map(({ lines, page, path }) => finding(page, lines[0], `${path} is shown before`))

/** What the compiler says of a module, told of the page; what it says of no line of ours stands as it is. */
export const told = (modules: ReadonlyArray<Module>, line: string): Finding | string => {
  const [, path, number, message] = /^(\S+)\((\d+),\d+\): (.*)$/.exec(line) ?? []
  const module = modules.find((each) => each.path === path)
  if (module === undefined || message === undefined) return line
  return finding(module.page, module.lines[Number(number) - 1], message)
}

const finding = (path: string, line: number | undefined, message: string): Finding => ({
  path,
  ...(line === undefined ? {} : { line }),
  rule: "samples",
  message
})
