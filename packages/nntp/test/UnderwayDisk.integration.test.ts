import { expect, it } from "@effect/vitest"
import type * as MessageId from "@lupin/core/MessageId"
import { Disk, node } from "@lupin/spool/Disk"
import * as FileSpool from "@lupin/spool/FileSpool"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as NntpServer from "../src/NntpServer.ts"
import * as site from "./site.ts"
import { connect } from "./wire.ts"

const count = 1_200
const ids = Array.from({ length: count }, (_, at) => `<n${at}@x.test>` as MessageId.MessageId)

/** A disk whose every third sync fails. */
const failing = (): Disk => {
  let syncs = 0
  const sync: Disk["sync"] = (file, done) =>
    node.sync(file, (error) => {
      syncs += 1
      done(error ?? (syncs % 3 === 0 ? new Error("no space left") : null))
    })
  return new Proxy(node, { get: (target, name) => (name === "sync" ? sync : Reflect.get(target, name)) })
}

const temporary = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "lupin-underway-"))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))
)

const layerOn = (directory: string) =>
  NntpServer.layerTcp({ host: "127.0.0.1", port: 0 }).pipe(
    Layer.provide(Layer.mergeAll(Injector.layer, Relayer.layer())),
    Layer.provideMerge(FileSpool.layer({ directory, durability: "fsync" })),
    Layer.provide(SiteIdentity.layer({ name: "alpha", path: "alpha.test", kind: "central", apps: "any" })),
    Layer.provide(Layer.succeed(Disk, failing()))
  )

const talk = Effect.gen(function* () {
  const { address } = yield* NntpServer.NntpServer
  const spool = yield* Spool
  const articles = ids.map((id) => `TAKETHIS ${id}\r\n${site.relayed(id, Date.now()).toString("latin1")}.\r\n`)
  const peer = yield* connect(address.port)
  yield* peer.finish(articles.join(""))
  const [, ...replies] = (yield* peer.rest).split("\r\n").slice(0, -1)
  const known = yield* spool.status(ids)
  return { replies, known }
})

it.live("tells of each article what became of it where the disk fails in the midst of many", () =>
  Effect.gen(function* () {
    const { known, replies } = yield* talk.pipe(Effect.provide(layerOn(yield* temporary)))
    expect(replies).toHaveLength(count)
    for (const [at, reply] of replies.entries()) {
      expect(reply.split(" ").slice(0, 2)).toEqual([known[at] === "held" ? "239" : "431", ids[at]])
    }
    expect(new Set(known)).toEqual(new Set(["held", "unknown"]))
  })
)
