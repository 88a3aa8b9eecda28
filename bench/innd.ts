/**
 * How fast articles are taken, ours and INN's innd in turn, each as a process on a fresh spool: TAKETHIS, IHAVE and CHECK.
 *
 * `kernel` is the like-for-like run: innd never calls fsync for an article, so what it has acknowledged may be lost with
 * the power. `fsync` gives more than innd does. All are fed by the same client in this process, and each run begins with
 * nothing left to be written to disk. Where the system allows it there is a network of its own, whose loopback carries
 * segments of 8 kB.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Feeding from "./nntp/Feeding.ts"
import * as Inn from "./nntp/Inn.ts"
import * as OwnNetwork from "./nntp/OwnNetwork.ts"
import * as ProcessTime from "./nntp/ProcessTime.ts"
import * as SiteProcess from "./nntp/SiteProcess.ts"
import type * as Report from "./Report.ts"

const rounds = 5
/**
 * Said before anything is measured, each way in which articles come and are offered, so that no round pays for a cold start: a
 * compiler rests after some seconds, a server runs for weeks.
 */
const warming: ReadonlyArray<Pick<Feeding.Load, "command" | "connections" | "window" | "count">> = [
  { command: "TAKETHIS", connections: 4, window: 50, count: 30_000 },
  { command: "TAKETHIS", connections: 1, window: 1, count: 8_000 },
  { command: "IHAVE", connections: 1, window: 1, count: 8_000 },
  { command: "IHAVE", connections: 4, window: 1, count: 14_000 },
  { command: "CHECK", connections: 4, window: 50, count: 60_000 }
]

interface Server {
  readonly name: "kernel" | "fsync" | "innd"
  readonly port: number
  readonly pid: number
  readonly diskBytes: () => number
  readonly stop: () => Promise<void>
}

interface Case extends Pick<Feeding.Load, "command" | "connections" | "window" | "count"> {
  /** What ours has to reach against innd, in articles a second. */
  readonly goals: Readonly<Partial<Record<Server["name"], number>>>
  readonly cpuGoal?: number
}

/** In all rounds some 450,000 articles, fewer than INN's cyclic buffer holds. */
const cases: ReadonlyArray<Case> = [
  { command: "TAKETHIS", connections: 1, window: 50, count: 24_000, goals: { fsync: 1.3 } },
  { command: "TAKETHIS", connections: 4, window: 50, count: 32_000, goals: { kernel: 2.5, fsync: 2 }, cpuGoal: 0.5 },
  { command: "TAKETHIS", connections: 1, window: 1, count: 6_000, goals: { kernel: 1 } },
  { command: "IHAVE", connections: 1, window: 1, count: 4_000, goals: { kernel: 1 } },
  { command: "IHAVE", connections: 4, window: 1, count: 10_000, goals: { kernel: 1 } },
  { command: "CHECK", connections: 1, window: 50, count: 100_000, goals: { kernel: 1.3 } },
  { command: "CHECK", connections: 4, window: 50, count: 100_000, goals: { kernel: 1.3 } }
]

const taken = (one: Pick<Case, "command" | "count">): number => (one.command === "CHECK" ? 0 : one.count)

/** Measures in five rounds; takes about two minutes. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const whyNot = Inn.missing()
  if (whyNot !== undefined) console.error(`Without a peer: ${whyNot}\n`)
  console.error(`${OwnNetwork.describe()}\n`)
  const servers = [await ours("kernel"), await ours("fsync"), ...(whyNot === undefined ? [await innd()] : [])]
  try {
    return await measure(servers)
  } finally {
    for (const server of servers) await server.stop()
  }
}

const measure = async (servers: ReadonlyArray<Server>): Promise<ReadonlyArray<Report.Measure>> => {
  const before = servers.map(({ diskBytes }) => diskBytes())
  let first = 0
  const give = async (one: Pick<Case, "command" | "connections" | "window" | "count">, server: Server) => {
    quietDisk()
    return Feeding.run({
      ...one,
      port: server.port,
      first: one.command === "CHECK" ? 0 : first,
      count: one.command === "CHECK" ? Math.min(one.count, first) : one.count,
      cpuNanos: () => ProcessTime.cpuNanos([server.pid])
    })
  }
  for (const one of warming) {
    for (const server of servers) await give(one, server)
    first += taken(one)
  }

  const results = cases.map(() => servers.map((): Array<Feeding.Result> => []))
  for (let round = 0; round < rounds; round++) {
    for (const [at, one] of cases.entries()) {
      const turns = [...servers.entries()]
      for (const [which, server] of round % 2 === 0 ? turns : turns.toReversed()) {
        results[at]?.[which]?.push(await give(one, server))
      }
      first += taken(one)
    }
  }
  return [...cases.flatMap((one, at) => measuresOf(one, servers, results[at] ?? [])), ...sizes(servers, before, first)]
}

const measuresOf = (
  one: Case,
  servers: ReadonlyArray<Server>,
  results: ReadonlyArray<ReadonlyArray<Feeding.Result>>
): ReadonlyArray<Report.Measure> => {
  const peer = servers.findIndex(({ name }) => name === "innd")
  return servers.flatMap(({ name }, at) => {
    if (at === peer) return []
    const metric = `${one.command}, ${plural(one.connections)}, ${one.window} under way, ${name}`
    const measureOf = (unit: string, of: (result: Feeding.Result) => number, goal?: Report.Goal): Report.Measure => ({
      bench: "innd",
      metric,
      unit,
      ours: (results[at] ?? []).map(of),
      ...(peer < 0 ? {} : { peer: { name: "innd", samples: (results[peer] ?? []).map(of) } }),
      ...(peer < 0 || goal === undefined ? {} : { goal })
    })
    const bound = one.goals[name]
    const cpu = name === "kernel" ? one.cpuGoal : undefined
    return [
      measureOf(
        "per second",
        ({ perSecond }) => perSecond,
        bound === undefined ? undefined : { of: "ratio", is: "at least", bound }
      ),
      measureOf(
        "µs of server CPU",
        ({ cpuMicros }) => cpuMicros,
        cpu === undefined ? undefined : { of: "ratio", is: "at most", bound: cpu }
      )
    ]
  })
}

const plural = (connections: number): string => `${connections} connection${connections === 1 ? "" : "s"}`

/** Memory at the end, and what the articles taken have added on disk. */
const sizes = (
  servers: ReadonlyArray<Server>,
  before: ReadonlyArray<number>,
  articles: number
): ReadonlyArray<Report.Measure> => {
  const peer = servers.find(({ name }) => name === "innd")
  const grown = (server: Server): number => (server.diskBytes() - (before[servers.indexOf(server)] ?? 0)) / articles
  const memory = (server: Server): number => ProcessTime.anonymousBytes(server.pid) / 2 ** 20
  const measureOf = (server: Server, metric: string, unit: string, of: (server: Server) => number) => ({
    bench: "innd",
    metric: `${metric}, ${server.name}`,
    unit,
    ours: [of(server)],
    ...(peer === undefined ? {} : { peer: { name: "innd", samples: [of(peer)] } })
  })
  return servers
    .filter((server) => server !== peer)
    .flatMap((server) => [
      measureOf(server, `memory with ${articles} articles`, "MB", memory),
      measureOf(server, "disk an article", "bytes", grown)
    ])
}

/** Has the system write what it has kept: what one server has left to be written later is not to hold up the syncs of the next. */
const quietDisk = (): void => void spawnSync("sync")

/** Octets allotted below a directory. */
const diskUse = (directory: string): number =>
  Number(spawnSync("du", ["-s", "-B1", directory], { encoding: "utf8" }).stdout.split("\t")[0])

const ours = async (durability: "kernel" | "fsync"): Promise<Server> => {
  const directory = mkdtempSync(join(tmpdir(), "lupin-innd-"))
  const site = await SiteProcess.start(directory, [], durability)
  const stop = async (): Promise<void> => {
    await site.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return { name: durability, port: site.port, pid: site.pid, diskBytes: () => diskUse(directory), stop }
}

const innd = async (): Promise<Server> => {
  const { directory, feederPid, feedPort, stop } = await Inn.start()
  return { name: "innd", port: feedPort, pid: feederPid, diskBytes: () => diskUse(directory), stop }
}
