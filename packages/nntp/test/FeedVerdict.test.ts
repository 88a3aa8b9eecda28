import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as FeedVerdict from "../src/FeedVerdict.ts"
import { FeedWindow } from "../src/FeedWindow.ts"
import { PeerStats } from "../src/PeerStats.ts"

const stats = Effect.runSync(Effect.map(PeerStats, (service) => service).pipe(Effect.provide(PeerStats.layer)))
const command = fc.constantFrom("CHECK", "TAKETHIS", "IHAVE", "IHAVE with article")

const opened = () => {
  const state = new FeedWindow(0)
  const entry = state.add(MessageId.MessageId.make("<a@x>"), 1, 0)
  if (entry === undefined) throw new Error("open already")
  state.scan(1)
  state.depart(entry, "asking", 0)
  const noted: Array<string> = []
  const note = (what: string): void => void noted.push(what)
  const defer = { baseMillis: 100, millisMax: 1_000 }
  return { state, entry, noted, feed: { state, stats: stats.of("peer"), note, defer } }
}

describe("FeedVerdict", () => {
  it("settles, defers or distrusts every code to every command", () => {
    fc.assert(
      fc.property(command, fc.integer({ min: 100, max: 599 }), (asked, code) => {
        const verdict = FeedVerdict.of(asked, code)
        const { state, entry, feed } = opened()
        FeedVerdict.apply(feed, entry, verdict, 5, 0.5)
        expect(state.position).toBe(["accepted", "notWanted", "refused"].includes(verdict) ? 1 : 0)
        expect(state.deferred).toBe(verdict === "later" ? 1 : 0)
      })
    )
  })

  it("takes no code for more than it can mean to its command", () => {
    expect(FeedVerdict.of("CHECK", 238)).toBe("send")
    for (const code of [239, 235, 439, 437, 335, 200, 400, 500]) expect(FeedVerdict.of("CHECK", code)).toBe("trouble")
    for (const code of [238, 335, 400, 502]) expect(FeedVerdict.of("TAKETHIS", code)).toBe("trouble")
    for (const code of [235, 239, 238, 335]) expect(FeedVerdict.of("IHAVE", code)).toBe("trouble")
    for (const code of [238, 335, 400]) expect(FeedVerdict.of("IHAVE with article", code)).toBe("trouble")
    expect(FeedVerdict.of("IHAVE with article", 235)).toBe("accepted")
  })

  it("gives up an article that was put off until no peer would take it", () => {
    const { state, entry, feed, noted } = opened()
    FeedVerdict.apply(feed, entry, "later", Limits.relayAgeMillisMax - 1, 0)
    expect([state.deferred, feed.stats.dropped]).toEqual([1, 0])
    FeedVerdict.apply(feed, entry, "later", Limits.relayAgeMillisMax, 0)
    expect([state.open, feed.stats.dropped]).toEqual([0, 1])
    expect(noted).toEqual(["feed-put-off", "feed-put-off", "feed-dropped"])
  })
})
