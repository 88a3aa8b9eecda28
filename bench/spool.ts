/**
 * What our spool alone costs, without a network: store, status, find and overview, in CPU and in wall time.
 */
import * as Article from "@lupin/core/Article"
import * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Corpus from "./nntp/Corpus.ts"
import type * as Report from "./Report.ts"

const rounds = 5
/** Articles stored in each round. */
const articlesPerRound = 10_000
const batchSize = 50
/** Batches that wait for their commit at a time, as connections do. */
const batchesAtOnce = 4
const look = 20_000
const rowsAsked = 100
const pages = 300

interface Cost {
  readonly perSecond: number
  readonly cpuMicros: number
}

type Costs = Readonly<Record<"store" | "status, known" | "status, unknown" | "find" | "overview of 100", Cost>>

/** Measures in five rounds for each durability; takes about half a minute. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => [
  ...(await measured("kernel")),
  ...(await measured("fsync"))
]

const measured = async (durability: FileSpool.Options["durability"]): Promise<ReadonlyArray<Report.Measure>> => {
  const directory = mkdtempSync(join(tmpdir(), "lupin-spool-"))
  const identity = SiteIdentity.layer({ name: "bench", path: "ours.bench.invalid", kind: "central", apps: "any" })
  const layer = FileSpool.layer({ directory, durability }).pipe(Layer.provide(identity))
  try {
    const costs = await Effect.runPromise(Effect.provide(inSpool, layer))
    const names = Object.keys(costs[0] ?? {}) as ReadonlyArray<keyof Costs>
    return names.flatMap((name) => [
      measure(`${name}, ${durability}`, "per second", costs, (cost) => cost[name].perSecond),
      measure(`${name}, ${durability}`, "µs of CPU", costs, (cost) => cost[name].cpuMicros)
    ])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const measure = (
  metric: string,
  unit: string,
  costs: ReadonlyArray<Costs>,
  of: (costs: Costs) => number
): Report.Measure => ({ bench: "spool", metric, unit, ours: costs.map(of) })

const inSpool = Effect.gen(function* () {
  const spool = yield* Spool
  const costs: Array<Costs> = []
  // The round before the first warms up.
  for (let round = -1; round < rounds; round++) {
    const first = (round + 1) * articlesPerRound
    const batches = batchesFrom(first)
    const held = first + articlesPerRound
    const ids = Array.from({ length: look }, (_, turn) => idOf(Corpus.mix(turn + first) % held))
    const others = ids.map((_, turn) => idOf(held + turn))
    const groups = (yield* spool.groups).filter(({ count }) => count >= rowsAsked)
    const store = yield* costOf(
      articlesPerRound,
      Effect.forEach(batches, (batch) => spool.store(batch), { concurrency: batchesAtOnce, discard: true })
    )
    const one = {
      store,
      "status, known": yield* costOf(look, eachBatch(ids, spool.status)),
      "status, unknown": yield* costOf(look, eachBatch(others, spool.status)),
      find: yield* costOf(
        look,
        Effect.forEach(ids, (id) => spool.find(id), { discard: true })
      ),
      "overview of 100": yield* costOf(
        pages,
        Effect.forEach(
          Array.from({ length: pages }, (_, turn) => groups[Corpus.mix(turn) % Math.max(1, groups.length)]),
          (group) => (group === undefined ? Effect.void : spool.overview(group.name, group.low, group.high, rowsAsked)),
          { discard: true }
        )
      )
    }
    if (round >= 0) costs.push(one)
  }
  return costs
})

const eachBatch = <E>(
  ids: ReadonlyArray<MessageId.MessageId>,
  ask: (ids: ReadonlyArray<MessageId.MessageId>) => Effect.Effect<unknown, E>
): Effect.Effect<void, E> =>
  Effect.forEach(
    Array.from({ length: ids.length / batchSize }, (_, at) => ids.slice(at * batchSize, (at + 1) * batchSize)),
    ask,
    { discard: true }
  )

const idOf = (index: number): MessageId.MessageId => MessageId.MessageId.make(Corpus.idOf(index))

const batchesFrom = (first: number): ReadonlyArray<ReadonlyArray<Article.Article>> => {
  const date = NewsDate.format(Date.now())
  return Array.from({ length: articlesPerRound / batchSize }, (_, batch) =>
    Array.from({ length: batchSize }, (_, at) => {
      const article = Article.read(Corpus.articleOf(first + batch * batchSize + at, date))
      if (Article.isMalformed(article)) throw new Error(article.reason)
      return article
    })
  )
}

/** CPU of all threads of this process, and wall time, for each of so many operations. */
const costOf = <E, R>(operations: number, effect: Effect.Effect<unknown, E, R>): Effect.Effect<Cost, E, R> =>
  Effect.gen(function* () {
    const before = process.cpuUsage()
    const startedMillis = performance.now()
    yield* effect
    const seconds = (performance.now() - startedMillis) / 1000
    const { system, user } = process.cpuUsage(before)
    return { perSecond: operations / seconds, cpuMicros: (user + system) / operations }
  })
