import { assert, describe, it } from "@effect/vitest"
import trailblaze from "@lupin-examples/trailblaze/app"
import * as Gateways from "@lupin/site/Gateways"
import { Effect } from "effect"
import * as Fleet from "../src/Fleet.ts"

const review = (rating: number) => ({
  kind: "review",
  at: { lat: 44.16, lon: -115.06 },
  payload: { trail: "sawtooth-lake", name: "Sawtooth Lake", rating, text: "Snow above the lake." }
})

const options = { apps: [trailblaze], links: { latencyMillis: 100, jitterMillis: 0 } }

/** When each site filed what is posted from now on, in simulated milliseconds. */
const arrivalsOf = (fleet: Fleet.Fleet) => {
  const arrivals = new Map<string, number>()
  fleet.observe((happening) => {
    if (happening._tag !== "Stored") return
    for (const { id, stored } of happening.articles) {
      if (stored._tag === "Filed") arrivals.set(`${id} ${happening.site}`, fleet.elapsedMillis)
    }
  })
  return (id: string, site: string) => arrivals.get(`${id} ${site}`) ?? Infinity
}

describe("gateways and primaries", () => {
  it.live("replaces a primary zone that has lost its power, within five seconds and without a word of traffic", () =>
    Fleet.run({ ...options, pops: 4, zones: 4, seed: 3 }, (fleet) =>
      Effect.gen(function* () {
        yield* fleet.advance("10 seconds")
        const arrival = arrivalsOf(fleet)
        fleet.cutPower("z1")
        yield* fleet.advance("5 seconds")
        const beganMillis = fleet.elapsedMillis
        const { posted } = yield* fleet.post("p1", review(5))
        yield* fleet.advance("2 seconds")
        for (const { name } of fleet.sites.filter(({ isUp }) => isUp)) {
          assert.isBelow(arrival(posted.messageId, name) - beganMillis, 320, name)
        }
      })
    )
  )

  it.live("lets other hosts of a POP step in where both its gateways have lost their power", () =>
    Fleet.run({ ...options, pops: [{ name: "boi", hosts: 5 }, "lhr"], zones: 3, seed: 4 }, (fleet) =>
      Effect.gen(function* () {
        yield* fleet.advance("10 seconds")
        const stats = (name: string) => fleet.site(name).running?.stats
        const first = yield* fleet.post("boi-h1", review(1))
        yield* fleet.settle()
        const hosts = fleet.sites.filter(({ plan }) => plan.place === "boi").map(({ name }) => name)
        const talkers: Array<string> = []
        for (const name of hosts) {
          const feeds = (yield* stats(name)?.snapshot ?? Effect.succeed([])).filter((feed) => /^z\d$/.test(feed.name))
          if (feeds.some(({ offers }) => offers > 0)) talkers.push(name)
        }
        assert.isAtMost(talkers.length, 2)
        for (const name of fleet.sites.map((site) => site.name)) {
          assert.isTrue(fleet.site(name).holdings.ids.has(first.posted.messageId), name)
        }
        for (const name of talkers) fleet.cutPower(name)
        const rest = hosts.filter((name) => !talkers.includes(name))
        const out = yield* fleet.post(rest[0] ?? "", review(2))
        const into = yield* fleet.post("lhr", review(3))
        yield* fleet.settle({ withinMillis: 60_000 })
        for (const { holdings, name } of fleet.sites.filter(({ isUp }) => isUp)) {
          assert.isTrue(holdings.ids.has(out.posted.messageId), `${name} lacks what was posted in the POP`)
          assert.isTrue(holdings.ids.has(into.posted.messageId), `${name} lacks what was posted elsewhere`)
        }
      })
    )
  )

  it.live(
    "offers within five seconds of its start what a host holds, while nobody answers at its gateway's address",
    () =>
      Fleet.run({ ...options, pops: [{ name: "boi", hosts: 2 }], zones: 3, seed: 6 }, (fleet) =>
        Effect.gen(function* () {
          yield* fleet.advance("10 seconds")
          const [gateway = "", other = ""] = Gateways.of("boi", ["boi-h1", "boi-h2"], () => true)
          const { zones } = fleet.site(other).plan
          // The one link of the POP that its second gateway holds.
          fleet.cut(other, zones[1] ?? "", { oneWay: true })
          fleet.cutPower(gateway)
          const { posted } = yield* fleet.post(other, review(2))
          fleet.kill(other)
          yield* fleet.advance("5 seconds")
          const arrival = arrivalsOf(fleet)
          yield* fleet.start(other)
          const beganMillis = fleet.elapsedMillis
          yield* fleet.advance("5 seconds")
          for (const zone of zones) assert.isBelow(arrival(posted.messageId, zone) - beganMillis, 5_000, zone)
        })
      )
  )

  it.live("brings a zone what a dead gateway could not, though its successor had passed that long before", () =>
    Fleet.run({ ...options, pops: [{ name: "boi", hosts: 2 }], zones: 1, seed: 5 }, (fleet) =>
      Effect.gen(function* () {
        yield* fleet.advance("10 seconds")
        const feeds = (name: string) => fleet.site(name).running?.stats.snapshot ?? Effect.succeed([])
        yield* fleet.post("boi-h1", review(1))
        yield* fleet.settle()
        const hosts = ["boi-h1", "boi-h2"]
        const isTalking = yield* Effect.forEach(hosts, (name) =>
          Effect.map(feeds(name), (all) => all.some((feed) => feed.name === "z1" && feed.offers > 0))
        )
        const gateway = hosts[isTalking.indexOf(true)] ?? ""
        const successor = hosts[isTalking.indexOf(false)] ?? ""
        fleet.cut(gateway, "z1")
        const { posted } = yield* fleet.post(successor, review(2))
        yield* fleet.advance("60 seconds")
        yield* fleet.site("z1").look()
        assert.isFalse(fleet.site("z1").holdings.ids.has(posted.messageId))
        fleet.kill(gateway)
        yield* fleet.advance("5 minutes")
        yield* fleet.site("z1").look()
        assert.isTrue(fleet.site("z1").holdings.ids.has(posted.messageId))
      })
    )
  )
})
