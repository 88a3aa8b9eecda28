/**
 * The verdict on one history: all promises kept, or a report with the shortest history that breaks one of them too.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import type * as Checker from "./checkers/Checker.ts"
import * as Histories from "./Histories.ts"
import * as History from "./History.ts"
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

/** Histories run at most to find a shorter one, where nothing is said. */
export const triesMaxDefault = 300

/** Lines of the trace in a report. */
const traceLines = 60

/** What a history came to, or one that was made of it. */
interface Run {
  readonly history: History.History
  readonly outcome: Simulation.Outcome
}

/** Runs a history; where a promise is broken, also shorter ones, as fast-check finds them. */
export const of = (
  history: History.History,
  { checkers, triesMax = triesMaxDefault }: Options = {}
): Effect.Effect<Verdict> =>
  Effect.gen(function* () {
    const outcome = yield* Simulation.run(history, checkers)
    const [first] = outcome.violations
    if (first === undefined) return { history, outcome, report: undefined }
    const whole: Run = { history, outcome }
    let shortest = whole
    let tries = 0
    const keeps = fc.asyncProperty(
      Histories.drawn(() => history),
      async (shorter) => {
        if (shorter === history) return false
        if (tries >= triesMax) return true
        tries += 1
        const run: Run = { history: shorter, outcome: await Effect.runPromise(Simulation.run(shorter, checkers)) }
        const isBroken = run.outcome.violations.some(({ promise }) => promise === first.promise)
        if (isBroken) shortest = run
        return !isBroken
      }
    )
    yield* Effect.promise(() => fc.check(keeps, { examples: [[history]], numRuns: 1 }))
    return { history, outcome, report: reportOf(whole, shortest) }
  })

const reportOf = ({ history, outcome }: Run, shortest: Run): string =>
  [
    shortest.outcome.trace.split("\n").slice(-traceLines).join("\n"),
    "",
    `seed ${history.seed} breaks ${outcome.violations.length} times, with ${history.commands.length} commands:`,
    ...outcome.violations.map(wordsOf),
    `with ${shortest.history.commands.length} commands:`,
    ...shortest.outcome.violations.map(wordsOf),
    History.replay(shortest.history)
  ].join("\n")

const wordsOf = ({ promise, text }: Checker.Violation): string =>
  promise === 0 ? `  the simulation ended: ${text}` : `  promise ${promise}: ${text}`
