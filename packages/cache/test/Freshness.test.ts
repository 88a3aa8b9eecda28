import { assert, describe, it } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
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
  it("serves a copy exactly when it is no older than the query accepts", () => {
    FastCheck.assert(
      FastCheck.property(millis, millis, tolerance, (scrapedAtMillis, askedMillis, accepted) => {
        const verdict = Freshness.judge({ scrapedAtMillis }, accepted, askedMillis)
        return (verdict === "Serve") === askedMillis - scrapedAtMillis <= accepted.staleMillisMax
      })
    )
  })

  it("scrapes behind an old copy only for callers who allow it", () => {
    FastCheck.assert(
      FastCheck.property(millis, millis, tolerance, (scrapedAtMillis, askedMillis, accepted) => {
        const verdict = Freshness.judge({ scrapedAtMillis }, accepted, askedMillis)
        return verdict === "Serve" || (verdict === "Refresh") === (accepted.whileScraping === "serve")
      })
    )
  })

  it("scrapes what has no copy, whatever the caller accepts", () => {
    FastCheck.assert(
      FastCheck.property(tolerance, millis, (accepted, now) => Freshness.judge(undefined, accepted, now) === "Scrape")
    )
  })

  it("never says that a copy is younger than it is", () => {
    FastCheck.assert(
      FastCheck.property(millis, millis, (scrapedAtMillis, nowMillis) => {
        const age = Freshness.ageMillis({ scrapedAtMillis }, nowMillis)
        return age >= 0 && age >= nowMillis - scrapedAtMillis
      })
    )
  })

  it("words an age in its largest whole unit", () => {
    const copy = (articles: number) => ({
      group: GroupName.GroupName.make("clientposts.trailblaze"),
      scrapedAtMillis: 0,
      answeredAtMillis: 0,
      articles
    })
    const worded = (articles: number, nowMillis: number) => Freshness.describe(copy(articles), nowMillis)
    assert.strictEqual(worded(1, 999), "clientposts.trailblaze: 1 article as of now")
    assert.strictEqual(worded(0, 1_000), "clientposts.trailblaze: 0 articles as of 1 second ago")
    assert.strictEqual(worded(12, 119_999), "clientposts.trailblaze: 12 articles as of 1 minute ago")
    assert.strictEqual(worded(12, 7_200_000), "clientposts.trailblaze: 12 articles as of 2 hours ago")
    assert.strictEqual(worded(12, 86_400_000 * 3), "clientposts.trailblaze: 12 articles as of 3 days ago")
  })
})
