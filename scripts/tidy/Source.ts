/**
 * What tidy needs to know of one TypeScript file: its size, header, imports and what it takes from the air.
 *
 * Pure: text in, facts out. The parser sees through strings, comments and templates, which a search for words does not.
 */
import { type ESTree, parseSync, Visitor } from "rolldown/utils"

export interface Import {
  readonly specifier: string
  readonly line: number
}

/** A use of a global by its full name: `Date.now`, `new Date`, `Buffer`, `process`. */
export interface Use {
  readonly name: string
  readonly line: number
}

export interface Source {
  /** From the root of the project, with forward slashes. */
  readonly path: string
  readonly lines: number
  /** The text of the docstring that opens the file, without its stars. */
  readonly header: string | undefined
  readonly imports: ReadonlyArray<Import>
  readonly uses: ReadonlyArray<Use>
  /** How many modules it hands on, if it does nothing else. */
  readonly handsOn: number
  readonly unreadable: string | undefined
}

/** Globals whose plain mention is of interest, called or not. */
const globals = new Set(["Buffer", "process", "require", "__dirname", "__filename"])

/** Reads a file's facts. A file that does not parse has no imports and says why in `unreadable`. */
export const read = (path: string, text: string): Source => {
  const lineOf = lineFinder(text)
  const parsed = parseSync(path, text, { lang: path.endsWith("mjs") ? "js" : "ts" })
  const imports: Array<Import> = []
  const uses: Array<Use> = []
  const add = (specifier: unknown, start: number) => {
    if (typeof specifier === "string") imports.push({ specifier, line: lineOf(start) })
  }
  const use = (name: string, start: number) => uses.push({ name, line: lineOf(start) })
  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, node.start),
    ExportAllDeclaration: (node) => add(node.source.value, node.start),
    ExportNamedDeclaration: (node) => add(node.source?.value, node.start),
    ImportExpression: (node) => add(literal(node.source), node.start),
    TSImportType: (node) => add(literal(node.source), node.start),
    CallExpression: (node) => {
      const name = globalName(node.callee)
      if (name !== undefined) use(name, node.start)
    },
    NewExpression: (node) => {
      const name = globalName(node.callee)
      if (name !== undefined && node.arguments.length === 0) use(`new ${name}`, node.start)
    },
    MemberExpression: (node) => {
      const name = globalName(node.object)
      if (name === undefined) return
      if (globals.has(name)) use(name, node.start)
      if (!node.computed && node.property.type === "Identifier") use(`${name}.${node.property.name}`, node.start)
    }
  }).visit(parsed.program)
  const isHandOn = (kind: string, source: unknown) =>
    kind === "ExportAllDeclaration" || (kind === "ExportNamedDeclaration" && source !== null && source !== undefined)
  const handedOn = parsed.program.body.filter((node) => isHandOn(node.type, "source" in node ? node.source : undefined))
  return {
    path,
    lines: text.length === 0 ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0),
    header: headerOf(text),
    imports,
    uses,
    handsOn: handedOn.length === parsed.program.body.length ? handedOn.length : 0,
    unreadable: parsed.errors[0]?.message
  }
}

/**
 * The first sentence of a header: what the module is, in one line.
 *
 * It ends at the first full stop before white space or the end, abbreviations aside; undefined where there is none.
 */
export const firstSentence = (header: string): string | undefined => {
  const paragraph =
    header
      .split(/\n\s*\n/)[0]
      ?.replace(/\s+/g, " ")
      .trim() ?? ""
  const end = /(?<!\b(?:e\.g|i\.e|cf|vs|RFC))[.!?](?=\s|$)/.exec(paragraph)
  return end === null ? undefined : paragraph.slice(0, end.index + 1)
}

const headerOf = (text: string): string | undefined => {
  const match = /^(?:#![^\n]*\n)?\/\*\*([\s\S]*?)\*\//.exec(text)
  return match?.[1]
    ?.split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trimEnd())
    .join("\n")
    .trim()
}

/** `X` of `X` and of `globalThis.X`. */
const globalName = (node: ESTree.Expression | ESTree.Super): string | undefined => {
  if (node.type === "Identifier") return node.name
  if (node.type !== "MemberExpression" || node.computed || node.property.type !== "Identifier") return undefined
  return node.object.type === "Identifier" && node.object.name === "globalThis" ? node.property.name : undefined
}

const literal = (node: { readonly type: string }): unknown =>
  node.type === "Literal" && "value" in node ? node.value : undefined

const lineFinder = (text: string) => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return (offset: number): number => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}
