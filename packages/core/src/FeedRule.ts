/**
 * Decides which articles a peer is offered.
 *
 * Pure: the caller says under which names the Path may know the peer, and since when the peer has its present spool.
 */
import * as Base32 from "./Base32.ts"
import * as Path from "./Path.ts"
import * as Sha256 from "./Sha256.ts"
import * as Wildmat from "./Wildmat.ts"

export interface FeedRule {
  readonly wildmat: Wildmat.Wildmat
  readonly bytesMax?: number
  /** Groups of one article. */
  readonly crosspostMax?: number
  /** Sites that the article has passed, ours included. */
  readonly hopsMax?: number
  /** Those wanted; `!` in front, those not. A list of `!` alone wants all others. Articles that name none always go. */
  readonly distributions?: ReadonlyArray<string>
}

/** Takes everything. */
export const everything: FeedRule = { wildmat: Wildmat.everything }

/** Tells a rule from others, across restarts: 16 letters and digits. */
export const key = ({ bytesMax, crosspostMax, distributions, hopsMax, wildmat }: FeedRule): string => {
  const parts = [wildmat.text, bytesMax, crosspostMax, hopsMax, distributions].map((part) => part ?? null)
  return Base32.encode(Sha256.hashText(JSON.stringify(parts)).subarray(0, 10))
}

/** What a rule must know of an article. */
export interface Offered {
  readonly groups: ReadonlyArray<string>
  readonly path: string
  readonly bytes: number
  readonly injectedMillis: number
  /** The content of Distribution (RFC 5536 §3.2.4). */
  readonly distribution?: string
}

export interface Peer {
  /** Names under which the peer stands in a Path. */
  readonly identities: ReadonlyArray<string>
  /** When its spool began. What is older it may have lost, and gets back although its own name is in the Path. */
  readonly generationStartedMillis?: number
}

export type Reason =
  | "GroupNotWanted"
  | "GroupPoisoned"
  | "PeerInPath"
  | "TooLarge"
  | "TooManyGroups"
  | "TooManyHops"
  | "DistributionNotWanted"

export type Verdict = { readonly _tag: "Wanted" } | { readonly _tag: "NotWanted"; readonly reason: Reason }

const wanted: Verdict = { _tag: "Wanted" }
const notWanted: { readonly [R in Reason]: Verdict } = {
  GroupNotWanted: { _tag: "NotWanted", reason: "GroupNotWanted" },
  GroupPoisoned: { _tag: "NotWanted", reason: "GroupPoisoned" },
  PeerInPath: { _tag: "NotWanted", reason: "PeerInPath" },
  TooLarge: { _tag: "NotWanted", reason: "TooLarge" },
  TooManyGroups: { _tag: "NotWanted", reason: "TooManyGroups" },
  TooManyHops: { _tag: "NotWanted", reason: "TooManyHops" },
  DistributionNotWanted: { _tag: "NotWanted", reason: "DistributionNotWanted" }
}

/** One wanted group is enough, one poisoned group too many. */
export const wants = (rule: FeedRule, offered: Offered, peer: Peer): Verdict => {
  if (offered.bytes > (rule.bytesMax ?? Infinity)) return notWanted.TooLarge
  if (offered.groups.length > (rule.crosspostMax ?? Infinity)) return notWanted.TooManyGroups
  const refusal = judgeGroups(rule.wildmat, offered.groups)
  if (refusal !== undefined) return refusal
  if (offered.injectedMillis >= (peer.generationStartedMillis ?? -Infinity) && hasPassed(offered.path, peer)) {
    return notWanted.PeerInPath
  }
  if (rule.hopsMax !== undefined && Path.sites(offered.path).length > rule.hopsMax) return notWanted.TooManyHops
  return wantsDistribution(rule, offered.distribution) ? wanted : notWanted.DistributionNotWanted
}

const hasPassed = (path: string, peer: Peer): boolean => {
  for (const identity of peer.identities) if (Path.names(path, identity)) return true
  return false
}

/** What was judged last: most feeds of a site are to have the same groups. */
let judged: { readonly text: string; readonly groups: ReadonlyArray<string>; readonly verdict: Verdict | undefined } = {
  text: "",
  groups: [],
  verdict: undefined
}

const judgeGroups = (wildmat: Wildmat.Wildmat, groups: ReadonlyArray<string>): Verdict | undefined => {
  if (judged.groups === groups && judged.text === wildmat.text) return judged.verdict
  const verdict = matchGroups(wildmat, groups)
  judged = { text: wildmat.text, groups, verdict }
  return verdict
}

const matchGroups = (wildmat: Wildmat.Wildmat, groups: ReadonlyArray<string>): Verdict | undefined => {
  let isWanted = false
  for (const group of groups) {
    const sense = Wildmat.matchesFeed(wildmat, group)
    if (sense === "poisoned") return notWanted.GroupPoisoned
    if (sense === "wanted") isWanted = true
  }
  return isWanted ? undefined : notWanted.GroupNotWanted
}

const wantsDistribution = (rule: FeedRule, content: string | undefined): boolean => {
  if (rule.distributions === undefined || content === undefined || content.trim() === "") return true
  const excluded = rule.distributions.filter((name) => name.startsWith("!")).map((name) => name.slice(1).toLowerCase())
  const included = rule.distributions.filter((name) => !name.startsWith("!")).map((name) => name.toLowerCase())
  const named = content.split(",").map((name) => name.trim().toLowerCase())
  return named.some((name) => !excluded.includes(name) && (included.length === 0 || included.includes(name)))
}
