/**
 * docs/protocol.md: what our servers speak, RFC by RFC, printed from the table of commands and the notes beside it.
 */
import type * as CommandTable from "@lupin/nntp/CommandTable"
import type * as ProtocolNotes from "@lupin/nntp/ProtocolNotes"

/** Where the page stands. */
export const path = "docs/protocol.md"

/** What the page is made of. */
export interface Contents {
  readonly rows: ReadonlyArray<Pick<CommandTable.Row, "keyword" | "syntax" | "capability">>
  readonly commands: Readonly<Record<string, ProtocolNotes.CommandNote>>
  readonly rules: ReadonlyArray<ProtocolNotes.RuleNote>
  readonly anyReplies: ReadonlyArray<number>
  /** What each code says to a person. */
  readonly texts: Readonly<Record<number, string>>
}

const sources: ReadonlyArray<readonly [source: ProtocolNotes.Source, title: string]> = [
  [3977, "Network News Transfer Protocol"],
  [2980, "Common NNTP extensions"],
  [4642, "STARTTLS, with RFC 8143"],
  [4643, "AUTHINFO"],
  [4644, "Streaming"],
  [6048, "Additions to LIST"],
  [8054, "COMPRESS"],
  [5536, "Netnews article format"],
  [5537, "Netnews architecture and protocols"],
  [8315, "Cancel-Locks"],
  ["private", "Private commands"]
]

const preface = `# The protocol

What our NNTP servers speak, RFC by RFC. Where nothing is said here, the RFC holds. Written by \`npm run protocol\` from the
table by which the server reads commands; do not edit.`

/** What is missing: commands without a note, notes without a command, codes without words. */
export const faults = ({ commands, rows, texts }: Contents): ReadonlyArray<string> => [
  ...rows.filter(({ keyword }) => commands[keyword] === undefined).map(({ keyword }) => `${keyword} has no note`),
  ...Object.keys(commands)
    .filter((keyword) => !rows.some((row) => row.keyword === keyword))
    .map((keyword) => `${keyword} has a note and is no command`),
  ...codes(commands)
    .filter((code) => texts[code] === undefined)
    .map((code) => `${code} has no words`)
]

/** The whole page, with its last line end. */
export const render = (contents: Contents): string =>
  [preface, ...sources.flatMap(([source, title]) => section(contents, source, title)), replies(contents)].join("\n\n")

const section = (
  { commands, rows, rules }: Contents,
  source: ProtocolNotes.Source,
  title: string
): ReadonlyArray<string> => {
  const own = rows.flatMap((row) => {
    const note = commands[row.keyword]
    return note?.source === source ? [{ row, note }] : []
  })
  const general = rules.filter((rule) => rule.source === source)
  if (own.length + general.length === 0) return []
  const heading = source === "private" ? `## ${title}` : `## RFC ${source}: ${title}`
  const ordered = own.toSorted((left, right) => order(left.note.section, right.note.section))
  return [
    heading,
    ...(source === "private"
      ? ["Named in CAPABILITIES, and never needed. XLUPIN also tells the spool's generation, and when it began."]
      : []),
    ...(own.length === 0
      ? []
      : [
          table(
            ordered.map(({ note, row }) => commandCells(row, note)),
            source === "private"
          )
        ]),
    ...(general.length === 0 ? [] : [general.map(({ note, section: of }) => `- §${of}: ${note}`).join("\n")])
  ]
}

/** Sections by their numbers; what has none stays in the order of the table. */
const order = (left = "", right = ""): number => {
  const [a, b] = [left.split(".").map(Number), right.split(".").map(Number)]
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? -1) - (b[at] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}

const commandCells = (
  { capability, keyword, syntax }: Contents["rows"][number],
  { note, replies: own, section: of }: ProtocolNotes.CommandNote
): ReadonlyArray<string> => [
  of === undefined ? "" : `§${of}`,
  `\`${`${keyword} ${syntax}`.trimEnd().replaceAll("|", "\\|")}\``,
  capability === undefined ? "" : capability.join(" "),
  own.join(", "),
  note ?? ""
]

const table = (cells: ReadonlyArray<ReadonlyArray<string>>, isPrivate: boolean): string => {
  const from = isPrivate ? 1 : 0
  const head = ["Section", "Command", "Capability", "Replies", "Ours"]
  return aligned([head, ...cells].map((row) => row.slice(from)))
}

const replies = ({ anyReplies, commands, texts }: Contents): string => {
  const all = [...new Set([...anyReplies, ...codes(commands)])].toSorted((left, right) => left - right)
  return [
    "## Replies",
    `Any command may get ${anyReplies.join(", ")}. What stands behind a code is for people, but for the arguments that the RFCs name.`,
    `${aligned([["Code", "Says"], ...all.map((code) => [String(code), texts[code] ?? ""])])}\n`
  ].join("\n\n")
}

const codes = (commands: Contents["commands"]): ReadonlyArray<number> =>
  Object.values(commands).flatMap((note) => note.replies)

/** A table in Markdown with columns as wide as they need. */
const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(3, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>, fill = " ") =>
    `| ${widths.map((width, at) => (row[at] ?? "").padEnd(width, fill)).join(" | ")} |`
  const [head = [], ...rest] = rows
  return [line(head), line([], "-"), ...rest.map((row) => line(row))].join("\n")
}
