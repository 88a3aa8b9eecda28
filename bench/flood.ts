/**
 * The flood of a fleet of 31 sites, and of one whose POPs have ten hosts, next to blind push and to asking about everything.
 *
 * All three run on the simulated fleet: its figures depend on the code and the seed, not on the machine.
 */
import * as Figures from "./flood/Figures.ts"
import * as SimulatedFleet from "./flood/SimulatedFleet.ts"
import type * as Report from "./Report.ts"

/** Posted in each run, ten a second. */
const articles = 50

interface Case {
  readonly name: string
  readonly zonesDead: number
  readonly isAnnounced: boolean
}

const cases: ReadonlyArray<Case> = [
  { name: "all alive", zonesDead: 0, isAnnounced: true },
  { name: "1 zone dead, announced", zonesDead: 1, isAnnounced: true },
  { name: "1 zone dead, silently", zonesDead: 1, isAnnounced: false },
  { name: "2 zones dead, announced", zonesDead: 2, isAnnounced: true },
  { name: "2 zones dead, silently", zonesDead: 2, isAnnounced: false }
]

/** A row of the table: what is read of the figures, and what must be reached. */
interface Row {
  readonly metric: string
  readonly unit: string
  readonly of: (figures: Figures.Figures) => number
  readonly bound?: (one: Case) => number | undefined
}

const rows: ReadonlyArray<Row> = [
  { metric: "articles that did not arrive", unit: "", of: ({ missing }) => missing, bound: () => 0 },
  { metric: "bodies per article", unit: "", of: ({ bodies }) => bodies, bound: () => 35 },
  { metric: "CHECKs per article", unit: "", of: ({ checks }) => checks },
  { metric: "writes per article", unit: "", of: ({ writes }) => writes },
  { metric: "bodies that a live zone sends per article, mean", unit: "", of: ({ zoneBodies }) => mean(zoneBodies) },
  { metric: "the same, the busiest zone", unit: "", of: ({ zoneBodies }) => Math.max(0, ...zoneBodies) },
  { metric: "hops, 99th percentile", unit: "", of: ({ hops }) => Figures.quantile(hops, 0.99), bound: () => 3 },
  { metric: "latency, median", unit: "ms", of: ({ latenciesMillis }) => Figures.quantile(latenciesMillis, 0.5) },
  {
    metric: "latency, 99th percentile",
    unit: "ms",
    of: ({ latenciesMillis }) => Figures.quantile(latenciesMillis, 0.99),
    bound: ({ isAnnounced }) => (isAnnounced ? undefined : 1_300)
  }
]

const mean = (figures: ReadonlyArray<number>): number =>
  figures.reduce((sum, figure) => sum + figure, 0) / Math.max(1, figures.length)

const ways = [
  { name: "push", eager: true },
  { name: "CHECK only", eager: false }
] as const

/** One row next to another way of flooding, unless that way has none of it; with the goal where one is given. */
const measure = (
  of: string,
  { metric, unit, of: read }: Row,
  ours: Figures.Figures,
  peer: { readonly name: string; readonly figures: Figures.Figures },
  bound: number | undefined
): Report.Measure => ({
  bench: "flood",
  metric: `${of}: ${metric}`,
  unit,
  ours: [read(ours)],
  ...(read(peer.figures) === 0 ? {} : { peer: { name: peer.name, samples: [read(peer.figures)] } }),
  ...(bound === undefined ? {} : { goal: { of: "ours", is: "at most", bound } })
})

const singleHosts = async (one: Case): Promise<ReadonlyArray<Report.Measure>> => {
  const { isAnnounced, zonesDead } = one
  const options = { popHosts: 1, zonesDead, isAnnounced, articles }
  const ours = await SimulatedFleet.run({ ...options, eager: undefined })
  const measures: Array<Report.Measure> = []
  for (const { eager, name } of ways) {
    const figures = await SimulatedFleet.run({ ...options, eager })
    for (const row of rows) {
      const mine = measure(one.name, row, ours, { name, figures }, eager ? row.bound?.(one) : undefined)
      if (eager || mine.peer !== undefined) measures.push(mine)
    }
  }
  return measures
}

const wideRows: ReadonlyArray<Row> = [
  { metric: "articles that did not arrive", unit: "", of: ({ missing }) => missing, bound: () => 0 },
  { metric: "bodies per article between places", unit: "", of: ({ wideBodies }) => wideBodies, bound: () => 35 },
  { metric: "CHECKs per article between places", unit: "", of: ({ wideChecks }) => wideChecks }
]

/** What POPs of ten hosts behind two gateways cost over the wide area, next to POPs of one host. */
const tenHosts = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const [alive] = cases
  const options = { zonesDead: 0, isAnnounced: true, articles: 10, eager: undefined }
  const figures = await SimulatedFleet.run({ ...options, popHosts: 1 })
  const ten = await SimulatedFleet.run({ ...options, popHosts: 10 })
  const peer = { name: "one host", figures }
  return wideRows.map((row) => measure("POPs of ten hosts", row, ten, peer, alive && row.bound?.(alive)))
}

export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const measures: Array<Report.Measure> = []
  for (const one of cases) measures.push(...(await singleHosts(one)))
  return [...measures, ...(await tenHosts())]
}
