import { describe, expect, it } from "@effect/vitest"
import * as FeedRule from "@lupin/core/FeedRule"
import type * as Recoveries from "@lupin/core/Recoveries"
import * as Wildmat from "@lupin/core/Wildmat"
import { Effect } from "effect"
import * as fc from "fast-check"
import * as Capabilities from "../src/Capabilities.ts"
import * as FeedPosition from "../src/FeedPosition.ts"
import * as FeedProgress from "../src/FeedProgress.ts"

const wide = FeedRule.everything
const narrow: FeedRule.FeedRule = { wildmat: Wildmat.compile("digests.*") ?? Wildmat.nothing }

/** The feeds of a site to one peer, one after the other, over positions that are kept. */
const site = () => {
  const positions = new Map<string, number>()
  const noted: Array<Recoveries.Recovery> = []
  const spool = {
    readPosition: (follower: string) => Effect.sync(() => positions.get(follower)),
    savePosition: (follower: string, position: number) => Effect.sync(() => void positions.set(follower, position))
  }
  const connect = Effect.fnUntraced(function* (rule: FeedRule.FeedRule, isSeenTo: boolean) {
    const progress = FeedProgress.begun()
    const owed: Array<Effect.Effect<void>> = []
    yield* FeedProgress.adopt(
      {
        spool,
        stats: { position: 0 },
        peer: { name: "far" },
        rule,
        progress,
        note: (what) => void noted.push(what),
        onOtherRule: isSeenTo ? (onDone) => void owed.push(onDone) : undefined
      },
      Capabilities.none
    )
    const goOn = (position: number, end: "stopped" | "killed" = "stopped") => {
      progress.state.scan(position)
      const place = { spool, progress }
      return end === "stopped" ? FeedPosition.saveForAll(place) : FeedPosition.save(place)
    }
    return { progress, owed, goOn }
  })
  return { connect, noted, positions }
}

describe("FeedProgress", () => {
  it.effect("goes on where a feed with the same rule has stopped", () =>
    Effect.gen(function* () {
      const { connect, noted } = site()
      yield* (yield* connect(wide, true)).goOn(7)
      const { owed, progress } = yield* connect(wide, true)
      expect([progress.state.position, owed.length]).toEqual([7, 0])
      expect(noted).toEqual([])
    })
  )

  it.effect("has it seen to what another rule has passed, again after each restart until that is done", () =>
    Effect.gen(function* () {
      const { connect, noted } = site()
      yield* (yield* connect(wide, true)).goOn(3)
      const other = yield* connect(narrow, true)
      expect([other.progress.state.position, other.owed.length]).toEqual([3, 1])
      yield* other.goOn(7)
      for (const position of [8, 9]) {
        const again = yield* connect(wide, true)
        expect([again.progress.state.position, again.owed.length]).toEqual([position - 1, 1])
        yield* again.goOn(position)
      }
      const last = yield* connect(wide, true)
      yield* last.goOn(10)
      for (const onDone of last.owed) yield* onDone
      yield* last.goOn(11)
      expect((yield* connect(wide, true)).owed).toEqual([])
      expect(noted).toEqual(["feed-rule-changed", "feed-rule-changed", "feed-rule-changed", "feed-rule-changed"])
    })
  )

  it.effect("loses nothing where feeds are killed that had not stored for other rules how far they were", () =>
    Effect.gen(function* () {
      const { connect } = site()
      yield* (yield* connect(wide, true)).goOn(3)
      yield* (yield* connect(wide, true)).goOn(9, "killed")
      const other = yield* connect(narrow, true)
      expect([other.progress.state.position, other.owed.length]).toEqual([3, 1])
      for (const onDone of other.owed) yield* onDone
      yield* other.goOn(12, "killed")
      // What another rule has passed behind its position it reads itself.
      const back = yield* connect(wide, true)
      expect([back.progress.state.position, back.owed.length]).toEqual([9, 0])
    })
  )

  it.effect("asks for nothing where the other rule has passed nothing", () =>
    Effect.gen(function* () {
      const { connect } = site()
      yield* (yield* connect(wide, true)).goOn(3)
      yield* connect(narrow, true)
      expect((yield* connect(wide, true)).owed).toEqual([])
    })
  )

  it.effect("goes back to where its rule was in force last where nobody sees to it", () =>
    Effect.gen(function* () {
      const { connect } = site()
      yield* (yield* connect(wide, false)).goOn(3)
      const other = yield* connect(narrow, false)
      // What came before is not offered by a rule that is new.
      expect(other.progress.state.position).toBe(3)
      yield* other.goOn(7)
      const back = yield* connect(wide, false)
      expect(back.progress.state.position).toBe(3)
      yield* back.goOn(5)
      const stopped = yield* connect(wide, false)
      expect(stopped.progress.state.position).toBe(5)
    })
  )

  it("tells rules apart by all that they say", () => {
    const limit = fc.option(fc.nat(3), { nil: undefined })
    const rules = fc
      .record({
        wildmat: fc.constantFrom("*", "digests.*", "*,!digests.*"),
        bytesMax: limit,
        crosspostMax: limit,
        hopsMax: limit,
        distributions: fc.option(fc.array(fc.constantFrom("world", "!local"), { minLength: 1 }), { nil: undefined })
      })
      .map((parts) => {
        const text = JSON.stringify(parts)
        const limits = Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined))
        return { text, rule: { ...limits, wildmat: Wildmat.compile(parts.wildmat) ?? Wildmat.nothing } }
      })
    fc.assert(
      fc.property(rules, rules, (one, other) => {
        expect(FeedRule.key(one.rule) === FeedRule.key(other.rule)).toBe(one.text === other.text)
      })
    )
  })
})
