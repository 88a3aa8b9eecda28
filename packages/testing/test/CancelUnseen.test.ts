import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { app } from "../src/BirdApp.ts"
import * as BirdEvents from "../src/BirdEvents.ts"
import * as Fleet from "../src/Fleet.ts"

const zones = ["z1", "z2", "z3"]

it.live("takes an event out of its digest that was cancelled when every zone that had counted it died", () =>
  Fleet.run({ pops: 1, zones: 3, apps: [app], seed: 4 }, (fleet) =>
    Effect.gen(function* () {
      const events = [0, 1, 2, 4, 5, 6, 8, 9].map((at) => BirdEvents.make("unseen", at, fleet.world.nowMillis))
      const [first] = events
      const same = events.filter(({ bird }) => bird === first?.bird)
      assert.isAbove(same.length, 1)
      for (const { post } of same) yield* fleet.post("p1", post)
      yield* fleet.settle()
      yield* fleet.advance("5 seconds")
      const counted = Effect.map(
        fleet.digest("p1", { digestion: "bird-counts", key: first?.bird ?? "", staleMillisMax: 0 }),
        ({ digest }) => [digest?.events, digest?.removals]
      )
      assert.deepStrictEqual(yield* counted, [same.length, 0])

      const id = first?.messageId ?? assert.fail("no event")
      yield* fleet.cancel("p1", id, first?.key ?? "")
      const knows = (zone: string) =>
        Effect.map(
          fleet.site(zone).call(({ spool }) => spool.status([id])),
          ([status]) => status === "removed"
        )
      while (!(yield* Effect.forEach(zones, knows)).every((is) => is)) yield* fleet.advance("10 millis")
      const heads = yield* Effect.forEach(zones, (zone) => fleet.site(zone).call(({ spool }) => spool.head))
      for (const zone of zones) fleet.kill(zone)
      yield* fleet.advance("5 seconds")
      assert.deepStrictEqual(yield* counted, [same.length, 0], `emitted before the kill: ${heads.join(" ")}`)

      yield* Effect.forEach(zones, (zone) => fleet.start(zone), { concurrency: "unbounded", discard: true })
      yield* fleet.settle({ withinMillis: 600_000 })
      yield* fleet.advance("10 seconds")
      yield* fleet.settle({ withinMillis: 600_000 })
      assert.deepStrictEqual(yield* counted, [same.length, 1])
    })
  )
)
