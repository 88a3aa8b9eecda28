import { describe, expect, it } from "@effect/vitest"
import { Injector } from "@lupin/spool/Injector"
import { Context, Effect } from "effect"
import * as NntpReader from "../../src/NntpReader.ts"
import * as site from "../site.ts"
import * as Inn from "./Inn.ts"
import * as Programs from "./Programs.ts"
import * as Site from "./Site.ts"

const perSite = 60
const group = "misc.test"

describe.skipIf(Programs.isWithout(...Inn.programs))("A ring of ours, INN and ours", () => {
  for (const eager of [true, false]) {
    it.live(`floods what is posted at each, without loop or duplicate, ${eager ? "at once" : "asking first"}`, () =>
      Effect.gen(function* () {
        const west = yield* Site.start("west")
        const east = yield* Site.start("east")
        const inn = yield* Inn.start({
          identity: "inn.test",
          groups: [group],
          feeds: [
            { name: "west", identity: "west.test", port: Site.port(west), by: "innfeed" },
            { name: "east", identity: "east.test", port: Site.port(east), by: "innfeed" }
          ]
        })
        const toInn = { name: "inn", identity: inn.identity, port: inn.port }
        yield* Site.feed(west, toInn, { eager })
        yield* Site.feed(east, toInn, { eager })
        yield* Site.feed(west, { name: "east", identity: "east.test", port: Site.port(east) }, { eager })
        yield* Site.feed(east, { name: "west", identity: "west.test", port: Site.port(west) }, { eager })

        const reader = yield* NntpReader.connect({ host: "127.0.0.1", port: inn.port })
        const posted: Array<string> = []
        for (let index = 0; index < perSite; index += 1) {
          for (const at of [west, east]) {
            const proto = site.proto(`post ${index}`, group)
            posted.push((yield* Context.get(at, Injector).inject(proto, { writer: "client" })).id)
          }
          posted.push((yield* reader.post(site.proto(`post ${index} at INN`, group))) ?? "")
        }
        const ids = posted.toSorted()
        expect(new Set(ids).size).toBe(3 * perSite)

        for (const at of [west, east]) {
          expect((yield* Site.holds(at, ids.length)).toSorted()).toEqual(ids)
          yield* Site.settled(at, "inn")
        }
        yield* Site.settled(west, "east")
        yield* Site.settled(east, "west")
        for (const at of [west, east]) {
          expect(yield* Site.spool(at).arrivedSince(0, 10_000)).toHaveLength(ids.length)
          expect(Site.stats(at, "inn")).toMatchObject({ failures: 0, deferred: 0, dropped: 0 })
        }
        const news = yield* inn.news
        const taken = news.filter((line) => line.slice(20, 21) === "+").map((line) => /<[^>]+>/.exec(line)?.[0] ?? "")
        expect(taken.toSorted()).toEqual(ids)
        const refused = news.filter((line) => line.slice(20, 21) === "-")
        expect(refused.filter((line) => !line.includes("Duplicate"))).toEqual([])
      }).pipe(Effect.scoped)
    )
  }
})
