/**
 * What it takes two sites to find out how their histories differ, against asking about every id by CHECK.
 *
 * Both sides are trees of a million ids in this process, and the client's own code counts the octets of commands, frames
 * and answers. CHECK is counted, not run: a line and its reply for each id of the asking side, 500 under way at a time.
 */
import * as Article from "@lupin/core/Article"
import * as Limits from "@lupin/core/Limits"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Reconciliation from "@lupin/core/Reconciliation"
import * as Frame from "@lupin/core/ReconciliationFrame"
import { Inquiry } from "@lupin/core/ReconciliationInquiry"
import * as Tree from "@lupin/core/ReconciliationTree"
import * as Sha256 from "@lupin/core/Sha256"
import * as Uuid from "@lupin/core/Uuid"
import * as Wildmat from "@lupin/core/Wildmat"
import type * as NntpClient from "@lupin/nntp/NntpClient"
import * as ReconcileClient from "@lupin/nntp/ReconcileClient"
import * as FileSpool from "@lupin/spool/FileSpool"
import * as HistoryTree from "@lupin/spool/HistoryTree"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type * as Report from "./Report.ts"

/** Ids that both sites know. */
const common = 1_000_000
const hourSeconds = 3_600
const from = 1_699_999_200
const until = from + (Limits.historyMillis / 1000 - hourSeconds)
const window = { from, until }
const of = { wildmat: Wildmat.everything, window }

/** A client's id, of a time that is told by its number. */
const idOf = (number: number, second: number): string => {
  const octets = new Uint8Array(10)
  new DataView(octets.buffer).setUint32(4, number)
  return `<${Uuid.v7(second * 1000, octets)}.${"k3v9".repeat(7).slice(0, 26)}@trailblaze.client.lupin>`
}

interface Known {
  readonly number: number
  readonly second: number
}

/** Ids spread evenly over a stretch of time. */
const spread = (first: number, count: number, begin: number, end: number): ReadonlyArray<Known> =>
  Array.from({ length: count }, (_, at) => ({
    number: first + at,
    second: Math.floor(begin + ((end - begin) * at) / count)
  }))

const seconds = new Map<number, number>()

const add = (tree: Tree.ReconciliationTree, ids: ReadonlyArray<Known>): void => {
  for (const { number, second } of ids) {
    tree.set(Tree.key(second, Sha256.hashText(idOf(number, second))), "live", number)
    seconds.set(number, second)
  }
}

const drop = (tree: Tree.ReconciliationTree, ids: ReadonlyArray<Known>): void => {
  for (const { number, second } of ids) tree.delete(Tree.key(second, Sha256.hashText(idOf(number, second))))
}

/** A server that answers from a tree at once. */
const serverOf = (tree: Tree.ReconciliationTree): NntpClient.NntpClient => {
  const describe: Frame.Describe = ({ ref }) => ({ id: idOf(ref, seconds.get(ref) ?? 0), heat: 0 })
  const answer = (article: Uint8Array | undefined): NntpClient.Reply => {
    const asked = Frame.decodeQuestions(article?.subarray(0, -2) ?? new Uint8Array(0), window)
    const questions = asked?.questions ?? []
    const drafts = Reconciliation.answers(tree, questions)
    const frame = Frame.encodeAnswers(questions, drafts, describe, window, Reconciliation.frameBytesMax)
    return { code: 290, text: "Answers follow", block: new Uint8Array([...frame, 13, 10]) }
  }
  const unused = Effect.die(new Error("not asked for here"))
  return {
    server: "in process",
    greeting: { code: 200, text: "", block: undefined },
    isOpen: () => true,
    ended: Effect.never,
    exchange: (requests) => Effect.sync(() => requests.map(({ article }) => answer(article))),
    submit: () => unused,
    send: () => unused
  }
}

interface Case {
  readonly name: string
  readonly here: ReadonlyArray<Known>
  readonly there: ReadonlyArray<Known>
  readonly octetsMax?: number
  readonly roundTripsMax?: number
}

const lastHour = until - hourSeconds

const cases: ReadonlyArray<Case> = [
  { name: "no difference", here: [], there: [], octetsMax: 1_000, roundTripsMax: 1 },
  { name: "1 difference", here: [], there: spread(2_000_000, 1, from + 500_000, until) },
  {
    name: "1,000 of the last hour",
    here: spread(2_000_000, 500, lastHour, until),
    there: spread(3_000_000, 500, lastHour, until),
    octetsMax: 600_000
  },
  { name: "1,000 of a cut link", here: [], there: spread(2_000_000, 1_000, lastHour, lastHour + 600) },
  {
    name: "1,000 anywhere",
    here: spread(2_000_000, 500, from, until),
    there: spread(3_000_000, 500, from + 700, until)
  }
]

const run1 = async (here: Tree.ReconciliationTree, there: Tree.ReconciliationTree) => {
  const began = performance.now()
  const inquiry = new Inquiry(here, window)
  const cost = await Effect.runPromise(ReconcileClient.run(serverOf(there), of, inquiry))
  const millis = performance.now() - began
  if (!inquiry.isComplete) throw new Error(`the inquiry ended early: ${inquiry.trouble ?? "too much differs"}`)
  const found = inquiry.found.there.length + inquiry.found.hereCount
  return { octets: cost.octetsSent + cost.octetsReceived, roundTrips: cost.roundTrips, millis, found }
}

/** Articles of a spool on disk whose log is read for the first time. */
const logged = 20_000
const batch = 200

/** Ids, far apart, whose names are looked up. */
const lookedUp = 1_000

/** Microseconds for each article until the tree of a spool is there, and for each name looked up in the log. */
const readLog = Effect.gen(function* () {
  const spool = yield* Spool
  const ids = spread(5_000_000, logged, Date.now() / 1000 - 24 * hourSeconds, Date.now() / 1000)
  for (let at = 0; at < logged; at += batch) {
    yield* spool.store(ids.slice(at, at + batch).map(articleOf))
  }
  const began = performance.now()
  const history = new HistoryTree.HistoryTree(Wildmat.everything)
  yield* HistoryTree.follow(spool, history)
  if (history.tree.size !== logged) throw new Error(`read ${history.tree.size} ids of the log`)
  const read = performance.now()
  const positions = Array.from({ length: lookedUp }, (_, at) => 1 + Math.floor((at * logged) / lookedUp))
  const named = yield* HistoryTree.idsAt(spool, positions)
  if (named.size < lookedUp) throw new Error(`found ${named.size} names`)
  return {
    readMicros: ((read - began) * 1000) / logged,
    lookUpMicros: ((performance.now() - read) * 1000) / lookedUp
  }
})

const articleOf = ({ number, second }: Known): Article.Article => {
  const octets = Article.make(
    [
      ["Path", "bench.invalid!not-for-mail"],
      ["From", "bench <bench@bench.invalid>"],
      ["Newsgroups", "clientposts.trailblaze.topic.review"],
      ["Subject", "bench"],
      ["Date", NewsDate.format(second * 1000)],
      ["Message-ID", idOf(number, second)]
    ],
    "x".repeat(700)
  )
  const article = Article.read(octets)
  if (Article.isMalformed(article)) throw new Error(article.reason)
  return article
}

const onDisk = async (): Promise<Effect.Success<typeof readLog>> => {
  const directory = mkdtempSync(join(tmpdir(), "lupin-reconcile-"))
  const identity = SiteIdentity.layer({ name: "bench", path: "ours.bench.invalid", kind: "central", apps: "any" })
  const layer = FileSpool.layer({ directory, durability: "kernel" }).pipe(Layer.provide(identity))
  try {
    return await Effect.runPromise(Effect.provide(readLog, layer))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Measures each case once: but for the milliseconds there is nothing random in it. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const both = spread(0, common, from, until)
  const [here, there] = [new Tree.ReconciliationTree(), new Tree.ReconciliationTree()]
  // Ids made here beforehand would cost more memory than the trees: the making is counted, and taken off.
  const making = performance.now()
  for (const { number, second } of both) idOf(number, second)
  const began = performance.now()
  add(here, both)
  const micros = ((performance.now() - began - (began - making)) * 1000) / common
  add(there, both)
  const disk = await onDisk()
  const measures: Array<Report.Measure> = [
    { bench: "reconcile", metric: "an id hashed and added to a tree", unit: "µs", ours: [micros] },
    { bench: "reconcile", metric: "an id read from the log of a spool", unit: "µs", ours: [disk.readMicros] },
    { bench: "reconcile", metric: "a name looked up in the log", unit: "µs", ours: [disk.lookUpMicros] }
  ]
  const checkOctets = 2 * (idOf(0, from).length + "438 ".length + 2) + 2
  for (const each of cases) {
    add(here, each.here)
    add(there, each.there)
    const { found, millis, octets, roundTrips } = await run1(here, there)
    if (found !== each.here.length + each.there.length) throw new Error(`${each.name}: found ${found}`)
    const checked = common + each.here.length
    const row = (metric: string, unit: string, ours: number, peer?: number, bound?: number): Report.Measure => ({
      bench: "reconcile",
      metric: `${each.name}: ${metric}`,
      unit,
      ours: [ours],
      ...(peer === undefined ? {} : { peer: { name: "CHECK everything", samples: [peer] } }),
      ...(bound === undefined ? {} : { goal: { of: "ours", is: "at most", bound } })
    })
    measures.push(
      row("octets", "octets", octets, checked * checkOctets, each.octetsMax),
      row("round trips", "trips", roundTrips, Math.ceil(checked / Limits.checkWindowMax), each.roundTripsMax),
      row("both sides", "ms", millis)
    )
    drop(here, each.here)
    drop(there, each.there)
  }
  return measures
}
