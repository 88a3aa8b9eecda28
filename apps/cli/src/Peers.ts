/**
 * `lupin peers`: the feeds of a site as a table; with `--compare`, what its peers know and it does not.
 */
import * as ComparePage from "@lupin/site/ComparePage"
import * as PeersPage from "@lupin/site/PeersPage"
import { Console, DateTime, Effect, Schema } from "effect"
import * as Table from "./Table.ts"
import * as Wire from "./Wire.ts"

/** When the last connection ended or was not made, to the second in UTC, and why: a connection may have been made since. */
const troubleOf = ({ isConnected, lastTrouble, lastTroubleMillis }: PeersPage.Peer): string => {
  if (lastTrouble === undefined) return ""
  const at =
    lastTroubleMillis === undefined
      ? ""
      : `${DateTime.formatIso(DateTime.makeUnsafe(lastTroubleMillis)).slice(0, 19)}Z `
  return `${at}${isConnected ? "over: " : ""}${lastTrouble}`
}

/** What the table shows of a feed. */
export const row = (peer: PeersPage.Peer): ReadonlyArray<string> => [
  peer.name,
  peer.isConnected ? "connected" : "away",
  String(peer.offered),
  String(peer.accepted),
  String(peer.notWanted),
  String(peer.refused),
  String(peer.deferred),
  String(peer.lagArticles),
  peer.lagSeconds.toFixed(1),
  troubleOf(peer)
]

const head = ["peer", "link", "offered", "accepted", "had", "refused", "deferred", "lag", "lag s", "last trouble"]

export interface Options {
  /** The meta port of a site, as a URL. */
  readonly meta: string
  readonly isJson: boolean
}

/** Asks for a page, and shows it as it is or as a table. */
const page = Effect.fnUntraced(function* <A>(
  { isJson, meta }: Options,
  path: string,
  schema: Schema.Codec<A, unknown>,
  rows: (content: A) => ReadonlyArray<ReadonlyArray<string>>
) {
  const answer = yield* Wire.request(`${meta}${path}`)
  if (isJson) return yield* Wire.show(answer)
  const content = yield* Effect.mapError(
    Schema.decodeUnknownEffect(schema)(answer),
    (error) => new Wire.SiteSaid({ reason: `${meta} is no meta port of ours: ${error.message}` })
  )
  yield* Console.log(Table.format(rows(content)))
})

/** Shows how each feed goes. */
export const show = (options: Options) =>
  page(options, "/peers", PeersPage.Peers, ({ peers }) => [head, ...peers.map(row)])

const comparedRow = (compared: ComparePage.Compared): ReadonlyArray<string> => [
  compared.peer,
  compared.trouble ?? (compared.isEqual ? "equal" : "differs"),
  String(compared.hereOnly),
  String(compared.thereOnly),
  String(compared.unlike),
  String(compared.roundTrips),
  String(compared.octetsSent + compared.octetsReceived)
]

const comparedHead = ["peer", "history", "here only", "there only", "marks differ", "round trips", "octets"]

/** Has the site compare its history with that of each peer, which changes nothing. */
export const compare = (options: Options) =>
  page(options, "/peers/compare", ComparePage.Page, ({ peers }) => [comparedHead, ...peers.map(comparedRow)])
