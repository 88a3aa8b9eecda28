import { assert, describe, it } from "@effect/vitest"
import trailblaze from "@lupin-examples/trailblaze/app"
import type * as MessageId from "@lupin/core/MessageId"
import { Effect, Schedule } from "effect"
import * as Fleet from "../src/Fleet.ts"

/** `npm run test:simulation` takes three hundred. */
const seeds = Array.from({ length: Number(process.env["LUPIN_TEST_SEEDS"] ?? 6) }, (_, at) => at + 1)

const proposal = (at: number) => ({
  kind: "partner",
  payload: { trail: "sawtooth-lake", date: "2026-07-01", message: `proposal ${at}` }
})

/** As a supervisor would: a disk that refuses may take writes a moment later. */
const started = (fleet: Fleet.Fleet, name: string) =>
  Effect.retry(fleet.start(name), { schedule: Schedule.spaced("1 second"), times: 10 })

/** Half a minute of posts while machines lose their power, processes are killed and links are cut, then peace. */
const life = (fleet: Fleet.Fleet) =>
  Effect.gen(function* () {
    const chance = fleet.world.chance.split("life")
    const names = fleet.sites.map(({ name }) => name)
    const acknowledged: Array<MessageId.MessageId> = []
    for (let step = 0; step < 60; step++) {
      const name = chance.pick(names)
      const fault = chance.between(0, 11)
      if (fault === 0) fleet.cutPower(name)
      if (fault === 1) fleet.kill(name)
      if (fault === 2) fleet.cut(name, chance.pick(names.filter((other) => other !== name)))
      if (fault === 3) fleet.healAll()
      if (fault === 4) fleet.site(name).disk.arm({ _tag: "SyncFails", times: 2 })
      if (fault === 5) fleet.site(name).disk.arm({ _tag: "WriteIsShort", octets: chance.between(0, 2_000) })
      if (fault >= 6 && fleet.site(name).process === undefined) yield* started(fleet, name)
      const post = fleet.post(chance.pick(fleet.topology.pops), proposal(step))
      const answer = yield* Effect.option(Effect.timeout(post, "2 seconds"))
      if (answer._tag === "Some") acknowledged.push(answer.value.posted.messageId)
      yield* fleet.advance(chance.between(1, 800))
    }
    for (const name of names) {
      if (fleet.site(name).process === undefined) yield* started(fleet, name)
      fleet.site(name).disk.heal()
    }
    fleet.healAll()
    yield* fleet.settle({ withinMillis: 600_000 })
    return acknowledged
  })

describe("a fleet under faults of network, processes and disks", () => {
  it.live.each(seeds)("loses nothing it acknowledged, and comes to hold the same everywhere: seed %i", (seed) =>
    Fleet.run({ pops: 3, zones: 3, apps: [trailblaze], seed }, (fleet) =>
      Effect.gen(function* () {
        const acknowledged = yield* life(fleet)
        assert.isAbove(acknowledged.length, 10)
        for (const { holdings, name } of fleet.sites) {
          for (const id of acknowledged) assert.isTrue(holdings.ids.has(id), `${name} lacks ${id}`)
        }
      })
    )
  )

  it.live("hands articles on at once where the clock of a site was set back", () =>
    Fleet.run({ pops: 2, zones: 3, apps: [trailblaze], seed: 1 }, (fleet) =>
      Effect.gen(function* () {
        const [first = "", second = ""] = fleet.topology.pops
        yield* fleet.post(first, proposal(1))
        yield* fleet.settle()
        fleet.skew(first, -3_600_000)
        const { posted } = yield* fleet.post(first, proposal(2))
        yield* fleet.advance("5 seconds")
        yield* fleet.read(second, posted.messageId)
      })
    )
  )
})
