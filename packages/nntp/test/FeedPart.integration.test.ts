import { describe, expect, it } from "@effect/vitest"
import * as MessageId from "@lupin/core/MessageId"
import { Relayer } from "@lupin/spool/Relayer"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect, Layer } from "effect"
import type * as PeerFeed from "../src/PeerFeed.ts"
import { PeerStats } from "../src/PeerStats.ts"
import { relayer as telling, Showings } from "../src/Showings.ts"
import { feed, holds, portOf, post, settled, start, statsOf, until } from "./feeds.ts"
import * as site from "./site.ts"
import * as StubServer from "./stubServer.ts"

const acting: PeerFeed.Part = { isActing: true, eager: "none", asks: "soon", turn: 1, isWatched: false }

/** A part that the test may change; others are told by a link that comes and goes. */
const changeable = (first: PeerFeed.Part) => {
  let part = first
  return {
    part: () => part,
    become: (at: Parameters<typeof statsOf>[0], next: PeerFeed.Part) => {
      part = next
      const links = Context.get(at, PeerStats)
      const other = links.of("elsewhere")
      links.note(other, other.link === "up" ? "down" : "up")
    }
  }
}

describe("the part of a feed in the flood", () => {
  it.live("sends at once what its part is eager for, and asks about the rest in one batch", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const beta = yield* start("beta")
      const eager = (path: string): boolean => path.includes("gamma.test")
      const to = { name: "beta", port: portOf(beta) }
      yield* Effect.forkScoped(feed(alpha, to, { part: () => ({ ...acting, eager }) }))
      const gamma = yield* start("gamma")
      yield* Effect.forkScoped(feed(gamma, { name: "alpha", port: portOf(alpha) }))
      for (const subject of ["one", "two", "three"]) {
        yield* post(alpha, subject)
        yield* post(gamma, subject)
      }
      yield* holds(beta, 6)
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ accepted: 6, sent: 6, checks: 3, offers: 6, notWanted: 0 })
    }).pipe(Effect.scoped)
  )

  it.live("holds back what comes quickly on a link, but not the first of it, nor a full window", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const beta = yield* start("beta")
      const to = { name: "beta", port: portOf(beta) }
      yield* Effect.forkScoped(feed(alpha, to, { eager: true, paceMillis: 600_000 }))
      yield* until(() => statsOf(alpha, "beta").isConnected)
      const first = yield* post(alpha, "first")
      expect(yield* holds(beta, 1)).toEqual([first.id])
      const { window } = statsOf(alpha, "beta")
      for (let at = 1; at <= window; at += 1) {
        if (at === window / 2) expect(statsOf(alpha, "beta").sent).toBe(1)
        yield* post(alpha, `next ${at}`)
      }
      // A full window does not wait.
      yield* holds(beta, window)
    }).pipe(Effect.scoped)
  )

  it.live("says nothing of what the peer has shown to have, nor of what is removed before it is spoken of", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const beta = yield* start("beta")
      const showings = Context.get(yield* Layer.build(Showings.layer), Showings)
      const to = { name: "beta", port: portOf(beta) }
      const patient = { part: () => acting, gatherMillis: 600_000 }
      yield* Effect.forkScoped(feed(alpha, to, patient).pipe(Effect.provideService(Showings, showings)))
      yield* until(() => statsOf(alpha, "beta").isConnected)
      const { id } = yield* post(alpha, "shown")
      const connection = "of a peer"
      showings.tell({ connection }, [id])
      showings.tell({ connection, paths: ["gamma.test"] }, [id])
      showings.tell({ connection, paths: ["beta.test", "gamma.test"] }, [id])
      expect(statsOf(alpha, "beta").spared).toBe(0)
      showings.tell({ connection, paths: ["beta.test"] }, [id])
      yield* settled(alpha, "beta")
      const other = yield* post(alpha, "removed")
      yield* Context.get(alpha, Spool).remove([other.id], "cancelled")
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ spared: 1, offers: 0, inFlight: 0 })
    }).pipe(Effect.scoped)
  )

  it.live("hears from the relayer what peers offer and send", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const told: Array<readonly [string, ReadonlyArray<string>]> = []
      const built = yield* Layer.build(Showings.layer)
      const showings = Context.get(built, Showings)
      for (const name of ["beta.test", "gamma.test"]) showings.listen([name], (ids) => void told.push([name, ids]))
      const stop = showings.listen(["beta.test"], () => expect.unreachable())
      stop()
      const relayer = Context.get(
        yield* Layer.build(Layer.provide(telling, Layer.succeedContext(Context.merge(built, alpha)))),
        Relayer
      )
      const peer = { connection: "1", paths: ["beta.test"] }
      const one = MessageId.MessageId.make("<one@beta.test>")
      const two = MessageId.MessageId.make("<two@beta.test>")
      expect(yield* relayer.offer([one], peer)).toEqual(["wanted"])
      yield* relayer.receive([{ id: two, octets: site.relayed(two, 0) }], peer)
      expect(told).toEqual([
        ["beta.test", [one]],
        ["beta.test", [two]]
      ])
    }).pipe(Effect.scoped)
  )

  it.live("keeps up behind the acting site without a word, and steps in where it left off", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const beta = yield* start("beta")
      const { become, part } = changeable({ ...acting, isActing: false })
      yield* post(alpha, "left to the other")
      const to = { name: "beta", port: portOf(beta) }
      yield* Effect.forkScoped(feed(alpha, to, { part, standbyMillis: 30 }))
      yield* settled(alpha, "beta")
      expect(statsOf(alpha, "beta")).toMatchObject({ offers: 0, sent: 0, link: "up" })
      become(alpha, acting)
      const { id } = yield* post(alpha, "ours")
      expect(yield* holds(beta, 1)).toEqual([id])
      yield* settled(alpha, "beta")
    }).pipe(Effect.scoped)
  )

  it.live("offers what came while the acting site was dying", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const beta = yield* start("beta")
      const { become, part } = changeable({ ...acting, isActing: false })
      const to = { name: "beta", port: portOf(beta) }
      yield* Effect.forkScoped(feed(alpha, to, { part, standbyMillis: 600_000 }))
      yield* until(() => statsOf(alpha, "beta").isConnected)
      const { id } = yield* post(alpha, "nobody took it")
      become(alpha, { ...acting, eager: "all" })
      expect(yield* holds(beta, 1)).toEqual([id])
      yield* settled(alpha, "beta")
      expect(yield* Context.get(beta, Spool).status([id])).toEqual(["held"])
    }).pipe(Effect.scoped)
  )

  it.live("notes that a watched peer has fallen silent, and that it speaks again", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      let beats = 0
      const port = yield* StubServer.listen((line) => {
        if (line === undefined) return "200 stub\r\n"
        if (line === "MODE STREAM") return "203 ok\r\n"
        if (line === "DATE") {
          beats += 1
          return beats === 2 ? undefined : "111 20261121050000\r\n"
        }
        return "500 what\r\n"
      })
      const links = Context.get(alpha, PeerStats)
      const seen: Array<string> = []
      yield* Effect.forkScoped(
        Effect.gen(function* () {
          for (;;) {
            const changes = links.linkChanges()
            const { link } = links.of("stub")
            if (seen[seen.length - 1] !== link) seen.push(link)
            yield* links.linkChanged(changes)
          }
        })
      )
      const watched = { part: () => ({ ...acting, isWatched: true }), beatMillis: 10, silentMillisMax: 250 }
      yield* Effect.forkScoped(feed(alpha, { name: "stub", port }, { ...watched, silenceMillisMax: 500 }))
      yield* until(() => seen.filter((link) => link === "up").length >= 2)
      expect(seen).toEqual(["untried", "up", "silent", "down", "up"])
    }).pipe(Effect.scoped)
  )

  it.live("asks for no sign where nobody watches", () =>
    Effect.gen(function* () {
      const alpha = yield* start("alpha")
      const { id } = yield* post(alpha, "one")
      const said: Array<string> = []
      const port = yield* StubServer.listen((line) => {
        if (line === undefined) return "200 stub\r\n"
        said.push(line)
        if (line === "MODE STREAM") return "203 ok\r\n"
        return line.startsWith("CHECK ") ? `438 ${line.slice(6)}\r\n` : "500 what\r\n"
      })
      yield* Effect.forkScoped(
        feed(alpha, { name: "stub", port }, { part: () => acting, beatMillis: 1, gatherMillis: 40 })
      )
      yield* settled(alpha, "stub")
      expect(said).toEqual(["CAPABILITIES", "MODE STREAM", `CHECK ${id}`])
    }).pipe(Effect.scoped)
  )
})
