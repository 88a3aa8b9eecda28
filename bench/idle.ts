/**
 * What ten thousand idle connections cost the NNTP server in memory, its clients being in another process.
 *
 * One sample is the growth of the server's anonymous memory divided by the connections, from a server that has served
 * already (so that the heap has its working size) to the same server holding them all. Then they go, and as many others
 * come: what connections leave behind would show there, besides garbage of the first ones that nobody has asked for yet.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as IdleClients from "./nntp/IdleClients.ts"
import * as ProcessTime from "./nntp/ProcessTime.ts"
import * as SiteProcess from "./nntp/SiteProcess.ts"
import type * as Report from "./Report.ts"

const rounds = 3
const connections = 10_000
const warmConnections = 2_000
/** Descriptors a process needs beside its connections. */
const descriptorsBeside = 200
/** How long the server may take to come to rest before its memory is read. */
const restMillis = 1_500

const goal: Report.Goal = { of: "ours", is: "at most", bound: 20 }

/** Measures in fresh processes; takes about a minute. Fewer connections where the limit on descriptors is low. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const limit = Number(execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" })) || connections + descriptorsBeside
  const count = Math.min(connections, limit - descriptorsBeside)
  if (count < connections) console.error(`ulimit -n is ${limit}: ${count} connections instead of ${connections}`)
  const waves: ReadonlyArray<Array<number>> = [[], []]
  for (let round = 0; round < rounds; round++) {
    for (const [wave, bytes] of (await measure(count)).entries()) waves[wave]?.push(bytes / count / 1000)
  }
  return [`${count} idle`, `${count} others after they have gone`].map((metric, wave) => ({
    bench: "idle",
    metric: `RssAnon per connection, ${metric}`,
    unit: "kB",
    ours: waves[wave] ?? [],
    ...(wave === 0 ? { goal } : {})
  }))
}

/** Octets that so many idle connections take, and then as many others. */
const measure = async (count: number): Promise<ReadonlyArray<number>> => {
  const directory = mkdtempSync(join(tmpdir(), "lupin-idle-"))
  const site = await SiteProcess.start(directory)
  try {
    await (await IdleClients.start(site.port, warmConnections)).stop()
    await sleep(restMillis)
    const before = ProcessTime.anonymousBytes(site.pid)
    const waves: Array<number> = []
    for (let wave = 0; wave < 2; wave++) {
      const clients = await IdleClients.start(site.port, count)
      await sleep(restMillis)
      waves.push(ProcessTime.anonymousBytes(site.pid) - before)
      await clients.stop()
      await sleep(restMillis)
    }
    return waves
  } finally {
    await site.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
