import { assert, describe, it } from "@effect/vitest"
import * as Recoveries from "@lupin/core/Recoveries"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as History from "../src/History.ts"
import * as KnownHistories from "../src/KnownHistories.ts"
import * as Sightings from "../src/Sightings.ts"
import * as Simulation from "../src/Simulation.ts"
import * as Verdict from "../src/Verdict.ts"
import * as Workload from "../src/Workload.ts"

/** `npm run test:simulation` takes three hundred. */
const seeds = Number(process.env["LUPIN_TEST_SEEDS"] ?? 20)
const perTest = Math.min(10, Math.ceil(seeds / 10))
const timeout = 300_000

const sightings = new Sightings.Sightings()

const keeps = Effect.fnUntraced(function* (history: History.History) {
  const { outcome, report } = yield* Verdict.of(history)
  sightings.addAll(outcome.sightings.counts)
  if (report !== undefined) assert.fail(report)
})

describe("Simulation", () => {
  it.live("lives the same history again for the same seed, and another for another", () =>
    Effect.gen(function* () {
      const lived = (seed: number) => Simulation.run(Workload.draw(seed, History.small(seed)))
      const first = yield* lived(1)
      assert.strictEqual((yield* lived(1)).fingerprint, first.fingerprint)
      assert.notStrictEqual((yield* lived(2)).fingerprint, first.fingerprint)
    })
  )

  it.live.each([...KnownHistories.all])("$fact", ({ history }) => keeps(history), timeout)

  for (let from = 1; from <= seeds; from += perTest) {
    const to = Math.min(seeds, from + perTest - 1)
    it.live(
      `keeps all promises in histories ${from} to ${to} of a small fleet`,
      () =>
        Effect.forEach(
          Array.from({ length: to - from + 1 }, (_, at) => from + at),
          (seed) => keeps(Workload.draw(seed, History.small(seed))),
          { discard: true }
        ),
      timeout
    )
  }

  it.each(Object.entries(Sightings.elsewhere))("leaves %s to a test that looks for it", (recovery, file) => {
    const text = readFileSync(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), "utf8")
    assert.include(text, `"${recovery}"`)
  })

  it("has each counter in the table of docs/simulation.md", () => {
    const text = readFileSync(fileURLToPath(new URL("../../../docs/simulation.md", import.meta.url)), "utf8")
    for (const what of Object.keys(Recoveries.recoveries)) assert.include(text, `| \`${what}\` `)
  })

  // Fewer histories need not have seen everything.
  if (seeds >= 100) {
    it("has seen each fault and each way to recover", () => {
      assert.deepStrictEqual(sightings.missing, [])
    })
  }
})
