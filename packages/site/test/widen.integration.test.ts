import { assert, it } from "@effect/vitest"
import { Live } from "@lupin/site/Live"
import * as Recovered from "@lupin/testing/Recovered"
import { Context, Effect } from "effect"
import { configOf, directory, holds, isPassed, names, peerAt, portOf, site, statuses, store } from "./sites.ts"

/** Events of clients, of now: what has come in the last minute counts too. */
const events = (count: number) => names("now", 2 * count).filter((_, at) => at % 2 === 0)

const accept = { addresses: ["127.0.0.1"] }
const zone = (name: string, port: number, feed: string) => ({ ...peerAt(name, port), feed, accept })

it.live("brings a peer at once what its feed passed before its rule was widened", () =>
  Effect.gen(function* () {
    const recovered = Recovered.make()
    yield* Effect.gen(function* () {
      const path = yield* directory
      const sea = yield* site("sea", path)
      const port = portOf(sea)
      const mk = yield* site("mk", yield* directory, [zone("sea", port, "nothing.*")])
      const feedMk = (feed: string) =>
        Context.get(sea, Live).apply(configOf("sea", path, [zone("mk", portOf(mk), feed)], 0))
      const passed = events(3)
      yield* feedMk("digests.*")
      yield* store(sea, passed)
      yield* isPassed(sea, "mk")
      assert.deepStrictEqual(
        yield* statuses(mk, passed),
        passed.map(() => "unknown" as const)
      )
      yield* feedMk("*")
      yield* holds(mk, passed)
      // The peer may have found the articles by itself before the feed connected.
      yield* recovered.taken("feed-rule-changed")
    }).pipe(recovered.counting)
    assert.strictEqual(recovered.times("feed-rule-changed"), 1)
  }).pipe(Effect.scoped)
)

it.live("notices after a restart that the rule was widened meanwhile", () =>
  Effect.gen(function* () {
    const [path, other] = [yield* directory, yield* directory]
    const passed = events(3)
    const seaPort = yield* Effect.scoped(Effect.map(site("sea", path), portOf))
    const mk = yield* site("mk", other, [zone("sea", seaPort, "nothing.*")])
    yield* Effect.scoped(
      Effect.gen(function* () {
        const sea = yield* site("sea", path, [zone("mk", portOf(mk), "digests.*")], seaPort)
        yield* store(sea, passed)
        yield* isPassed(sea, "mk")
      })
    )
    yield* site("sea", path, [zone("mk", portOf(mk), "*")], seaPort)
    yield* holds(mk, passed)
  }).pipe(Effect.scoped)
)
