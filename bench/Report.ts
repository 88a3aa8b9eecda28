/**
 * What a benchmark has to say: a table for people, or one JSON object a line for machines.
 */
import * as Samples from "./Samples.ts"

/** What has to be reached: a bound on ours in its unit, or on the ratio of ours to the peer. */
export interface Goal {
  readonly of: "ours" | "ratio"
  readonly is: "at least" | "at most"
  readonly bound: number
}

export interface Measure {
  /** Which benchmark: `core`. */
  readonly bench: string
  /** What was measured, in words: `Article.read, 1 kB`. */
  readonly metric: string
  /** Of ours, the peer and a goal on ours: `ns`, `per second`, `ms`. */
  readonly unit: string
  readonly ours: Samples.Samples
  readonly peer?: { readonly name: string; readonly samples: Samples.Samples }
  readonly goal?: Goal
}

/** One line of JSON; ours and peer are medians of the rounds, and so is the ratio of ours to the peer in the same round. */
export interface Row {
  readonly bench: string
  readonly metric: string
  readonly unit: string
  readonly ours: number
  readonly peer?: number
  readonly peerName?: string
  readonly ratio?: number
  readonly goal?: string
  readonly holds?: boolean
}

/** The medians of a measure, and whether its goal holds. */
export const row = (measure: Measure): Row => {
  const ours = rounded(Samples.median(measure.ours))
  const peer = measure.peer === undefined ? undefined : rounded(Samples.median(measure.peer.samples))
  const ratio = peer === undefined ? undefined : rounded(Samples.ratio(measure.ours, peerOf(measure)))
  const { goal } = measure
  return {
    bench: measure.bench,
    metric: measure.metric,
    unit: measure.unit,
    ours,
    ...(peer === undefined ? {} : { peer, peerName: measure.peer?.name ?? "" }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(goal === undefined
      ? {}
      : { goal: goalText(measure, goal), holds: holds(goal, goal.of === "ours" ? ours : ratio) })
  }
}

/** The measures as lines of JSON. */
export const json = (measures: ReadonlyArray<Measure>): string =>
  measures.map((measure) => `${JSON.stringify(row(measure))}\n`).join("")

/** The measures as a table: medians, and in brackets the smallest and the largest of the rounds. */
export const table = (measures: ReadonlyArray<Measure>): string => {
  const cells = [["bench", "metric", "unit", "ours", "peer", "ratio", "goal"], ...measures.map(tableRow)]
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? []
  const render = (line: ReadonlyArray<string>) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  const rule = widths.map((width) => "-".repeat(width))
  return [cells[0] ?? [], rule, ...cells.slice(1)].map((line) => `${render(line)}\n`).join("")
}

/** Whether every goal that was set holds. */
export const allHold = (measures: ReadonlyArray<Measure>): boolean =>
  measures.every((measure) => row(measure).holds !== false)

const tableRow = (measure: Measure): ReadonlyArray<string> => {
  const { ratio, goal, holds: isHeld } = row(measure)
  return [
    measure.bench,
    measure.metric,
    measure.unit,
    spread(measure.ours),
    measure.peer === undefined ? "" : `${measure.peer.name} ${spread(measure.peer.samples)}`,
    ratio === undefined ? "" : String(ratio),
    goal === undefined ? "" : `${goal}: ${isHeld === true ? "holds" : "MISSED"}`
  ]
}

const spread = (samples: Samples.Samples): string => {
  const { median, low, high } = Samples.summarise(samples)
  return samples.length === 1 ? `${rounded(median)}` : `${rounded(median)} (${rounded(low)}-${rounded(high)})`
}

const peerOf = (measure: Measure): Samples.Samples => measure.peer?.samples ?? []

const goalText = (measure: Measure, goal: Goal): string =>
  goal.of === "ours" ? `${goal.is} ${goal.bound} ${measure.unit}` : `${goal.is} ${goal.bound} times the peer`

const holds = (goal: Goal, value: number | undefined): boolean =>
  value !== undefined && (goal.is === "at least" ? value >= goal.bound : value <= goal.bound)

/** Three significant digits: more would be noise. */
const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(3)) : value)
