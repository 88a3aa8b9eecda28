/**
 * How fast readers are served, ours and INN's nnrpd in turn: ARTICLE by Message-ID, and OVER of a hundred rows.
 *
 * Both hold the same articles, fed to them over NNTP; both are asked by the same client in this process, on one and four
 * connections, with one and sixteen commands under way. Where INN is not installed ours is measured alone. Where the
 * system allows it, the run has a network of its own whose loopback carries segments of 8 kB: with those of 64 kB nnrpd,
 * which leaves Nagle's algorithm on, would wait for acknowledgements that Ethernet brings at once.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Inn from "./nntp/Inn.ts"
import * as Load from "./nntp/Load.ts"
import * as OwnNetwork from "./nntp/OwnNetwork.ts"
import * as ProcessTime from "./nntp/ProcessTime.ts"
import * as SiteProcess from "./nntp/SiteProcess.ts"
import type * as Report from "./Report.ts"

const rounds = 5
const warmMillis = 150
const millis = 700

type Ranges = Awaited<ReturnType<typeof Load.ranges>>

/** A server that holds the corpus. */
interface Server {
  readonly name: string
  readonly port: number
  readonly pids: ReadonlyArray<number>
  readonly ranges: Ranges
  readonly stop: () => Promise<void>
}

interface Case {
  readonly command: "ARTICLE" | "OVER of 100"
  readonly connections: number
  readonly window: number
}

const cases: ReadonlyArray<Case> = (["ARTICLE", "OVER of 100"] as const).flatMap((command) =>
  [1, 4].flatMap((connections) => [1, 16].map((window) => ({ command, connections, window })))
)

/** Measures in five rounds; takes about two minutes. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const whyNot = Inn.missing()
  if (whyNot !== undefined) console.error(`Without a peer: ${whyNot}\n`)
  console.error(`${OwnNetwork.describe()}\n`)
  const servers = [await ours(), ...(whyNot === undefined ? [await inn()] : [])]
  try {
    return await measure(servers)
  } finally {
    for (const server of servers) await server.stop()
  }
}

const measure = async (servers: ReadonlyArray<Server>): Promise<ReadonlyArray<Report.Measure>> => {
  // Both have their caches filled before anything counts.
  for (const one of cases) for (const server of servers) await load(server, one)
  const results = cases.map(() => servers.map((): Array<Load.Result> => []))
  for (let round = 0; round < rounds; round++) {
    for (const [at, one] of cases.entries()) {
      const turns = [...servers.entries()]
      for (const [which, server] of round % 2 === 0 ? turns : turns.toReversed()) {
        results[at]?.[which]?.push(await load(server, one))
      }
    }
  }
  return cases.flatMap((one, at) => {
    const [own = [], peer] = results[at] ?? []
    return measuresOf(one, own, peer === undefined ? undefined : { name: servers[1]?.name ?? "", results: peer })
  })
}

const load = (server: Server, { command, connections, window }: Case): Promise<Load.Result> =>
  Load.run({
    port: server.port,
    connections,
    window,
    warmMillis,
    millis,
    script: (connection) =>
      command === "ARTICLE" ? Load.articles(connection) : Load.overviews(connection, server.ranges),
    cpuNanos: () => ProcessTime.cpuNanos(server.pids)
  })

const quantities: ReadonlyArray<{ readonly unit: string; readonly of: (result: Load.Result) => number }> = [
  { unit: "per second", of: ({ perSecond }) => perSecond },
  { unit: "ms at the median", of: ({ p50Millis }) => p50Millis },
  { unit: "ms at the 99th percentile", of: ({ p99Millis }) => p99Millis },
  { unit: "µs of server CPU", of: ({ cpuMicros }) => cpuMicros }
]

const measuresOf = (
  one: Case,
  own: ReadonlyArray<Load.Result>,
  peer: { readonly name: string; readonly results: ReadonlyArray<Load.Result> } | undefined
): ReadonlyArray<Report.Measure> =>
  quantities.map(({ of, unit }) => {
    const goal = goalOf(one, unit, peer !== undefined)
    return {
      bench: "nntp",
      metric: `${one.command}, ${one.connections} connection${one.connections === 1 ? "" : "s"}, ${one.window} under way`,
      unit,
      ours: own.map(of),
      ...(peer === undefined ? {} : { peer: { name: peer.name, samples: peer.results.map(of) } }),
      ...(goal === undefined ? {} : { goal })
    }
  })

const goalOf = ({ command, connections, window }: Case, unit: string, hasPeer: boolean): Report.Goal | undefined => {
  if (connections !== 1) return undefined
  if (command === "ARTICLE" && window === 1 && unit === "ms at the median") {
    return { of: "ours", is: "at most", bound: 2 }
  }
  if (!hasPeer || window === 1 || unit !== "per second") return undefined
  return { of: "ratio", is: "at least", bound: command === "ARTICLE" ? 3 : 5 }
}

const ours = async (): Promise<Server> => {
  const directory = mkdtempSync(join(tmpdir(), "lupin-nntp-"))
  const site = await SiteProcess.start(directory)
  const stop = async (): Promise<void> => {
    await site.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return filled({ name: "ours", port: site.port, pids: [site.pid], stop }, site.port)
}

const inn = async (): Promise<Server> => {
  const { feedPort, name, pids, port, stop } = await Inn.start()
  return filled({ name, port, pids, stop }, feedPort)
}

const filled = async (server: Omit<Server, "ranges">, feedPort: number): Promise<Server> => {
  try {
    await Load.feed(feedPort)
    const ranges = await Load.ranges(server.port)
    await Load.verify(server.port, ranges)
    return { ...server, ranges }
  } catch (error) {
    await server.stop()
    throw error
  }
}
