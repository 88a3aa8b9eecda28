/**
 * Writes docs/protocol.md; with `--check` only says whether it is current. Exits 1 where it is not.
 */
import * as CommandTable from "@lupin/nntp/CommandTable"
import * as ProtocolNotes from "@lupin/nntp/ProtocolNotes"
import * as Reply from "@lupin/nntp/Reply"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as ProtocolPage from "./ProtocolPage.ts"

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), ProtocolPage.path)
const contents: ProtocolPage.Contents = {
  rows: CommandTable.rows,
  commands: ProtocolNotes.commands,
  rules: ProtocolNotes.rules,
  anyReplies: ProtocolNotes.anyReplies,
  texts: Reply.texts
}
const faults = ProtocolPage.faults(contents).map((fault) => `packages/nntp/src/ProtocolNotes.ts: ${fault}`)
const page = ProtocolPage.render(contents)

if (process.argv.includes("--check")) {
  const standing = existsSync(file) ? readFileSync(file, "utf8") : ""
  if (standing !== page) faults.push(`${ProtocolPage.path}: is not current: npm run protocol`)
} else writeFileSync(file, page)

for (const fault of faults) console.log(fault)
console.log(`protocol: ${CommandTable.rows.length} commands, ${faults.length} findings`)
process.exitCode = faults.length === 0 ? 0 : 1
