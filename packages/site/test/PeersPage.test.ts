import { describe, expect, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import { PeerStats } from "@lupin/nntp/PeerStats"
import * as PeersPage from "@lupin/site/PeersPage"
import { Injector } from "@lupin/spool/Injector"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"

const site = Layer.mergeAll(Injector.layer, PeerStats.layer).pipe(
  Layer.provideMerge(Spool.layerMemory),
  Layer.provideMerge(SiteIdentity.layer({ name: "boi1", path: "boi1.test", kind: "pop", apps: "any" }))
)

const post = (subject: string) =>
  Effect.flatMap(Injector, ({ inject }) =>
    inject(
      Article.make(
        [
          ["From", "Ann <ann@example.test>"],
          ["Newsgroups", "misc.test"],
          ["Subject", subject]
        ],
        "hello\r\n"
      ),
      { writer: "client" }
    )
  )

const shown = { lastTrouble: "refused", lastTroubleMillis: 3_500 }

const peers = Effect.flatMap(Effect.flatten(PeersPage.make), (page) =>
  Schema.decodeUnknownEffect(PeersPage.Peers)(page)
).pipe(Effect.map((page) => page.peers))

describe("PeersPage", () => {
  it.effect("tells what was offered, accepted, refused and deferred, and how far each peer is behind", () =>
    Effect.gen(function* () {
      const stats = yield* PeerStats
      yield* post("one")
      const behind = yield* (yield* Spool).head
      yield* TestClock.adjust("3 seconds")
      yield* post("two")
      yield* post("three")
      yield* TestClock.adjust("4 seconds")
      const head = yield* (yield* Spool).head
      Object.assign(stats.of("cape"), { position: behind, offers: 7, accepted: 3, refused: 2, deferred: 1, window: 75 })
      const lastTrouble = { reason: "refused", atMillis: 3_500 }
      Object.assign(stats.of("sea"), { position: head, isConnected: true, lastTrouble })
      expect(yield* peers).toMatchObject([
        {
          name: "cape",
          isConnected: false,
          offered: 7,
          accepted: 3,
          refused: 2,
          deferred: 1,
          window: 75,
          lagArticles: head - behind,
          lagSeconds: 4
        },
        { name: "sea", isConnected: true, lagArticles: 0, lagSeconds: 0, ...shown }
      ])
      expect(yield* Effect.flatten(PeersPage.make)).toMatchObject({
        peers: [{ name: "cape" }, { lastTrouble: "refused", lastTroubleAt: "1970-01-01T00:00:03.500Z" }]
      })
    }).pipe(Effect.provide(site))
  )
})
