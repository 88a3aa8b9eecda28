/**
 * What ten thousand idle connections cost the NNTP server in memory, its clients being in another process.
 *
 * One sample is the growth of the server's anonymous memory divided by the connections, from a warmed-up server to the
 * same server holding them all. A second measure tells what is left of that once they have gone.
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

const rounds = Number(process.env.ROUNDS ?? 3)
const connections = 10_000
const warmConnections = 500
/** Descriptors a process needs beside its connections. */
const descriptorsBeside = 200
/** How long the server may take to let go of garbage before its memory is read. */
const restMillis = 1_500

/** Measures in fresh processes; takes about a minute. Fewer connections where the limit on descriptors is low. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const limit = Number(execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" })) || connections
  const count = Math.min(connections, limit - descriptorsBeside)
  if (count < connections)
    console.error(`ulimit -n is ${limit}: measuring ${count} connections instead of ${connections}`)
  const samples = { held: [] as Array<number>, left: [] as Array<number> }
  for (let round = 0; round < rounds; round++) {
    const { heldBytes, leftBytes } = await measure(count)
    samples.held.push(heldBytes / count / 1000)
    samples.left.push(leftBytes / count / 1000)
  }
  return [
    {
      bench: "idle",
      metric: `RssAnon per connection, ${count} idle`,
      unit: "kB",
      ours: samples.held,
      goal: { of: "ours", is: "at most", bound: 20 }
    },
    { bench: "idle", metric: "RssAnon left per connection once they have gone", unit: "kB", ours: samples.left }
  ]
}

/** Octets that so many idle connections take, and octets still taken after them. */
export const measure = async (count: number): Promise<{ readonly heldBytes: number; readonly leftBytes: number }> => {
  const directory = mkdtempSync(join(tmpdir(), "lupin-idle-"))
  const site = await SiteProcess.start(directory)
  try {
    await (await IdleClients.start(site.port, warmConnections)).stop()
    await sleep(restMillis)
    const before = ProcessTime.anonymousBytes(site.pid)
    const clients = await IdleClients.start(site.port, count)
    await sleep(restMillis)
    const held = ProcessTime.anonymousBytes(site.pid)
    await clients.stop()
    await sleep(restMillis)
    return { heldBytes: held - before, leftBytes: ProcessTime.anonymousBytes(site.pid) - before }
  } finally {
    await site.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
