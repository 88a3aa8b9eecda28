import { describe, expect, it } from "@effect/vitest"
import type * as MessageId from "@lupin/core/MessageId"
import * as FileSpool from "@lupin/spool/FileSpool"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer } from "effect"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as NntpServer from "../src/NntpServer.ts"
import * as site from "./site.ts"
import { connect } from "./wire.ts"

const peers = 3
/** Of each peer; some are larger than a read, and most reads end in mid of one. */
const count = 600

const bodyOf = (peer: number, at: number): string =>
  `${peer} ${at}\r\n`.repeat(at % 150 === 7 ? 12_000 : 10 + ((at * 37) % 90))

const temporary = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "lupin-under-way-"))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))
)

const identity = SiteIdentity.layer({ name: "alpha", path: "alpha.test", kind: "central", apps: "any" })

const serverOn = <E>(spool: Layer.Layer<Spool, E, SiteIdentity>) =>
  NntpServer.layerTcp({ host: "127.0.0.1", port: 0 }).pipe(
    Layer.provide(Layer.mergeAll(Injector.layer, Relayer.layer())),
    Layer.provideMerge(spool),
    Layer.provide(identity)
  )

const talk = Effect.gen(function* () {
  const { address } = yield* NntpServer.NntpServer
  const spool = yield* Spool
  const nowMillis = Date.now()
  const say = Effect.fnUntraced(function* (peer: number) {
    const wire = yield* connect(address.port)
    const ids = Array.from({ length: count }, (_, at) => `<n${at}.${peer}@x.test>` as MessageId.MessageId)
    const articles = ids.map((id, at) => site.relayed(id, nowMillis, "misc.test", bodyOf(peer, at)).toString("latin1"))
    yield* wire.finish(articles.map((article, at) => `TAKETHIS ${ids[at]}\r\n${article}.\r\n`).join(""))
    const [, ...replies] = (yield* wire.rest).split("\r\n").slice(0, -1)
    expect(replies).toEqual(ids.map((id) => `239 ${id}`))
    return ids
  })
  const all = yield* Effect.forEach([0, 1, 2].slice(0, peers), say, { concurrency: "unbounded" })
  for (const [peer, ids] of all.entries()) {
    for (const [at, id] of ids.entries()) {
      const article = Buffer.from((yield* spool.find(id))?.article ?? []).toString("latin1")
      expect(article.slice(article.indexOf("\r\n\r\n") + 4)).toBe(bodyOf(peer, at))
    }
  }
})

describe("articles of peers that have many under way", () => {
  it.live("are kept as they came by a spool in memory", () => talk.pipe(Effect.provide(serverOn(Spool.layerMemory))))

  for (const durability of ["kernel", "fsync"] as const) {
    it.live(`are kept as they came by a spool on disk, ${durability}`, () =>
      Effect.flatMap(temporary, (directory) =>
        talk.pipe(Effect.provide(serverOn(FileSpool.layer({ directory, durability }))))
      )
    )
  }
})
