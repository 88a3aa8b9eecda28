import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Report from "../Report.ts"
import * as Samples from "../Samples.ts"

const measure: Report.Measure = {
  bench: "core",
  metric: "Article.read",
  unit: "ns",
  ours: [900, 1000, 1100],
  peer: { name: "split", samples: [2000, 1900, 2600] },
  goal: { of: "ratio", is: "at most", bound: 0.8 }
}

const samples = fc.array(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 25 })

describe("the median", () => {
  it("lies within the samples, half of them on either side", () => {
    fc.assert(
      fc.property(samples, (values) => {
        const { median, low, high } = Samples.summarise(values)
        expect(low <= median && median <= high).toBe(true)
        expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(values.length / 2)
        expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(values.length / 2)
      })
    )
  })

  it("is the mean of the two in the middle of an even number", () => {
    expect(Samples.median([4, 1, 2, 100])).toBe(3)
  })
})

describe("the ratio", () => {
  it("is not moved by rounds in which both are slowed down", () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0.1, max: 10, noNaN: true }), (peer, factor) => {
        const ours = peer.map((value) => value * factor)
        expect(Samples.ratio(ours, peer)).toBeCloseTo(factor, 6)
      })
    )
  })

  it("is that of the medians where the rounds are not the same", () => {
    expect(Samples.ratio([1, 2, 3], [4])).toBe(0.5)
  })
})

describe("alternation", () => {
  it("takes turns, and lets each side begin every second round", async () => {
    const order: Array<string> = []
    const turn = (name: string) => () => order.push(name)
    const taken = await Samples.alternate(3, turn("ours"), turn("peer"))
    expect(order).toEqual(["ours", "peer", "peer", "ours", "ours", "peer"])
    expect([taken.ours.length, taken.peer.length]).toEqual([3, 3])
  })

  it("does without a peer", async () => {
    expect(await Samples.alternate(2, () => 7)).toEqual({ ours: [7, 7], peer: [] })
  })
})

describe("a row", () => {
  it("holds medians, their ratio and whether the goal holds", () => {
    expect(Report.row(measure)).toEqual({
      bench: "core",
      metric: "Article.read",
      unit: "ns",
      ours: 1000,
      peer: 2000,
      peerName: "split",
      ratio: 0.45,
      goal: "at most 0.8 times the peer",
      holds: true
    })
  })

  it("leaves out what was not measured", () => {
    const { peer: _peer, goal: _goal, ...alone } = measure
    expect(Report.row(alone)).toEqual({ bench: "core", metric: "Article.read", unit: "ns", ours: 1000 })
  })

  it("misses a goal on the ratio that has no peer to stand on", () => {
    const { peer: _peer, ...alone } = measure
    expect(Report.row(alone).holds).toBe(false)
  })

  it("holds a goal exactly where the number that is shown meets the bound", () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (ours, bound) => {
        const of = (is: "at least" | "at most") => Report.row({ ...measure, ours, goal: { of: "ours", is, bound } })
        expect(of("at least").holds).toBe(of("at least").ours >= bound)
        expect(of("at most").holds).toBe(of("at most").ours <= bound)
      })
    )
  })
})

it("prints one JSON object a line, each with the keys of a row", () => {
  const lines = Report.json([measure, measure]).split("\n")
  expect(lines).toHaveLength(3)
  expect(lines.slice(0, 2).map((line) => JSON.parse(line) as unknown)).toEqual([
    Report.row(measure),
    Report.row(measure)
  ])
})

it("prints a table with medians and spread, and says a missed goal aloud", () => {
  const missed: Report.Measure = { ...measure, goal: { of: "ours", is: "at most", bound: 10 } }
  const text = Report.table([measure, missed])
  expect(text).toContain("1000 (900-1100)")
  expect(text).toContain("split 2000 (1900-2600)")
  expect(text).toContain("at most 10 ns: MISSED")
  expect(Report.allHold([measure])).toBe(true)
  expect(Report.allHold([measure, missed])).toBe(false)
})
