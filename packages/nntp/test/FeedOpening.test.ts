import { describe, expect, it } from "@effect/vitest"
import * as FeedRule from "@lupin/core/FeedRule"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer, Random } from "effect"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Network } from "../src/Network.ts"
import * as PeerFeed from "../src/PeerFeed.ts"
import { PeerStats, type PeerState } from "../src/PeerStats.ts"
import * as Hostile from "./hostileServer.ts"

const { silentMillisMaxDefault: silentMillisMax, silenceMillisMaxDefault: silenceMillisMax } = PeerFeed

/** A connection that opens after a while. */
const late = (millis: number, socket: Socket.Socket): Socket.Socket =>
  Socket.make({
    reader: Effect.andThen(Effect.sleep(millis), socket.reader),
    writer: socket.writer
  })

/** A peer of which each answer takes so long, the greeting first; it gives none behind them. */
const slow = (...answersMillis: ReadonlyArray<number>): Hostile.Behaviour => {
  const left = [...answersMillis]
  const answer = (text: string): ReadonlyArray<Hostile.Act> => {
    const millis = left.shift()
    return millis === undefined ? [] : [{ _tag: "Wait", millis }, Hostile.say(text)]
  }
  return {
    opening: answer("200 hello\r\n"),
    onLine: (line) => answer(line === "MODE STREAM" ? "203 go on\r\n" : "500 what\r\n")
  }
}

const world = Layer.mergeAll(Spool.layerMemory, PeerStats.layer).pipe(
  Layer.provide(SiteIdentity.layer({ name: "here", path: "here.example", kind: "central", apps: "any" }))
)

/** What a site knows of its peer at so many milliseconds, of which each connection takes so long to open. */
const states = Effect.fnUntraced(
  function* (openMillis: number, behave: () => Hostile.Behaviour, atMillis: ReadonlyArray<number>) {
    const { network } = Hostile.network(behave)
    const dial: typeof network.dial = (to) => Effect.map(network.dial(to), (socket) => late(openMillis, socket))
    yield* PeerFeed.run({
      peer: { name: "far", host: "far.test", port: 119, identities: ["far.test"] },
      rule: FeedRule.everything,
      eager: true
    }).pipe(Effect.provideService(Network, { dial, listen: network.listen }), Effect.forkScoped)
    const stats = yield* PeerStats
    const seen: Array<Readonly<PeerState>> = []
    let nowMillis = 0
    for (const millis of atMillis) {
      yield* TestClock.adjust(millis - nowMillis)
      nowMillis = millis
      seen.push({ ...stats.of("far") })
    }
    return seen
  },
  (run) => run.pipe(Effect.provide(world), Random.withSeed("same"), Effect.scoped)
)

const links = (...args: Parameters<typeof states>) =>
  Effect.map(states(...args), (seen) => seen.map(({ link }) => link))

describe("a connection of a feed that is being opened", () => {
  const around = [silentMillisMax - 1, silentMillisMax, silenceMillisMax - 1]

  it.effect("counts as silent from its beginning where nobody takes it", () =>
    Effect.gen(function* () {
      expect(yield* links(10 * silenceMillisMax, slow, around)).toEqual(["untried", "silent", "silent"])
    })
  )

  it.effect("counts as silent from the last answer where one is lacking", () =>
    Effect.gen(function* () {
      const answerMillis = silentMillisMax / 2
      for (const answers of [0, 1, 2]) {
        const spokenMillis = answers * answerMillis
        const atMillis = around.map((millis) => spokenMillis + millis)
        const behave = () => slow(...Array.from({ length: answers }, () => answerMillis))
        expect(yield* links(0, behave, atMillis)).toEqual(["untried", "silent", "silent"])
      }
    })
  )

  it.effect("is not silent where each answer comes in time, however long they take together", () =>
    Effect.gen(function* () {
      const answerMillis = silentMillisMax - 100
      const seen = yield* links(
        answerMillis,
        () => slow(answerMillis, answerMillis, answerMillis),
        Array.from({ length: 5 }, (_, at) => at * answerMillis)
      )
      expect(seen).toEqual(["untried", "untried", "untried", "untried", "up"])
    })
  )

  it.effect("speaks again once it is open", () =>
    Effect.gen(function* () {
      const openMillis = 2 * silentMillisMax
      expect(yield* links(0, () => slow(openMillis, 0, 0), [openMillis - 1, openMillis])).toEqual(["silent", "up"])
    })
  )

  it.effect("is told when it failed last, and since when one that stands has had no trouble", () =>
    Effect.gen(function* () {
      let connections = 0
      const behave = (): Hostile.Behaviour => {
        connections += 1
        return connections < 3 ? { ...slow(), opening: [{ _tag: "Close" }] } : slow(0, 0, 0)
      }
      const seen = yield* states(100, behave, [99, 100, 199, 10_000])
      expect(seen.map(({ failures, isConnected }) => [failures, isConnected])).toEqual([
        [0, false],
        [1, false],
        [1, false],
        [2, true]
      ])
      const atMillis = seen.map(({ lastTrouble }) => lastTrouble?.atMillis)
      expect(atMillis.slice(0, 3)).toEqual([undefined, 100, 100])
      expect(atMillis[3]).toBeGreaterThan(200)
      expect(atMillis[3]).toBeLessThan(10_000)
    })
  )

  it.effect("leaves a peer down to which the connection before has failed", () =>
    Effect.gen(function* () {
      let connections = 0
      const behave = (): Hostile.Behaviour => {
        connections += 1
        return connections === 1 ? { ...slow(), opening: [{ _tag: "Close" }] } : slow()
      }
      expect(yield* links(100, behave, [99, 100, silenceMillisMax])).toEqual(["untried", "down", "down"])
      expect(connections).toBe(2)
    })
  )
})
