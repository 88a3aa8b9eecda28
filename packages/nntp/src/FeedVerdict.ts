/**
 * What a peer's answer means for an article of a feed: settled, to be sent, or to be offered again later.
 */
import * as Limits from "@lupin/core/Limits"
import type * as Recoveries from "@lupin/core/Recoveries"
import * as Backoff from "./Backoff.ts"
import type { Entry, FeedWindow } from "./FeedWindow.ts"
import type { PeerState } from "./PeerStats.ts"

/** `trouble`: the answer is none to this command, so nothing after it can be trusted. */
export type FeedVerdict = "send" | "accepted" | "notWanted" | "refused" | "later" | "trouble"

/** What an answer is to. `IHAVE` has two: one to its line, and one to the article where the first has asked for that. */
export type Command = "CHECK" | "TAKETHIS" | "IHAVE" | "IHAVE with article"

/**
 * Reads a code (RFC 3977 §6.3.2, RFC 4644 §2.4, §2.5). An article in answer to TAKETHIS may be put off with 431 or 436.
 * Nobody has accepted an article that has not been sent.
 */
export const of = (command: Command, code: number): FeedVerdict => {
  switch (code) {
    case 238:
      return command === "CHECK" ? "send" : "trouble"
    case 235:
    case 239:
      return command === "CHECK" || command === "IHAVE" ? "trouble" : "accepted"
    case 435:
    case 438:
      return "notWanted"
    case 437:
    case 439:
      return command === "CHECK" ? "trouble" : "refused"
    case 431:
    case 436:
      return "later"
    default:
      return "trouble"
  }
}

/** What an answer changes. */
export interface Feed {
  readonly state: FeedWindow
  readonly stats: PeerState
  readonly note: Recoveries.Counting["note"]
  readonly defer: Backoff.Backoff
}

/**
 * Counts the answer, and settles or defers the entry. An article that a peer has put off until no peer would take it any
 * more is given up. `chance` in [0, 1) spreads the next offer.
 */
export const apply = (feed: Feed, entry: Entry, verdict: FeedVerdict, nowMillis: number, chance: number): void => {
  const { note, state, stats } = feed
  switch (verdict) {
    case "accepted":
    case "notWanted":
    case "refused":
      stats[verdict] += 1
      return state.settle(entry)
    case "later":
      stats.deferrals += 1
      note("feed-put-off")
      if (nowMillis - entry.arrivedMillis < Limits.relayAgeMillisMax) {
        return state.defer(entry, nowMillis + Backoff.delayMillis(feed.defer, entry.attempts + 1, chance))
      }
      stats.dropped += 1
      note("feed-dropped")
      return state.settle(entry)
    case "send":
    case "trouble":
  }
}
