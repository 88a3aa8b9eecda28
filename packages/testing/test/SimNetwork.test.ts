import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Buffer } from "node:buffer"
import type { End } from "../src/SimConnection.ts"
import { type Quality, SimNetwork } from "../src/SimNetwork.ts"
import type { SimProcess } from "../src/SimProcess.ts"
import * as World from "../src/World.ts"

const quality: Quality = { latencyMillis: 50, jitterMillis: 20, bytesPerSecond: 1_000_000, loss: 0 }

interface Pair {
  readonly world: World.World
  readonly network: SimNetwork
  readonly near: End
  readonly far: End
  readonly server: SimProcess
  readonly client: SimProcess
}

const connect = (network: SimNetwork, client: SimProcess) =>
  Effect.callback<End | string>((resume) => {
    network.connect(client, "a", "b", 119, (outcome) => resume(Effect.succeed(outcome)))
  })

const connected = <A, E>(seed: number, test: (pair: Pair) => Effect.Effect<A, E>, changed: Partial<Quality> = {}) =>
  World.run({ seed }, (world) =>
    Effect.gen(function* () {
      const network = new SimNetwork(world, { quality: () => ({ ...quality, ...changed }) })
      const server = world.spawn("b")
      const client = world.spawn("a")
      const taken: Array<End> = []
      network.listen(server, "b", 119, (end) => taken.push(end))
      const near = yield* connect(network, client)
      const [far] = taken
      if (typeof near === "string" || far === undefined) throw new Error("no connection")
      return yield* test({ world, network, near, far, server, client })
    })
  )

const text = (read: ReturnType<End["read"]>): string =>
  read === undefined ? "" : "_tag" in read ? read._tag : Buffer.concat(read).toString()

describe("SimNetwork", () => {
  it.live("connects after a round trip, and brings octets in their order", () =>
    connected(1, ({ far, near, world }) =>
      Effect.gen(function* () {
        assert.isAtLeast(world.nowMillis - world.startMillis, 100)
        for (const letter of "abcdefgh") near.write(Buffer.from(letter))
        assert.strictEqual(far.read(), undefined)
        yield* Effect.sleep("49 millis")
        assert.strictEqual(far.read(), undefined)
        yield* Effect.sleep("30 millis")
        assert.strictEqual(text(far.read()), "abcdefgh")
        near.close()
        yield* Effect.sleep("80 millis")
        assert.deepStrictEqual(far.read(), { _tag: "End" })
      })
    )
  )

  it.live("takes the time that the bandwidth wants, and has writers wait for readers", () =>
    connected(
      1,
      ({ far, near }) =>
        Effect.gen(function* () {
          near.write(Buffer.alloc(200_000))
          yield* Effect.sleep("200 millis")
          assert.strictEqual(far.read(), undefined)
          yield* Effect.sleep("60 millis")
          assert.isFalse(near.isFull)
          near.write(Buffer.alloc(200_000))
          assert.isTrue(near.isFull)
          const written = yield* Effect.forkChild(
            Effect.callback<void>((resume) => near.onWritable(() => resume(Effect.void)))
          )
          yield* Effect.sleep("10 seconds")
          assert.strictEqual(written.pollUnsafe(), undefined)
          far.read()
          yield* Effect.sleep("60 millis")
          assert.isDefined(written.pollUnsafe())
        }),
      { jitterMillis: 0 }
    )
  )

  it.live("holds back what a cut stops, one way only, and sends it again after the cut has healed", () =>
    connected(2, ({ far, near, network }) =>
      Effect.gen(function* () {
        network.cut("a", "b")
        near.write(Buffer.from("there"))
        far.write(Buffer.from("back"))
        yield* Effect.sleep("20 seconds")
        assert.strictEqual(text(near.read()), "back")
        assert.strictEqual(far.read(), undefined)
        network.heal("a", "b")
        near.write(Buffer.from(" and more"))
        yield* Effect.sleep("20 seconds")
        assert.strictEqual(text(far.read()), "there and more")
      })
    )
  )

  it.live("gives a connection up that a cut has stopped for a quarter of an hour", () =>
    connected(2, ({ near, network }) =>
      Effect.gen(function* () {
        network.cut("a", "b")
        near.write(Buffer.from("there"))
        yield* Effect.sleep("16 minutes")
        assert.deepStrictEqual(near.read(), { _tag: "Broken", reason: "timed out" })
        assert.deepStrictEqual(near.write(Buffer.from("more")), { _tag: "Broken", reason: "timed out" })
      })
    )
  )

  it.live("resets the connections of a process that was killed", () =>
    connected(3, ({ near, network, server }) =>
      Effect.gen(function* () {
        server.kill()
        network.killed(server)
        yield* Effect.sleep("80 millis")
        assert.deepStrictEqual(near.read(), { _tag: "Broken", reason: "connection reset" })
      })
    )
  )

  it.live("leaves a connection half open when the power of one machine fails, until the machine is back", () =>
    connected(4, ({ near, network, server }) =>
      Effect.gen(function* () {
        server.kill()
        network.powerOff("b")
        near.write(Buffer.from("anybody?"))
        yield* Effect.sleep("1 minute")
        assert.strictEqual(near.read(), undefined)
        network.powerOn("b")
        near.write(Buffer.from("anybody?"))
        yield* Effect.sleep("1 minute")
        assert.deepStrictEqual(near.read(), { _tag: "Broken", reason: "connection reset" })
      })
    )
  )

  it.live("refuses where nobody listens, and gives no answer where nothing gets through", () =>
    connected(5, ({ client, network, server }) =>
      Effect.gen(function* () {
        server.kill()
        network.killed(server)
        assert.strictEqual(yield* connect(network, client), "refused")
        network.cut("a", "b")
        const silent = yield* Effect.timeoutOption(connect(network, client), "5 seconds")
        assert.strictEqual(silent._tag, "None")
        assert.strictEqual(yield* connect(network, client), "timed out")
      })
    )
  )

  it.live("brings all octets in order whatever is cut and healed meanwhile", () =>
    connected(6, ({ far, near, network, world }) =>
      Effect.gen(function* () {
        const chance = world.chance.split("cuts")
        let read = ""
        let written = ""
        for (let step = 0; step < 300; step++) {
          const letter = String.fromCharCode(97 + (step % 26))
          near.write(Buffer.from(letter))
          written += letter
          if (chance.happens(0.1)) network.cut("a", "b")
          if (chance.happens(0.2)) network.heal("a", "b")
          yield* Effect.sleep(chance.between(0, 200))
          read += text(far.read())
          assert.isTrue(written.startsWith(read))
        }
        network.heal("a", "b")
        yield* Effect.sleep("5 minutes")
        assert.strictEqual(read + text(far.read()), written)
      })
    )
  )
})
