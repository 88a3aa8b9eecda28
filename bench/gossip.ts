/**
 * The broadcast challenges of Gossip Glomers (3d, 3e, and 3c with partitions) on the simulated fleet, against their goals.
 *
 * Its figures depend on the code and the seed, not on the machine.
 */
import { Effect } from "effect"
import * as Figures from "./flood/Figures.ts"
import * as GossipGlomers from "./flood/GossipGlomers.ts"
import type * as Report from "./Report.ts"

interface Challenge {
  readonly name: string
  readonly seed: number
  readonly flood: GossipGlomers.Options["flood"]
  readonly isPartitioned: boolean
  /** What the challenge asks for; nothing but that all arrives where links are cut. */
  readonly goals?: { readonly messages: number; readonly medianMillis: number; readonly longestMillis: number }
}

const loadMillis = 20_000

const quick = { paceMillis: 0, gatherMillis: 1_000 }
const sparing = { paceMillis: 150, gatherMillis: 1_000 }
const goals3d = { messages: 30, medianMillis: 400, longestMillis: 600 }
const goals3e = { messages: 20, medianMillis: 1_000, longestMillis: 2_000 }

const challenges: ReadonlyArray<Challenge> = [
  { name: "3d", seed: 1, flood: quick, isPartitioned: false, goals: goals3d },
  { name: "3d, as sites are by themselves", seed: 1, flood: {}, isPartitioned: false, goals: goals3d },
  { name: "3e", seed: 1, flood: sparing, isPartitioned: false, goals: goals3e },
  { name: "3c", seed: 1, flood: quick, isPartitioned: true },
  { name: "3c", seed: 2, flood: sparing, isPartitioned: true },
  { name: "3c, as sites are by themselves", seed: 3, flood: {}, isPartitioned: true }
]

const nameOf = ({ flood, name, seed }: Challenge): string => {
  const { gatherMillis, paceMillis } = flood
  const settings = paceMillis === undefined ? "" : `, pace ${paceMillis} ms, gather ${gatherMillis} ms`
  return `${name}${settings}, seed ${seed}`
}

const measuresOf = (challenge: Challenge, outcome: GossipGlomers.Outcome): ReadonlyArray<Report.Measure> => {
  const { goals } = challenge
  const row = (metric: string, unit: string, figure: number, bound?: number): Report.Measure => ({
    bench: "gossip",
    metric: `${nameOf(challenge)}: ${metric}`,
    unit,
    ours: [figure],
    ...(bound === undefined ? {} : { goal: { of: "ours", is: "at most", bound } })
  })
  const latency = (share: number): number => Figures.quantile(outcome.latenciesMillis, share)
  return [
    row("lost", "", outcome.lost + outcome.unanswered, 0),
    row("stale reads", "", outcome.staleReads, 0),
    row("messages per operation", "", outcome.messagesPerOperation, goals?.messages),
    row("until every node shows it, median", "ms", latency(0.5), goals?.medianMillis),
    row("until every node shows it, 99th percentile", "ms", latency(0.99)),
    row("until every node shows it, longest", "ms", latency(1), goals?.longestMillis)
  ]
}

export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const measures: Array<Report.Measure> = []
  for (const challenge of challenges) {
    const { flood, isPartitioned, seed } = challenge
    const outcome = await Effect.runPromise(GossipGlomers.run({ seed, loadMillis, flood, isPartitioned }))
    measures.push(...measuresOf(challenge, outcome))
  }
  return measures
}
