import { describe, expect, it } from "@effect/vitest"
import * as Limits from "@lupin/core/Limits"
import * as Wildmat from "@lupin/core/Wildmat"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect, Exit, Fiber, Layer, Scope } from "effect"
import * as FeedProgress from "../src/FeedProgress.ts"
import * as FeedSession from "../src/FeedSession.ts"
import { PeerStats } from "../src/PeerStats.ts"
import { feed, holds, portOf, post, settled, start, statsOf, until } from "./feeds.ts"
import * as StubServer from "./stubServer.ts"

describe("PeerFeed", () => {
  for (const eager of [true, false]) {
    it.live(`floods two sites both ways without loop or duplicate, ${eager ? "eager" : "lazy"}`, () =>
      Effect.gen(function* () {
        const alpha = yield* start("alpha")
        const beta = yield* start("beta")
        yield* Effect.forkScoped(feed(alpha, { name: "beta", port: portOf(beta) }, { eager }))
        yield* Effect.forkScoped(feed(beta, { name: "alpha", port: portOf(alpha) }, { eager }))
        yield* until(() => statsOf(alpha, "beta").isConnected && statsOf(beta, "alpha").isConnected)
        const posted: Array<string> = []
        for (let index = 0; index < 60; index += 1) {
          posted.push((yield* post(index % 2 === 0 ? alpha : beta, `post ${index}`)).id)
        }
        for (const at of [alpha, beta]) expect([...(yield* holds(at, 60))].sort()).toEqual([...posted].sort())
        yield* settled(alpha, "beta")
        yield* settled(beta, "alpha")
        for (const [at, to] of [
          [alpha, "beta"],
          [beta, "alpha"]
        ] as const) {
          expect(statsOf(at, to)).toMatchObject({
            accepted: 30,
            refused: 0,
            notWanted: 0,
            sent: 30,
            offers: 30,
            checks: eager ? 0 : 30
          })
        }
      }).pipe(Effect.scoped)
    )
  }

  it.live("sends what a busy site holds through a small window, once each", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const beta = yield* start("beta")
      for (let index = 0; index < 300; index += 1) yield* post(alpha, `post ${index}`)
      yield* Effect.forkScoped(feed(alpha, { name: "beta", port: portOf(beta) }, { windowMax: 7 }))
      yield* holds(beta, 300)
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ accepted: 300, refused: 0, notWanted: 0 })
    }).pipe(Effect.scoped)
  )

  for (const eager of [true, false]) {
    it.live(`drains a burst on a quiet link, ${eager ? "eager" : "lazy"}: nothing waits for another article`, () =>
      Effect.gen(function* () {
        const alpha = yield* start("alpha")
        const beta = yield* start("beta")
        const to = { name: "beta", port: portOf(beta) }
        yield* Effect.forkScoped(feed(alpha, to, { eager, windowMax: 7 }))
        yield* post(alpha, "the link is up")
        yield* settled(alpha, "beta")
        yield* Effect.forEach(Array.from({ length: 200 }).keys(), (index) => post(alpha, `burst ${index}`), {
          concurrency: "unbounded"
        })
        yield* holds(beta, 201)
        yield* settled(alpha, "beta")
        expect(statsOf(alpha, "beta")).toMatchObject({ accepted: 201, notWanted: 0, inFlight: 0 })
      }).pipe(Effect.scoped)
    )
  }

  it.live("asks about what came before the link, however eager it is: others may have sent it", () =>
    Effect.gen(function* () {
      const [alpha, beta, gamma] = [yield* start("alpha"), yield* start("beta"), yield* start("gamma")]
      const to = { name: "beta", port: portOf(beta) }
      yield* Effect.forkScoped(feed(alpha, { name: "gamma", port: portOf(gamma) }, { eager: true }))
      yield* Effect.forkScoped(feed(gamma, to, { eager: true }))
      for (let index = 0; index < 40; index += 1) yield* post(alpha, `post ${index}`)
      yield* holds(beta, 40)
      yield* Effect.forkScoped(feed(alpha, to, { eager: true }))
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ checks: 40, notWanted: 40, sent: 0, refused: 0 })
      yield* post(alpha, "new")
      yield* holds(beta, 41)
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ checks: 40, sent: 1 })
    }).pipe(Effect.scoped)
  )

  it.live("goes on from its stored position after a restart", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const beta = yield* start("beta")
      const to = { name: "beta", port: portOf(beta) }
      const first = yield* Effect.forkScoped(feed(alpha, to))
      yield* post(alpha, "before")
      yield* holds(beta, 1)
      yield* settled(alpha, "beta")
      yield* Fiber.interrupt(first)
      yield* post(alpha, "meanwhile")
      const second = yield* Effect.forkScoped(feed(alpha, to))
      yield* holds(beta, 2)
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ accepted: 2, sent: 2, notWanted: 0, refused: 0 })
      yield* Fiber.interrupt(second)
      const { generation } = Context.get(beta, Spool)
      expect(yield* Context.get(alpha, Spool).readPosition(FeedProgress.follower("beta", generation))).toBe(
        yield* Context.get(alpha, Spool).head
      )
    }).pipe(Effect.scoped)
  )

  it.live("asks a peer that does not reconcile about what was passed since its rule was in force last", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const beta = yield* start("beta")
      const to = { name: "beta", port: portOf(beta) }
      const narrow = { rule: { wildmat: Wildmat.compile("digests.*") ?? Wildmat.nothing } }
      for (const [subject, options] of [["before", {}] as const, ["passed", narrow] as const]) {
        const one = yield* Effect.forkScoped(feed(alpha, to, options))
        yield* until(() => statsOf(alpha, "beta").isConnected)
        yield* post(alpha, subject)
        yield* settled(alpha, "beta")
        yield* Fiber.interrupt(one)
      }
      expect((yield* Context.get(beta, Spool).arrivedSince(0, 10)).length).toBe(1)
      yield* Effect.forkScoped(feed(alpha, to))
      yield* holds(beta, 2)
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ accepted: 2, checks: 1, sent: 2, notWanted: 0 })
    }).pipe(Effect.scoped)
  )

  it.live("waits for a peer that is down, and for one that goes down and comes back", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const scope = yield* Scope.make()
      const beta = yield* Scope.provide(start("beta"), scope)
      const port = portOf(beta)
      yield* Effect.forkScoped(feed(alpha, { name: "beta", port }))
      yield* post(alpha, "one")
      yield* holds(beta, 1)
      yield* settled(alpha, "beta")
      yield* Scope.close(scope, Exit.void)
      yield* post(alpha, "two")
      yield* until(() => statsOf(alpha, "beta").failures > 2)
      const again = yield* start("beta", { port })
      yield* post(alpha, "three")
      expect(yield* holds(again, 3)).toHaveLength(3)
      yield* settled(alpha, "beta")
    }).pipe(Effect.scoped)
  )

  it.live("reads nothing and holds nothing for a peer that is down, and shows its lag from the stored position", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const scope = yield* Scope.make()
      const beta = yield* Scope.provide(start("beta"), scope)
      const to = { name: "beta", port: portOf(beta) }
      const first = yield* Effect.forkScoped(feed(alpha, to))
      yield* post(alpha, "one")
      yield* settled(alpha, "beta")
      yield* Fiber.interrupt(first)
      yield* Scope.close(scope, Exit.void)
      const { position } = statsOf(alpha, "beta")

      const spool = Context.get(alpha, Spool)
      let reads = 0
      const counted =
        <A extends ReadonlyArray<unknown>, B>(read: (...args: A) => B) =>
        (...args: A): B => {
          reads += 1
          return read(...args)
        }
      const watched = Context.add(
        Context.add(alpha, Spool, {
          ...spool,
          changes: counted(spool.changes),
          changed: counted(spool.changed),
          find: counted(spool.find),
          status: counted(spool.status)
        }),
        PeerStats,
        yield* Layer.build(PeerStats.layer).pipe(Effect.map((built) => Context.get(built, PeerStats)))
      )
      yield* Effect.forkScoped(feed(watched, to))
      for (let index = 0; index < 50; index += 1) yield* post(alpha, `meanwhile ${index}`)
      yield* until(() => statsOf(watched, "beta").failures >= 5)
      expect(statsOf(watched, "beta")).toMatchObject({ position, inFlight: 0, deferred: 0, connects: 0 })
      expect(reads).toBe(0)
    }).pipe(Effect.scoped)
  )

  it.live(
    "keeps fewer articles under way for a peer that puts them off, and stops reading at its bound of deferrals",
    () =>
      Effect.gen(function* () {
        const alpha = yield* start("alpha")
        yield* Effect.forEach(
          Array.from({ length: FeedSession.deferralsMax + 600 }).keys(),
          (index) => post(alpha, `put off ${index}`),
          { concurrency: "unbounded", discard: true }
        )
        const asked = new Set<string>()
        const port = yield* StubServer.listen((line) => {
          if (line === undefined) return "200 stub\r\n"
          if (line === "MODE STREAM") return "203 ok\r\n"
          if (line.startsWith("CHECK ")) {
            asked.add(line)
            return `431 ${line.slice(6)}\r\n`
          }
          return "500 what\r\n"
        })
        const defer = { baseMillis: 600_000, millisMax: 600_000 }
        yield* Effect.forkScoped(feed(alpha, { name: "stub", port }, { eager: false, defer }))
        const stats = statsOf(alpha, "stub")
        yield* until(() => stats.deferred >= FeedSession.deferralsMax && stats.inFlight === 0)
        expect(stats.window).toBe(Limits.checkWindowMin)
        expect(asked.size).toBeLessThan(FeedSession.deferralsMax + Limits.checkWindowMax)
        expect(stats.position).toBe(0)
      }).pipe(Effect.scoped)
  )

  it.live("gives a wiped peer back what it had, its own articles included", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const scope = yield* Scope.make()
      const beta = yield* Scope.provide(start("beta"), scope)
      const port = portOf(beta)
      yield* Effect.forkScoped(feed(alpha, { name: "beta", port }))
      const back = yield* Effect.forkScoped(feed(beta, { name: "alpha", port: portOf(alpha) }))
      yield* until(() => statsOf(alpha, "beta").isConnected)
      const own = yield* post(beta, "own")
      const other = yield* post(alpha, "other")
      yield* holds(alpha, 2)
      yield* holds(beta, 2)
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ sent: 1, checks: 0 })
      yield* Fiber.interrupt(back)
      yield* Scope.close(scope, Exit.void)
      const wiped = yield* start("beta", { port })
      expect([...(yield* holds(wiped, 2))].sort()).toEqual([own.id, other.id].sort())
    }).pipe(Effect.scoped)
  )

  it.live("offers only what the rule wants, and nothing whose Path names the peer", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const beta = yield* start("beta")
      const wildmat = Wildmat.compile("misc.*,!misc.private,@misc.poison") ?? Wildmat.nothing
      yield* post(alpha, "one", "misc.test")
      yield* post(alpha, "two", "comp.lang")
      yield* post(alpha, "three", "misc.private")
      yield* post(alpha, "four", "misc.test,misc.poison")
      yield* post(alpha, "five", "comp.lang,misc.test")
      yield* Effect.forkScoped(feed(alpha, { name: "beta", port: portOf(beta) }, { rule: { wildmat } }))
      yield* holds(beta, 2)
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ accepted: 2, sent: 2 })
      yield* Effect.forkScoped(feed(beta, { name: "alpha", port: portOf(alpha) }))
      yield* settled(beta, "alpha")
      expect(statsOf(beta, "alpha")).toMatchObject({ offers: 0, sent: 0 })
    }).pipe(Effect.scoped)
  )

  for (const eager of [true, false]) {
    it.live(`does not speak of what was removed before it could be sent, ${eager ? "eager" : "lazy"}`, () =>
      Effect.gen(function* () {
        const alpha = yield* start("alpha")
        const beta = yield* start("beta")
        const { id } = yield* post(alpha, "gone")
        yield* Context.get(alpha, Spool).remove([id], "cancelled")
        yield* post(alpha, "kept")
        const delays = { paceMillis: 500, gatherMillis: 500 }
        yield* Effect.forkScoped(feed(alpha, { name: "beta", port: portOf(beta) }, { eager, ...delays }))
        yield* holds(beta, 1)
        yield* settled(alpha, "beta")
        expect(statsOf(alpha, "beta")).toMatchObject({ sent: 1, accepted: 1, offers: 1, checks: 1 })
        // Sent at once, the second article waits for its turn after the first.
        yield* post(alpha, "at once")
        const later = yield* post(alpha, "gone while it waits")
        yield* Context.get(alpha, Spool).remove([later.id], "cancelled")
        yield* holds(beta, 2)
        yield* settled(alpha, "beta")
        expect(statsOf(alpha, "beta")).toMatchObject({ sent: 2, accepted: 2, offers: 2, checks: eager ? 1 : 2 })
      }).pipe(Effect.scoped)
    )
  }

  it.live("offers again what the peer puts off, and holds its position until then", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const { id } = yield* post(alpha, "put off")
      let checks = 0
      const port = yield* StubServer.listen((line) => {
        if (line === undefined) return "200 stub\r\n"
        if (line === "MODE STREAM") return "203 ok\r\n"
        if (line === "CAPABILITIES") return "500 what\r\n"
        if (line === `CHECK ${id}`) return `${(checks += 1) < 4 ? 431 : 438} ${id}\r\n`
        return undefined
      })
      yield* Effect.forkScoped(feed(alpha, { name: "stub", port }, { eager: false }))
      yield* settled(alpha, "stub")
      expect(checks).toBe(4)
      expect(statsOf(alpha, "stub")).toMatchObject({ deferrals: 3, notWanted: 1, deferred: 0 })
    }).pipe(Effect.scoped)
  )

  it.live("uses IHAVE where the peer has no streaming", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const { id } = yield* post(alpha, "old way")
      const port = yield* StubServer.listen((line) => {
        if (line === undefined) return "200 stub\r\n"
        if (line === `IHAVE ${id}`) return "335 send\r\n"
        if (line === ".") return "235 thanks\r\n"
        return line === "CAPABILITIES" || line === "MODE STREAM" ? "500 what\r\n" : undefined
      })
      yield* Effect.forkScoped(feed(alpha, { name: "stub", port }))
      yield* settled(alpha, "stub")
      expect(statsOf(alpha, "stub")).toMatchObject({ isStreaming: false, accepted: 1, sent: 1 })
    }).pipe(Effect.scoped)
  )

  it.live("gives up a peer that stops answering, and asks about what it had sent", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      let connections = 0
      const port = yield* StubServer.listen((line) => {
        if (line === undefined) {
          connections += 1
          return "200 stub\r\n"
        }
        if (line === "MODE STREAM") return "203 ok\r\n"
        if (line === "CAPABILITIES") return "500 what\r\n"
        return line.startsWith("CHECK ") ? `438 ${line.slice("CHECK ".length)}\r\n` : undefined
      })
      yield* Effect.forkScoped(feed(alpha, { name: "stub", port }, { silenceMillisMax: 40 }))
      yield* until(() => statsOf(alpha, "stub").isConnected)
      yield* post(alpha, "silence")
      yield* settled(alpha, "stub")
      expect(connections).toBe(2)
      expect(statsOf(alpha, "stub")).toMatchObject({ sent: 1, notWanted: 1, failures: 1 })
    }).pipe(Effect.scoped)
  )
})
