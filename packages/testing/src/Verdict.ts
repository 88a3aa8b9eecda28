/**
 * The verdict on one history: all promises kept, or a report with the shortest history that breaks one of them too.
 */
import { Effect } from "effect"
import type * as Checker from "./checkers/Checker.ts"
import * as History from "./History.ts"
import * as Shrinking from "./Shrinking.ts"
import * as Simulation from "./Simulation.ts"

export interface Verdict {
  readonly history: History.History
  readonly outcome: Simulation.Outcome
  /** What people need to find the mistake; nothing where there is none. */
  readonly report: string | undefined
}

export interface Options {
  /** Histories run to find a shorter one; 0 reports the whole. */
  readonly triesMax?: number
  readonly checkers?: ReadonlyArray<Checker.Checker>
}

/** Lines of the trace in a report. */
const traceLines = 60

/** Runs a history; where a promise is broken, also shorter ones. */
export const of = (
  history: History.History,
  { checkers, triesMax = Shrinking.triesMaxDefault }: Options = {}
): Effect.Effect<Verdict> =>
  Effect.gen(function* () {
    const outcome = yield* Simulation.run(history, checkers)
    const [first] = outcome.violations
    if (first === undefined) return { history, outcome, report: undefined }
    const fails = (commands: History.History["commands"]): Effect.Effect<boolean> =>
      Effect.map(Simulation.run({ ...history, commands }, checkers), ({ violations }) =>
        violations.some(({ promise }) => promise === first.promise)
      )
    const commands = yield* Shrinking.shrink(history.commands, fails, triesMax)
    const shortest = { ...history, commands }
    const shown = commands.length === history.commands.length ? outcome : yield* Simulation.run(shortest, checkers)
    return { history, outcome, report: reportOf(history, outcome, shortest, shown) }
  })

const reportOf = (
  history: History.History,
  outcome: Simulation.Outcome,
  shortest: History.History,
  shown: Simulation.Outcome
): string =>
  [
    shown.trace.split("\n").slice(-traceLines).join("\n"),
    "",
    `seed ${history.seed} breaks ${outcome.violations.length} times, with ${history.commands.length} commands:`,
    ...outcome.violations.map(wordsOf),
    `with ${shortest.commands.length} commands:`,
    ...shown.violations.map(wordsOf),
    History.replay(shortest)
  ].join("\n")

const wordsOf = ({ promise, text }: Checker.Violation): string =>
  promise === 0 ? `  the simulation ended: ${text}` : `  promise ${promise}: ${text}`
