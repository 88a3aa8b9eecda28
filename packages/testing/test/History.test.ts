import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Command from "../src/Command.ts"
import * as History from "../src/History.ts"
import * as Shrinking from "../src/Shrinking.ts"
import * as Topology from "../src/Topology.ts"
import * as Workload from "../src/Workload.ts"

const drawn = Array.from({ length: 50 }, (_, seed) => Workload.draw(seed, History.small(seed)))

describe("History", () => {
  it("reads back from its line what it is", () => {
    for (const history of drawn) assert.deepStrictEqual(History.parse(history.seed, History.text(history)), history)
  })

  it("says what is wrong with a line that is none", () => {
    assert.include(History.parse(1, "pops none"), "is not: pops")
    assert.include(History.parse(1, "pops 1 zones 1 seconds 1; 5 fly p1"), `"fly" is none of`)
    assert.include(History.parse(1, "pops 1 zones 1 seconds 1; 5 post p1"), "post site event")
    assert.include(History.parse(1, "pops 1 zones 1 seconds 1; soon post p1 3"), "time in milliseconds")
  })

  it("is the same for the same seed, and in the order of time", () => {
    for (const history of drawn) {
      assert.deepStrictEqual(Workload.draw(history.seed, History.small(history.seed)), history)
      const times = history.commands.map(({ atMillis }) => atMillis)
      assert.deepStrictEqual(
        times,
        times.toSorted((one, other) => one - other)
      )
    }
  })

  it("knows the names of the sites of its fleet", () => {
    for (const history of drawn) {
      const { sites } = Topology.make({ pops: History.popsOf(history), zones: history.zones })
      assert.deepStrictEqual(
        Workload.sitesOf(history).all,
        sites.map(({ name }) => name)
      )
    }
  })

  it("draws every verb sooner or later", () => {
    const verbs = new Set(drawn.flatMap(({ commands }) => commands.map(({ verb }) => verb)))
    assert.deepStrictEqual(verbs, new Set(Object.keys(Command.forms)))
  })

  it("never has more than two zones out where nobody is to notice", () => {
    for (let seed = 0; seed < 200; seed++) {
      const out = new Set<string>()
      for (const { sites, verb } of Workload.draw(seed, History.zonesDown(History.small(seed))).commands) {
        const [site = ""] = sites
        if (verb === "kill" || verb === "power") out.add(site)
        if (verb === "start") out.delete(site)
        assert.isAtMost(out.size, 2)
      }
      assert.strictEqual(out.size, 2)
    }
  })
})

describe("Shrinking", () => {
  const numbers = Array.from({ length: 60 }, (_, at) => at)

  it.effect("leaves what the failure needs, in order", () =>
    Effect.gen(function* () {
      const fails = (list: ReadonlyArray<number>) => Effect.succeed([7, 31, 58].every((each) => list.includes(each)))
      assert.deepStrictEqual(yield* Shrinking.shrink(numbers, fails), [7, 31, 58])
    })
  )

  it.effect("leaves nothing where the failure needs nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Shrinking.shrink(numbers, () => Effect.succeed(true)), [])
    })
  )

  it.effect("gives up after so many tries with a list that still fails", () =>
    Effect.gen(function* () {
      let tries = 0
      const fails = (list: ReadonlyArray<number>) =>
        Effect.sync(() => {
          tries += 1
          return list.includes(7)
        })
      const rest = yield* Shrinking.shrink(numbers, fails, 5)
      assert.isAtMost(tries, 5)
      assert.include(rest, 7)
    })
  )
})
