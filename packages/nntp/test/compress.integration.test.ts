import { expect, layer } from "@effect/vitest"
import * as Wildmat from "@lupin/core/Wildmat"
import { Injector } from "@lupin/spool/Injector"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect, Layer } from "effect"
import { Buffer } from "node:buffer"
import * as zlib from "node:zlib"
import * as NntpReader from "../src/NntpReader.ts"
import { NntpServer } from "../src/NntpServer.ts"
import * as PeerFeed from "../src/PeerFeed.ts"
import { PeerStats } from "../src/PeerStats.ts"
import * as site from "./site.ts"
import * as wire from "./wire.ts"

const server = site.layer("alpha")

/** A raw connection on which compression has begun. */
const compressed = Effect.gen(function* () {
  const line = yield* wire.dial
  yield* line.line
  yield* line.send("COMPRESS DEFLATE\r\nDATE\r\n")
  expect(yield* line.line).toMatch(/^206 /)
  return line
})

layer(server, { excludeTestServices: true })("COMPRESS", (it) => {
  const endpoint = Effect.map(NntpServer, ({ address }) => ({ ...address, isCompressed: true }))

  it.effect("posts and reads compressed, byte for byte, large articles too", () =>
    Effect.gen(function* () {
      const reader = yield* NntpReader.connect(yield* endpoint)
      const { labels } = yield* reader.capabilities
      for (const gone of ["COMPRESS", "STARTTLS", "AUTHINFO"]) expect([...labels.keys()]).not.toContain(gone)
      const body = Buffer.from("\u00e4 line of text\r\n.dots\r\n".repeat(20_000), "latin1")
      const id = yield* reader.post(site.proto("large", "misc.test", body))
      if (id === undefined) return expect.unreachable()
      const [found] = yield* reader.articles([id])
      expect(
        Buffer.from(found ?? [])
          .subarray(-body.length)
          .equals(body)
      ).toBe(true)
      const all = yield* Effect.all(
        Array.from({ length: 20 }, () => reader.articles([id])),
        { concurrency: "unbounded" }
      )
      for (const [again] of all) expect(again?.length).toBe(found?.length)
    }).pipe(Effect.scoped)
  )

  it.effect("feeds a peer compressed", () =>
    Effect.gen(function* () {
      const from = yield* Layer.build(site.services("beta"))
      const spool = Context.get(from, Spool)
      const to = yield* Spool
      const injector = Context.get(from, Injector)
      const ids = yield* Effect.forEach(Array.from({ length: 200 }), (_, at) =>
        Effect.map(injector.inject(site.proto(`number ${at}`), { writer: "client" }), ({ id }) => id)
      )
      const stats = yield* Layer.build(PeerStats.layer)
      yield* PeerFeed.run({
        peer: { name: "alpha", identities: ["alpha.test"], ...(yield* endpoint) },
        rule: { wildmat: Wildmat.everything },
        eager: true
      }).pipe(Effect.provideService(Spool, spool), Effect.provide(stats), Effect.forkScoped)
      for (;;) {
        const statuses = yield* to.status(ids)
        if (statuses.every((status) => status === "held")) break
        yield* to.changed(yield* to.head)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("answers 502 to a second COMPRESS, 503 to another algorithm", () =>
    Effect.gen(function* () {
      const line = yield* wire.dial
      yield* line.line
      yield* line.send("COMPRESS GZIP\r\n")
      expect(yield* line.line).toMatch(/^503 /)
      const reader = yield* NntpReader.connect(yield* endpoint)
      const replies = yield* reader.client.exchange(
        ["COMPRESS DEFLATE", "STARTTLS", "AUTHINFO USER ann"].map((text) => ({ line: text }))
      )
      expect(replies.map(({ code }) => code)).toEqual([502, 502, 502])
    }).pipe(Effect.scoped)
  )

  it.effect("throws away what was pipelined behind COMPRESS, and closes on what is no DEFLATE", () =>
    Effect.gen(function* () {
      const line = yield* compressed
      const out = zlib.deflateRawSync("DATE\r\nQUIT\r\n", { finishFlush: zlib.constants.Z_SYNC_FLUSH })
      yield* line.send(out.toString("latin1"))
      const answers = zlib.inflateRawSync(Buffer.from(yield* line.rest, "latin1"), {
        finishFlush: zlib.constants.Z_SYNC_FLUSH
      })
      expect(answers.toString()).toMatch(/^111 \d+\r\n205 [^\r]*\r\n$/)
      const garbled = yield* compressed
      yield* garbled.send("\u0007".repeat(100))
      yield* garbled.end
    }).pipe(Effect.scoped)
  )

  it.effect("lets a client go that sends a bomb, and serves the others", () =>
    Effect.gen(function* () {
      const line = yield* compressed
      const bomb = zlib.deflateRawSync(Buffer.alloc(100 * 1024 * 1024))
      yield* line.send(bomb.toString("latin1"))
      yield* line.end
      const reader = yield* NntpReader.connect(yield* endpoint)
      expect(yield* reader.date).toBeGreaterThan(0)
    }).pipe(Effect.scoped)
  )
})
