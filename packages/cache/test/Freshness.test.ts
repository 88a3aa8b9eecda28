import { describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import * as Freshness from "../src/Freshness.ts"

const millis = FastCheck.integer({ min: 0, max: 2 ** 41 })
const tolerance = FastCheck.record(
  {
    staleMillisMax: FastCheck.oneof(FastCheck.constant(0), millis),
    whileScraping: FastCheck.constantFrom("wait" as const, "serve" as const)
  },
  { requiredKeys: ["staleMillisMax"] }
)

describe("Freshness", () => {
  it("serves a copy exactly when it is no older than the query accepts, and not of a time to come", () => {
    FastCheck.assert(
      FastCheck.property(millis, millis, millis, tolerance, (scrapedAtMillis, askedMillis, nowMillis, accepted) => {
        const verdict = Freshness.judge({ scrapedAtMillis }, accepted, askedMillis, nowMillis)
        const isYoung = askedMillis - scrapedAtMillis <= accepted.staleMillisMax
        return (verdict === "Serve") === (isYoung && scrapedAtMillis <= nowMillis)
      })
    )
  })

  it("scrapes behind an old copy only for callers who allow it", () => {
    FastCheck.assert(
      FastCheck.property(millis, millis, tolerance, (scrapedAtMillis, askedMillis, accepted) => {
        const verdict = Freshness.judge({ scrapedAtMillis }, accepted, askedMillis, askedMillis)
        return verdict === "Serve" || (verdict === "Refresh") === (accepted.whileScraping === "serve")
      })
    )
  })

  it("scrapes what has no copy, whatever the caller accepts", () => {
    FastCheck.assert(
      FastCheck.property(
        tolerance,
        millis,
        (accepted, now) => Freshness.judge(undefined, accepted, now, now) === "Scrape"
      )
    )
  })
})
