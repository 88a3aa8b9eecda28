/**
 * What our spool costs as it grows: intake, look-up and overview, and how long it takes to open, at a million articles of 500
 * octets and at `LUPIN_BENCH_MILLIONS`, such as `1,3,10`.
 *
 * Another process fills it and kills itself, so that the first opening here is the one after a kill.
 */
import * as Article from "@lupin/core/Article"
import * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Corpus from "./nntp/Corpus.ts"
import type * as Report from "./Report.ts"

const million = 1_000_000
const batchSize = 50
const batchesAtOnce = 4
/** Articles at the end of each size over which intake is measured. */
const measuredLast = 100_000
const groupsCount = 200
const articleBytes = 500
const look = 50_000
const rowsAsked = 100
const pages = 500

const encoder = new TextEncoder()

const idOf = (index: number): MessageId.MessageId =>
  MessageId.MessageId.make(`<${Corpus.mix(index).toString(36)}.${index.toString(36)}@growth.invalid>`)

const articleOf = (index: number, date: string): Article.Article => {
  const header =
    `Path: a.invalid!not-for-mail\r\nFrom: a <a@b.invalid>\r\nNewsgroups: bench.g${Corpus.mix(index) % groupsCount}\r\n` +
    `Subject: growth ${index}\r\nDate: ${date}\r\nMessage-ID: ${idOf(index)}\r\n\r\n`
  const line = "x".repeat(Math.max(0, articleBytes - header.length - 2))
  const article = Article.read(encoder.encode(`${header}${line}\r\n`))
  if (Article.isMalformed(article)) throw new Error(article.reason)
  return article
}

const layerOn = (directory: string) =>
  FileSpool.layer({ directory, durability: "kernel" }).pipe(
    Layer.provide(SiteIdentity.layer({ name: "bench", path: "ours.bench.invalid", kind: "central", apps: "any" }))
  )

const micros = <E, R>(operations: number, effect: Effect.Effect<unknown, E, R>): Effect.Effect<number, E, R> =>
  Effect.gen(function* () {
    const before = process.cpuUsage()
    yield* effect
    const { system, user } = process.cpuUsage(before)
    return (user + system) / operations
  })

const batches = (from: number, to: number, date: string): ReadonlyArray<ReadonlyArray<Article.Article>> =>
  Array.from({ length: Math.ceil((to - from) / batchSize) }, (_, batch) =>
    Array.from({ length: Math.min(batchSize, to - from - batch * batchSize) }, (_, at) =>
      articleOf(from + batch * batchSize + at, date)
    )
  )

/** Stores articles from one index to another; CPU of each over the last of them, in microseconds. */
const grow = Effect.fnUntraced(function* (from: number, to: number) {
  const spool = yield* Spool
  const date = NewsDate.format(Date.now())
  let cost = 0
  for (let at = from; at < to; at += measuredLast) {
    const some = batches(at, Math.min(to, at + measuredLast), date)
    cost = yield* micros(
      Math.min(measuredLast, to - at),
      Effect.forEach(some, (batch) => spool.store(batch), { concurrency: batchesAtOnce, discard: true })
    )
  }
  return cost
})

interface Costs {
  readonly intake: number
  /** Of an id that was asked for before. */
  readonly known: number
  /** Of an id that nobody has asked for since the process began. */
  readonly strange: number
  readonly unknown: number
  readonly overview: number
  readonly openKilledMillis: number
  readonly openCleanMillis: number
  readonly bytes: number
  readonly anonBytes: number
}

const reading = Effect.fnUntraced(function* (held: number) {
  const spool = yield* Spool
  const idsFrom = (first: number) =>
    Array.from({ length: look }, (_, turn) => idOf(Corpus.mix(first + turn + held) % held))
  const ids = idsFrom(0)
  const strange = idsFrom(look)
  const others = ids.map((_, turn) => idOf(held + turn))
  const ask = (some: ReadonlyArray<MessageId.MessageId>) =>
    Effect.forEach(
      Array.from({ length: look / batchSize }, (_, at) => some.slice(at * batchSize, (at + 1) * batchSize)),
      spool.status,
      { discard: true }
    )
  const groups = yield* spool.groups
  const page = (turn: number) => {
    const group = groups[turn % groups.length]
    if (group === undefined) return Effect.void
    const low = group.low + (Corpus.mix(turn) % Math.max(1, group.high - group.low - rowsAsked))
    return spool.overview(group.name, low, low + rowsAsked - 1, rowsAsked)
  }
  const all = Effect.forEach(
    Array.from({ length: pages }, (_, turn) => turn),
    page,
    { discard: true }
  )
  yield* ask(ids)
  yield* all
  return {
    known: yield* micros(look, ask(ids)),
    strange: yield* micros(look, ask(strange)),
    unknown: yield* micros(look, ask(others)),
    overview: yield* micros(pages, all)
  }
})

const opened = async <A, E>(directory: string, effect: Effect.Effect<A, E, Spool>) => {
  const startedMillis = performance.now()
  const program = Effect.gen(function* () {
    const openMillis = performance.now() - startedMillis
    return { openMillis, result: yield* effect }
  })
  return await Effect.runPromise(Effect.provide(program, layerOn(directory)))
}

const bytesOf = (directory: string): number =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => (entry.isFile() ? sum + statSync(join(entry.parentPath, entry.name)).blocks * 512 : sum),
    0
  )

const measureAt = async (directory: string, from: number, to: number): Promise<Costs> => {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), directory, String(from), String(to)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const intake = Number(String(child.stdout).trim())
  if (child.signal !== "SIGKILL" || !(intake > 0)) throw new Error(`the spool was not filled: ${child.status}`)
  const killed = await opened(directory, reading(to))
  const anonBytes = process.memoryUsage().rss
  const clean = await opened(directory, Effect.void)
  return {
    intake,
    ...killed.result,
    openKilledMillis: killed.openMillis,
    openCleanMillis: clean.openMillis,
    bytes: bytesOf(directory) / (to * articleBytes),
    anonBytes
  }
}

/** How much a figure may grow from the first size to the last. */
const growthMax = 4 / 3

/** Fills and measures one size after another; a million takes about a minute. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const sizes = (process.env["LUPIN_BENCH_MILLIONS"] ?? "1").split(",").map((text) => Number(text) * million)
  const directory = mkdtempSync(join(process.env["LUPIN_BENCH_DIRECTORY"] ?? tmpdir(), "lupin-growth-"))
  try {
    const found: Array<Costs> = []
    for (const [at, size] of sizes.entries()) found.push(await measureAt(directory, sizes[at - 1] ?? 0, size))
    const [first] = found
    return found.flatMap((costs, at): ReadonlyArray<Report.Measure> => {
      const words = `${(sizes[at] ?? 0) / million} M`
      const grown = (metric: string, of: (costs: Costs) => number): Report.Measure => ({
        bench: "growth",
        metric: `${words}: ${metric}`,
        unit: "µs of CPU",
        ours: [of(costs)],
        ...(at === 0 || first === undefined
          ? {}
          : {
              goal: {
                of: "ours" as const,
                is: "at most" as const,
                bound: Number((of(first) * growthMax).toPrecision(3))
              }
            })
      })
      const plain = (metric: string, unit: string, value: number, bound?: number): Report.Measure => ({
        bench: "growth",
        metric: `${words}: ${metric}`,
        unit,
        ours: [value],
        ...(bound === undefined ? {} : { goal: { of: "ours", is: "at most", bound } })
      })
      return [
        grown("intake of an article", ({ intake }) => intake),
        grown("status of a known id", ({ strange }) => strange),
        grown("status of a known id that was asked for before", ({ known }) => known),
        grown("status of an unknown id", ({ unknown }) => unknown),
        grown("overview of 100", ({ overview }) => overview),
        plain("opened after a kill", "ms", costs.openKilledMillis),
        plain("opened after a clean stop", "ms", costs.openCleanMillis, 1_000),
        plain("octets on disk for an octet of article", "", costs.bytes),
        plain("memory of the process that reads (RSS)", "MB", costs.anonBytes / million)
      ]
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The process that fills: it prints its figure, and is gone without closing anything. */
const [, main, directory, from, to] = process.argv
if (main === fileURLToPath(import.meta.url) && directory !== undefined) {
  const cost = await Effect.runPromise(
    Effect.provide(
      grow(Number(from), Number(to)).pipe(
        Effect.tap((cost) =>
          Effect.sync(() => {
            process.stdout.write(`${cost}\n`, () => process.kill(process.pid, "SIGKILL"))
          })
        ),
        Effect.andThen(Effect.never)
      ),
      layerOn(directory)
    )
  )
  console.log(cost)
}
