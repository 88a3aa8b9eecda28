/**
 * How many seconds of a simulated fleet of 31 sites one second of CPU buys: idle, and at ten posts a second.
 *
 * Each load has a process of its own, with the options of Node that `npm run simulate` has.
 */
import trailblaze from "@lupin-examples/trailblaze/app"
import type * as App from "@lupin/core/App"
import * as Fleet from "@lupin/testing/Fleet"
import { Effect } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import simulationOptions from "../scripts/simulation-options.json" with { type: "json" }
import type * as Report from "./Report.ts"

/** Simulated seconds until all connections are open. */
const openingSeconds = 20

/** Simulated seconds of the load before anything is measured: a rate is wanted, and code is compiled while it is young. */
const warmUpSeconds = 60

interface Load {
  readonly name: string
  readonly app: App.App
  readonly postsPerSecond: number
  readonly seconds: number
  /** Simulated seconds for one of CPU. */
  readonly bound?: number
}

/** The same posts, and nobody counts them. */
const undigested: App.App = { ...trailblaze, digestions: [] }

/** The same digestions, and each change shows at once: nearly every review brings a digest of its own. */
const restless: App.App = {
  ...trailblaze,
  digestions: trailblaze.digestions.map((digestion) => ({ ...digestion, due: { ...digestion.due, restMillis: 0 } }))
}

const loads: ReadonlyArray<Load> = [
  { name: "idle", app: trailblaze, postsPerSecond: 0, seconds: 300, bound: 500 },
  { name: "10 posts a second", app: trailblaze, postsPerSecond: 10, seconds: 60, bound: 15 },
  { name: "10 posts a second, a digest for nearly each", app: restless, postsPerSecond: 10, seconds: 60 },
  { name: "10 posts a second, no digests", app: undigested, postsPerSecond: 10, seconds: 60 }
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

const live = Effect.fnUntraced(function* (fleet: Fleet.Fleet, postsPerSecond: number, seconds: number) {
  if (postsPerSecond === 0) return yield* fleet.advance(`${seconds} seconds`)
  for (let at = 0; at < seconds * postsPerSecond; at++) {
    yield* post(fleet)
    yield* fleet.advance(1_000 / postsPerSecond)
  }
})

/** CPU time of all threads of the process: what collects garbage beside it counts. */
const measure = ({ app, postsPerSecond, seconds }: Load) =>
  Fleet.run({ pops: 25, zones: 6, apps: [app], seed: 1, links: { latencyMillis: 100 } }, (fleet) =>
    Effect.gen(function* () {
      yield* fleet.advance(`${openingSeconds} seconds`)
      if (postsPerSecond > 0) yield* live(fleet, postsPerSecond, warmUpSeconds)
      const before = process.cpuUsage()
      yield* live(fleet, postsPerSecond, seconds)
      const { system, user } = process.cpuUsage(before)
      return (seconds * 1_000_000) / (system + user)
    })
  )

const isChild = process.argv[1] === fileURLToPath(import.meta.url)
if (isChild) {
  const load = loads.find(({ name }) => name === process.argv[2])
  if (load === undefined) throw new Error(`there is no load "${process.argv[2]}"`)
  process.send?.(await Effect.runPromise(measure(load)))
  process.disconnect()
}

const measureApart = (load: Load): Promise<number> => {
  const child = fork(fileURLToPath(import.meta.url), [load.name], {
    execArgv: [...process.execArgv, ...simulationOptions.arguments]
  })
  return new Promise((resolve, reject) => {
    child.on("message", (message) => resolve(message as number))
    child.on("exit", () => reject(new Error(`the load "${load.name}" ended without a figure`)))
  })
}

/** Runs all loads, one after the other. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const measures: Array<Report.Measure> = []
  for (const load of loads) {
    measures.push({
      bench: "simulation",
      metric: `31 sites, ${load.name}`,
      unit: "s per s of CPU",
      ours: [await measureApart(load)],
      ...(load.bound === undefined ? {} : { goal: { of: "ours", is: "at least", bound: load.bound } })
    })
  }
  return measures
}
