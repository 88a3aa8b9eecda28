/**
 * How many seconds of a simulated fleet of 31 sites one second of CPU buys, idle and at ten posts a second.
 */
import trailblaze from "@lupin-examples/trailblaze/app"
import * as Fleet from "@lupin/testing/Fleet"
import { Effect } from "effect"
import type * as Report from "./Report.ts"

/** Simulated seconds before anything is measured: all connections are open then. */
const warmUpSeconds = 20

interface Load {
  readonly name: string
  readonly postsPerSecond: number
  readonly seconds: number
  /** Simulated seconds for one of CPU. */
  readonly bound: number
}

const loads: ReadonlyArray<Load> = [
  { name: "idle", postsPerSecond: 0, seconds: 300, bound: 500 },
  { name: "10 posts a second", postsPerSecond: 10, seconds: 10, bound: 15 }
]

/** A review is counted by two digestions, whose digests flow back to all sites. */
const post = (fleet: Fleet.Fleet) => {
  const { chance } = fleet.world
  return fleet.post(chance.pick(fleet.topology.pops), {
    kind: "review",
    at: { lat: 44 + chance.fraction(), lon: -115 - chance.fraction() },
    payload: { trail: `trail-${chance.between(1, 50)}`, name: "A trail", rating: chance.between(1, 5), text: "Snow. " }
  })
}

const measure = ({ postsPerSecond, seconds }: Load) =>
  Fleet.run({ pops: 25, zones: 6, apps: [trailblaze], seed: 1, links: { latencyMillis: 100 } }, (fleet) =>
    Effect.gen(function* () {
      yield* fleet.advance(`${warmUpSeconds} seconds`)
      const before = process.cpuUsage()
      for (let at = 0; at < seconds * postsPerSecond; at++) {
        yield* post(fleet)
        yield* fleet.advance(1_000 / postsPerSecond)
      }
      if (postsPerSecond === 0) yield* fleet.advance(`${seconds} seconds`)
      const { system, user } = process.cpuUsage(before)
      return (seconds * 1_000_000) / (system + user)
    })
  )

/** Runs both loads. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const measures: Array<Report.Measure> = []
  for (const load of loads) {
    measures.push({
      bench: "simulation",
      metric: `31 sites, ${load.name}`,
      unit: "s per s of CPU",
      ours: [await Effect.runPromise(measure(load))],
      goal: { of: "ours", is: "at least", bound: load.bound }
    })
  }
  return measures
}
