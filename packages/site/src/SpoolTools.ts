/**
 * What an operator does, with `lupin spool`, to a spool that no process has open.
 */
import * as MessageId from "@lupin/core/MessageId"
import * as FileSpool from "@lupin/spool/FileSpool"
import { Relayer } from "@lupin/spool/Relayer"
import * as Repair from "@lupin/spool/Repair"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { type StorageClass, StorageClasses } from "@lupin/spool/StorageClass"
import * as Transfer from "@lupin/spool/Transfer"
import { Console, Effect, Layer, Logger, Option, Schema } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import * as ArticleFiles from "./ArticleFiles.ts"
import * as ConfigFile from "./ConfigFile.ts"
import * as FileTrouble from "./FileTrouble.ts"
import * as Orders from "./Orders.ts"
import * as OwnDirectory from "./OwnDirectory.ts"
import * as SiteConfig from "./SiteConfig.ts"
import * as Storage from "./Storage.ts"

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

/** The first of some lines, and how many there are besides. */
const listed = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length <= listMax ? lines : [...lines.slice(0, listMax), `… and ${lines.length - listMax} more`]

const audited = "the site's hourly audit asks its peers for the rest"

/** Pure: what comes of what was found, or what to do. */
export const advice = ({ damaged, missing }: Pick<Repair.Report, "damaged" | "missing">): string => {
  if (missing.length > 0) return "run `lupin spool rebuild`"
  return damaged.length > 0
    ? "the site fetches them again from its peers"
    : `all that is known here is whole, and ${audited}`
}

/** Fails, so that the exit status says it too, where anything is damaged or missing. */
export const verify = Effect.fn("SpoolTools.verify")(function* (directory: string) {
  const report = yield* Repair.verify(directory, (bytes, ofBytes) => show(bar(bytes, ofBytes)))
  show("\n")
  const { articles, behind, bytes, damaged, gaps, missing, records } = report
  yield* Console.log(`${records} records, ${articles} articles, ${megabytes(bytes)}`)
  if (behind > 0) yield* Console.log(`${behind} records are not in the index yet; the next start takes them in`)
  for (const line of listed(damaged.map((id) => `damaged: ${id}`))) yield* Console.log(line)
  for (const line of listed(missing.map((id) => `not in the index: ${id}`))) yield* Console.log(line)
  if (damaged.length + gaps + missing.length === 0) return yield* Console.log("everything is as it was written")
  const counts = `${damaged.length} damaged articles, ${gaps} unreadable stretches, ${missing.length} ids not in the index`
  return yield* new SpoolUnavailable({ reason: `${counts}; ${advice(report)}` })
})

export const rebuild = Effect.fn("SpoolTools.rebuild")(function* (directory: string) {
  yield* Repair.dropIndex(directory)
  const { condition, groups } = yield* Effect.flatMap(Spool, ({ condition, groups }) =>
    Effect.all({ condition, groups })
  ).pipe(Effect.provide(spoolAt(directory)))
  const articles = groups.reduce((sum, { count }) => sum + count, 0)
  yield* Console.log(`the index is new: ${groups.length} groups with ${articles} numbers`)
  const { gapsPassed = 0 } = condition
  if (gapsPassed > 0) {
    yield* Console.log(`${gapsPassed} unreadable stretches of the log were passed over; ${audited}`)
  }
})

export const beginClass = Effect.fn("SpoolTools.beginClass")(function* (
  directory: string,
  name: string,
  where: string | undefined
) {
  const there = yield* Repair.beginClass(directory, name, where === undefined ? undefined : Path.resolve(where))
  yield* Console.log(`the storage class ${name} begins anew in ${there}`)
  yield* Console.log("lupin spool verify notes what it had, and the site fetches that from its peers")
})

export const stats = Effect.fn("SpoolTools.stats")(function* (directory: string) {
  const { classes, generation, groups, indexBytes, logBytes, position, quarantined, segments } =
    yield* Repair.stats(directory)
  yield* Console.log(`generation ${generation}, position ${position}`)
  yield* Console.log(`log ${megabytes(logBytes)} in ${segments} segments, index ${megabytes(indexBytes)}`)
  for (const { bytes, name } of classes) yield* Console.log(`class ${name} ${megabytes(bytes)}`)
  yield* Console.log(`${quarantined} records in quarantine, ${groups.length} groups`)
  for (const line of listed(groups.map(({ count, name }) => `${String(count).padStart(10)} ${name}`)))
    yield* Console.log(line)
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

/** A batch that does not fit leaves no file: it would end within an article. */
export const exportTo = Effect.fn("SpoolTools.exportTo")(
  function* ({ directory, file }: { readonly directory: string; readonly file: string }) {
    yield* Repair.mustBeThere(directory)
    const out = yield* Effect.acquireRelease(
      attempt(file, () => FileSystem.openSync(file, "wx")),
      (opened, exit) =>
        Effect.sync(() => {
          FileSystem.closeSync(opened)
          if (exit._tag === "Failure") FileSystem.rmSync(file, { force: true })
        })
    )
    const articles = yield* Transfer.exportAll((octets) => attempt(file, () => writeAll(out, octets))).pipe(
      Effect.provide(spoolAt(directory))
    )
    yield* attempt(file, () => FileSystem.fsyncSync(out))
    yield* Console.log(`${articles} articles in ${file}`)
  },
  (effect) => Effect.scoped(effect)
)

const writeAll = (file: number, octets: Uint8Array): void => {
  for (let at = 0; at < octets.length;) at += FileSystem.writeSync(file, octets, at)
}

/** Where articles are to go. */
export interface Destination {
  readonly directory: string
  readonly path: string
  readonly classes: ReadonlyArray<StorageClass>
}

/** The spool of a configured site, its storage classes included; else a directory and a path identity by themselves. */
export const destination = Effect.fn("SpoolTools.destination")(function* (named: {
  readonly config: Option.Option<string>
  readonly directory: Option.Option<string>
  readonly path: Option.Option<string>
}): Effect.fn.Return<Destination, SpoolUnavailable | SiteConfig.ConfigInvalid> {
  const file = Option.getOrUndefined(named.config)
  const [directory, path] = [Option.getOrUndefined(named.directory), Option.getOrUndefined(named.path)]
  if (file !== undefined && directory === undefined && path === undefined) {
    const config = yield* ConfigFile.read(file, SiteConfig.any)
    return { directory: OwnDirectory.spoolIn(config.directory), path: config.path, classes: Storage.classesOf(config) }
  }
  if (file !== undefined || directory === undefined || path === undefined) {
    return yield* new SpoolUnavailable({
      reason: "nothing is imported: name the site by --config, or by --dir and --path"
    })
  }
  if (!isPathIdentity(path)) {
    return yield* new SpoolUnavailable({
      reason: `nothing is imported: ${path} is no path identity, as news.example is`
    })
  }
  return { directory, path, classes: [] }
})

const isPathIdentity = (text: string): boolean => Schema.is(SiteConfig.PathIdentity)(text)

/** What cannot be read at all fails before a spool is opened or made. */
export const importFrom = Effect.fn("SpoolTools.importFrom")(function* (
  { classes, directory, path }: Destination,
  from: string
) {
  const articles = yield* Effect.try({
    try: () => {
      if (FileSystem.existsSync(directory) && !FileSystem.statSync(directory).isDirectory()) {
        throw new Error(`${directory} is no directory`)
      }
      return ArticleFiles.open(from)
    },
    catch: (cause) => new SpoolUnavailable({ reason: `nothing is imported: ${FileTrouble.said(from, cause)}` })
  })
  let looked = 0
  const { accepted, known, reasons, refused } = yield* Transfer.importAll(articles, (count) => {
    looked = count
    show(`${count} articles`)
  }).pipe(
    Effect.mapError(
      ({ reason }) =>
        new SpoolUnavailable({
          reason: looked === 0 ? reason : `${reason}; ${looked} articles were looked at before, and may come again`
        })
    ),
    Effect.provide(Relayer.layer().pipe(Layer.provideMerge(spoolAt(directory, path, classes))))
  )
  show("\n")
  for (const reason of reasons) yield* Console.log(`refused ${reason}`)
  if (refused > reasons.length) yield* Console.log(`… and ${refused - reasons.length} more`)
  yield* Console.log(`${accepted} articles taken, ${known} known already, ${refused} refused`)
})

/** What a spool has to say as it opens, a line each. */
const spoken = Logger.layer([
  Logger.make(({ message }) => {
    process.stderr.write(`lupin: ${Array.isArray(message) ? message.join(" ") : String(message)}\n`)
  })
])

const spoolAt = (directory: string, path = "repair.invalid", classes: ReadonlyArray<StorageClass> = []) =>
  FileSpool.layer({ directory, durability: "fsync" }).pipe(
    Layer.provide(Layer.succeed(StorageClasses, classes)),
    Layer.provide(spoken),
    Layer.provideMerge(SiteIdentity.layer({ name: path, path, kind: "central", apps: "any" }))
  )

const attempt = <A>(file: string, act: () => A): Effect.Effect<A, SpoolUnavailable> =>
  Effect.try({ try: act, catch: (cause) => new SpoolUnavailable({ reason: FileTrouble.said(file, cause) }) })
