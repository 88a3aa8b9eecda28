/**
 * Whether a site is well, as named checks that operators and balancers ask for.
 *
 * A check that throws or does not answer in time is failing; the site is as well as its worst check.
 */
import { Cause, Context, Effect, Layer, Schema } from "effect"

/** From well to worst. `degraded` serves on, with less; `failing` should get no traffic. */
export const statuses = ["ok", "degraded", "failing"] as const
export const Status = Schema.Literals(statuses)
export type Status = typeof Status.Type

/** What one check found; `detail` is one sentence for an operator. */
export interface Finding {
  readonly status: Status
  readonly detail?: string
}

/** A named look at one part of the site: `spool`, `cache`, `clock`, `feed lupin-us-sea`. */
export interface Check {
  readonly name: string
  readonly run: Effect.Effect<Finding>
}

export const Report = Schema.Struct({
  status: Status,
  checks: Schema.Array(
    Schema.Struct({ name: Schema.String, status: Status, detail: Schema.optionalKey(Schema.String) })
  )
})
export type Report = typeof Report.Type

/** Milliseconds a check may take before it counts as failing. */
export const checkMillisMax = 2_000

export const ok: Finding = { status: "ok" }
export const degraded = (detail: string): Finding => ({ status: "degraded", detail })
export const failing = (detail: string): Finding => ({ status: "failing", detail })

/** The worst of several; a site without checks is well. */
export const worst = (found: ReadonlyArray<Status>): Status =>
  found.reduce<Status>((worse, next) => (statuses.indexOf(next) > statuses.indexOf(worse) ? next : worse), "ok")

/** Puts findings together, in the order of the checks. */
export const report = (found: ReadonlyArray<Finding & { readonly name: string }>): Report => ({
  status: worst(found.map(({ status }) => status)),
  checks: found
})

export class Health extends Context.Service<
  Health,
  {
    /** Runs every check at once and answers within `checkMillisMax`. */
    readonly report: Effect.Effect<Report>
  }
>()("@lupin/api/Health") {
  /** The checks of a site, given where the site is put together. */
  static readonly layer = (checks: ReadonlyArray<Check>): Layer.Layer<Health> =>
    Layer.succeed(Health, {
      report: Effect.map(
        Effect.forEach(checks, ({ name, run }) => Effect.map(settle(run), (found) => ({ name, ...found })), {
          concurrency: "unbounded"
        }),
        report
      )
    })
}

const settle = (run: Effect.Effect<Finding>): Effect.Effect<Finding> =>
  run.pipe(
    Effect.timeoutOrElse({
      duration: checkMillisMax,
      orElse: () => Effect.succeed(failing(`no answer within ${checkMillisMax} ms`))
    }),
    Effect.catchCause((cause) =>
      Effect.as(Effect.logWarning("health check failed", cause), failing(Cause.pretty(cause).split("\n", 1)[0] ?? ""))
    )
  )
