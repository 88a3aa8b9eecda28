/**
 * Listens in on the feeds of a simulated fleet: which article reached which peer, and whether its feed has been told.
 */
import { Buffer } from "node:buffer"
import * as MessageId from "@lupin/core/MessageId"
import type * as Evidence from "./Evidence.ts"
import type * as Fleet from "./Fleet.ts"
import type { End } from "./SimConnection.ts"
import type { SimProcess } from "./SimProcess.ts"
import type { SimSite } from "./SimSite.ts"

/** A line of RFC 4644 that brings an article, or settles what becomes of one. */
const line = /(?:^|\r\n)(TAKETHIS|438|239|439) (<[^>\s]+>)[^\r\n]*(?=\r\n)/g

/** What of a read is kept for the next one: longer lines are none of these. */
const tailChars = 300

/** The process that feeds, and the spool that is fed. */
type Pair = Pick<Evidence.Sent, "life" | "fromGeneration" | "toGeneration">

/** Tells of all that is read from now on. */
export const listen = (fleet: Fleet.Fleet, tell: (evidence: Evidence.Sent | Evidence.Settled) => void): void => {
  const byAddress = new Map(fleet.sites.map((site) => [site.plan.address, site]))
  const tails = new WeakMap<End, string>()
  const lives = new WeakMap<SimProcess, number>()
  let lifeCount = 0
  const lifeOf = ({ process }: SimSite): number => {
    if (process === undefined) return 0
    const life = lives.get(process) ?? (lifeCount += 1)
    lives.set(process, life)
    return life
  }
  /** Of the connection's beginning: what is on its way when a site dies was for the site before. */
  const pairs = new Map<string, Pair>()
  const pairOf = (connection: string, from: SimSite, to: SimSite): Pair => {
    const pair = pairs.get(connection) ?? {
      life: lifeOf(from),
      fromGeneration: from.running?.spool.generation.id ?? "",
      toGeneration: to.running?.spool.generation.id ?? ""
    }
    pairs.set(connection, pair)
    return pair
  }
  fleet.network.tap = (end, octets) => {
    const [reader, writer] = [byAddress.get(end.address), byAddress.get(end.remote)]
    if (reader === undefined || writer === undefined || reader === writer) return
    const text = (tails.get(end) ?? "\r\n") + octets.map((chunk) => latin1(chunk)).join("")
    // Who listens on the port is fed.
    const isServer = end.name.startsWith(`${end.remote}-`)
    const [from, to] = isServer ? [writer, reader] : [reader, writer]
    const pair = pairOf(end.name, from, to)
    tails.set(end, text.slice(Math.max(text.lastIndexOf("\r\n"), text.length - tailChars)))
    for (const [, word, written = ""] of text.matchAll(line)) {
      const id = MessageId.parse(written)
      if (id === undefined) continue
      const isArticle = word === "TAKETHIS"
      if (isArticle !== isServer) continue
      const feed = { atMillis: fleet.world.nowMillis, from: from.name, to: to.name, ...pair, id }
      tell(isArticle ? { _tag: "Sent", ...feed } : { _tag: "Settled", isNew: word === "239", ...feed })
    }
  }
}

const latin1 = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("latin1")
