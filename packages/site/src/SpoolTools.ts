/**
 * What an operator does, with `lupin spool`, to a spool that no process has open.
 */
import * as MessageId from "@lupin/core/MessageId"
import * as Batch from "@lupin/spool/Batch"
import * as FileSpool from "@lupin/spool/FileSpool"
import { Relayer } from "@lupin/spool/Relayer"
import * as Repair from "@lupin/spool/Repair"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import * as Transfer from "@lupin/spool/Transfer"
import { Console, Effect, Layer } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import * as FileTrouble from "./FileTrouble.ts"
import * as Orders from "./Orders.ts"

const barWidth = 40
/** Groups and ids that are listed. */
const listMax = 20

/** How much is done of how much, as a bar with its percentage. */
const bar = (done: number, total: number): string => {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const full = Math.round(share * barWidth)
  return `[${"#".repeat(full)}${".".repeat(barWidth - full)}] ${String(Math.floor(share * 100)).padStart(3)} %`
}

const show = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}`)
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** Fails, so that the exit status says it too, where anything is damaged or missing. */
export const verify = Effect.fn("SpoolTools.verify")(function* (directory: string) {
  const report = yield* Repair.verify(directory, (bytes, ofBytes) => show(bar(bytes, ofBytes)))
  show("\n")
  const { articles, behind, bytes, damaged, gaps, missing, records } = report
  yield* Console.log(`${records} records, ${articles} articles, ${megabytes(bytes)}`)
  if (behind > 0) yield* Console.log(`${behind} records are not in the index yet; the next start takes them in`)
  for (const id of damaged.slice(0, listMax)) yield* Console.log(`damaged: ${id}`)
  for (const id of missing.slice(0, listMax)) yield* Console.log(`not in the index: ${id}`)
  if (damaged.length + gaps + missing.length === 0) return yield* Console.log("everything is as it was written")
  const counts = `${damaged.length} damaged articles, ${gaps} unreadable stretches, ${missing.length} ids not in the index`
  const advice = missing.length > 0 ? "run `lupin spool rebuild`" : "the site fetches them again from its peers"
  return yield* new SpoolUnavailable({ reason: `${counts}; ${advice}` })
})

export const rebuild = Effect.fn("SpoolTools.rebuild")(function* (directory: string) {
  yield* Repair.dropIndex(directory)
  const groups = yield* Effect.flatMap(Spool, (spool) => spool.groups).pipe(Effect.provide(spoolAt(directory)))
  const articles = groups.reduce((sum, { count }) => sum + count, 0)
  yield* Console.log(`the index is new: ${groups.length} groups with ${articles} numbers`)
})

export const stats = Effect.fn("SpoolTools.stats")(function* (directory: string) {
  const { generation, groups, indexBytes, logBytes, position, quarantined, segments } = yield* Repair.stats(directory)
  yield* Console.log(`generation ${generation}, position ${position}`)
  yield* Console.log(`log ${megabytes(logBytes)} in ${segments} segments, index ${megabytes(indexBytes)}`)
  yield* Console.log(`${quarantined} records in quarantine, ${groups.length} groups`)
  for (const { count, name } of groups.slice(0, listMax)) yield* Console.log(`${String(count).padStart(10)} ${name}`)
})

/** Nothing of these articles is on the disk any more when this is done, but a hash of each id. */
export const erase = Effect.fn("SpoolTools.erase")(function* (directory: string, ids: ReadonlyArray<string>) {
  const parsed = yield* Effect.forEach(ids, (text) => {
    const id = MessageId.parse(text)
    return id === undefined
      ? Effect.fail(new SpoolUnavailable({ reason: `${text} is no Message-ID` }))
      : Effect.succeed(id)
  })
  yield* Repair.mustBeThere(directory)
  const lines = yield* Effect.flatMap(Spool, (spool) => Orders.eraseAll(spool, parsed)).pipe(
    Effect.provide(spoolAt(directory))
  )
  for (const line of lines) yield* Console.log(line)
})

export const exportTo = Effect.fn("SpoolTools.exportTo")(
  function* ({ directory, file }: { readonly directory: string; readonly file: string }) {
    yield* Repair.mustBeThere(directory)
    const out = yield* Effect.acquireRelease(
      attempt(file, () => FileSystem.openSync(file, "wx")),
      (opened) => Effect.sync(() => FileSystem.closeSync(opened))
    )
    const articles = yield* Transfer.exportAll((octets) =>
      Effect.sync(() => void FileSystem.writeSync(out, octets))
    ).pipe(Effect.provide(spoolAt(directory)))
    yield* Console.log(`${articles} articles in ${file}`)
  },
  (effect) => Effect.scoped(effect)
)

/** What cannot be read at all fails before a spool is opened or made. */
export const importFrom = Effect.fn("SpoolTools.importFrom")(function* (options: {
  readonly directory: string
  readonly path: string
  readonly from: string
}) {
  const articles = yield* Effect.try({
    try: () => articlesOf(options.from),
    catch: (cause) => new SpoolUnavailable({ reason: `nothing is imported: ${FileTrouble.said(options.from, cause)}` })
  })
  const { accepted, known, reasons, refused } = yield* Transfer.importAll(articles, (count) =>
    show(`${count} articles`)
  ).pipe(Effect.provide(Relayer.layer().pipe(Layer.provideMerge(spoolAt(options.directory, options.path)))))
  show("\n")
  for (const reason of reasons) yield* Console.log(`refused ${reason}`)
  yield* Console.log(`${accepted} articles taken, ${known} known already, ${refused} refused`)
})

/** Articles of a file by what it begins with, or of all numbered files below a directory, each read when it is its turn. */
const articlesOf = (from: string): Iterable<Uint8Array> => {
  if (FileSystem.statSync(from).isDirectory()) {
    return numbered(from, FileSystem.readdirSync(from, { recursive: true, encoding: "utf8" }).toSorted())
  }
  const octets = FileSystem.readFileSync(from)
  const start = octets.subarray(0, 5).toString("latin1")
  if (start === "From ") return Batch.ofMbox(octets)
  return start.startsWith("#! rn") ? Batch.ofRnews(octets) : [Batch.ofFile(octets)]
}

function* numbered(directory: string, names: ReadonlyArray<string>): Generator<Uint8Array> {
  for (const name of names) {
    const file = Path.join(directory, name)
    if (/(^|[\\/])\d+$/.test(name) && FileSystem.statSync(file).isFile()) {
      yield Batch.ofFile(FileSystem.readFileSync(file))
    }
  }
}

const spoolAt = (directory: string, path = "repair.invalid") =>
  FileSpool.layer({ directory, durability: "fsync" }).pipe(
    Layer.provideMerge(SiteIdentity.layer({ name: path, path, kind: "central", apps: "any" }))
  )

const attempt = <A>(file: string, act: () => A): Effect.Effect<A, SpoolUnavailable> =>
  Effect.try({ try: act, catch: (cause) => new SpoolUnavailable({ reason: FileTrouble.said(file, cause) }) })
