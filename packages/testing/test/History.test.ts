import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import type * as Checker from "../src/checkers/Checker.ts"
import * as Command from "../src/Command.ts"
import * as Histories from "../src/Histories.ts"
import * as History from "../src/History.ts"
import * as Topology from "../src/Topology.ts"
import * as Verdict from "../src/Verdict.ts"
import * as Trouble from "../src/Trouble.ts"
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
        Trouble.sitesOf(history).all,
        sites.map(({ name }) => name)
      )
    }
  })

  it("draws every verb sooner or later", () => {
    const verbs = new Set(drawn.flatMap(({ commands }) => commands.map(({ verb }) => verb)))
    const isDrawn = (verb: string): boolean => new Set<string>(verbs).has(verb)
    assert.deepStrictEqual(
      Object.keys(Command.forms).filter((verb) => !isDrawn(verb)),
      []
    )
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

describe("Histories", () => {
  const long: History.History = {
    ...History.small(1),
    seed: 1,
    commands: Array.from({ length: 60 }, (_, at) => Command.make(at, "read", ["p1"], at))
  }
  const timesOf = ({ commands }: History.History): ReadonlyArray<number> => commands.map(({ atMillis }) => atMillis)

  /** The shortest that is found of a history that fails, and how many were tried. */
  const shrunk = (fails: (times: ReadonlyArray<number>) => boolean) => {
    let tries = 0
    const { counterexample } = fc.check(
      fc.property(
        Histories.drawn(() => long),
        (history) => {
          tries += 1
          return !fails(timesOf(history))
        }
      ),
      { examples: [[long]], numRuns: 1 }
    )
    return { tries, times: counterexample?.[0] && timesOf(counterexample[0]) }
  }

  it("leaves what the failure needs, in order, in fewer tries than there are commands", () => {
    const { times, tries } = shrunk((found) => [7, 31, 58].every((each) => found.includes(each)))
    assert.deepStrictEqual(times, [7, 31, 58])
    assert.isBelow(tries, 60)
  })

  it("leaves nothing where the failure needs nothing", () => {
    assert.deepStrictEqual(
      shrunk(() => true),
      { tries: 3, times: [] }
    )
  })

  it("draws the same history for the same seed of fast-check", () => {
    const draw = (seed: number) => Workload.draw(seed, History.small(seed))
    const sample = (seed: number) => fc.sample(Histories.drawn(draw), { seed, numRuns: 3 })
    assert.deepStrictEqual(sample(5), sample(5))
    assert.notDeepEqual(sample(5), sample(6))
  })
})

describe("Verdict", () => {
  const history = Workload.draw(3, { ...History.small(3), seconds: 5 })
  const never: Checker.Checker = {
    promise: 1,
    watch: () => (evidence) => (evidence._tag === "Acknowledged" ? ["somebody was acknowledged"] : [])
  }

  it.live("reports a failing history by its shortest, and a line that replays it", () =>
    Effect.gen(function* () {
      const { report } = yield* Verdict.of(history, { checkers: [never] })
      assert.include(report, "with 0 commands:")
      assert.include(report, "npm run simulate -- --seed 3 --history 'pops 1,1,1,1 zones 3 seconds 5'")
    })
  )

  it.live(
    "leaves of sites that keep little what the failure needs",
    () =>
      Effect.gen(function* () {
        const expires: Checker.Checker = {
          promise: 7,
          watch: () => (evidence) => {
            const p2 = evidence._tag === "Looked" ? evidence.sites.find(({ name }) => name === "p2") : undefined
            return p2 !== undefined && [...p2.removed.values()].includes("expired")
              ? ["something has expired at p2"]
              : []
          }
        }
        const line =
          "pops 1,1 zones 3 seconds 5; 50 keep-age p2 3000; 60 keep-count p1 2; 900 post p1 1; 1000 cut p1 z1; 2000 heal p1 z1"
        const whole = History.parse(5, line)
        if (typeof whole === "string") return assert.fail(whole)
        const { report = "" } = yield* Verdict.of(whole, { checkers: [expires] })
        const found = /--history '([^']*)'$/.exec(report)?.[1] ?? ""
        const shortest = History.parse(5, found)
        if (typeof shortest === "string") return assert.fail(shortest)
        // What is posted in the end expires too.
        assert.deepStrictEqual(shortest.commands.map(Command.text), ["50 keep-age p2 3000"])
        const { outcome } = yield* Verdict.of(shortest, { checkers: [expires], triesMax: 0 })
        assert.isAbove(outcome.violations.length, 0)
        assert.deepStrictEqual(History.parse(5, History.text(shortest)), shortest)
      }),
    120_000
  )

  it.live("makes no more tries than it may", () =>
    Effect.gen(function* () {
      const { report } = yield* Verdict.of(history, { checkers: [never], triesMax: 0 })
      assert.include(report, History.replay(history))
    })
  )
})
