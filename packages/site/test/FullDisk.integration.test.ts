import { assert, it } from "@effect/vitest"
import * as NewsDate from "@lupin/core/NewsDate"
import * as NntpServer from "@lupin/nntp/NntpServer"
import { node } from "@lupin/spool/Disk"
import * as FileSpool from "@lupin/spool/FileSpool"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import * as SmallFileSystem from "@lupin/testing/SmallFileSystem"
import { Context, Effect } from "effect"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import * as SiteChecks from "../src/SiteChecks.ts"
import { ask, dialled, siteOn } from "./lines.ts"

const fileSystemBytes = 12 * 1024 * 1024
const ballastBytes = 8 * 1024 * 1024
const misc = group("misc.test")

const octetsOf = (name: string, lines: number): string =>
  Buffer.from(article(id(name), [misc], `${"a line of sixty octets".padEnd(58, ".")}\r\n`.repeat(lines)).octets)
    .toString("latin1")
    .replace(/^Date: .*$/m, `Date: ${NewsDate.format(Date.now())}`)

it.live.each([10, FileSpool.recordsPerCommitDefault])(
  "puts peers and posters off on a full disk, and has lost nothing once there is room; %i records a commit",
  (recordsPerCommit) =>
    Effect.gen(function* () {
      const root = yield* SmallFileSystem.acquire("a site on a full disk", fileSystemBytes)
      if (root === undefined) return
      const directory = path.join(root, "spool")
      const ballast = path.join(root, "ballast")
      fs.writeFileSync(ballast, new Uint8Array(ballastBytes))
      const acknowledged: Array<string> = []
      const take = (socket: Parameters<typeof ask>[0], name: string, lines: number) =>
        Effect.tap(ask(socket, `TAKETHIS ${id(name)}\r\n${octetsOf(name, lines)}.\r\n`), (answer) =>
          Effect.sync(() => {
            if (answer.startsWith("239 ")) acknowledged.push(name)
          })
        )
      const isAllHere = (spool: Spool["Service"]) =>
        Effect.gen(function* () {
          for (const name of acknowledged) assert.isDefined(yield* spool.find(id(name)), name)
        })

      yield* Effect.scoped(
        Effect.gen(function* () {
          const site = yield* siteOn(directory, node, { recordsPerCommit })
          const spool = Context.get(site, Spool)
          const socket = yield* dialled(Context.get(site, NntpServer.NntpServer).address.port)
          const judged = Effect.map(spool.condition, SiteChecks.judgeSpool)
          // Long ones first, then such as fit into what they have left.
          for (const lines of [1_000, 100, 10]) {
            for (let at = 0; ; at++) {
              const answer = yield* take(socket, `n${lines}-${at}`, lines)
              if (answer.startsWith("431 ")) break
              assert.match(answer, /^239 /)
              assert.isBelow(at, 1_000)
            }
          }
          assert.isAbove(acknowledged.length, 40)
          assert.match(yield* ask(socket, `CHECK ${id("other")}\r\n`), /^431 /)
          assert.match(yield* ask(socket, `IHAVE ${id("other")}\r\n`), /^436 /)
          assert.match(yield* ask(socket, "POST\r\n"), /^340 /)
          const post = `${octetsOf("post", 100).replace(/^Path:.*\r\n/m, "")}.\r\n`
          assert.match(yield* ask(socket, post), /^441 Try again later: .*ENOSPC/)
          assert.deepInclude(yield* judged, { status: "failing" })
          assert.match(yield* ask(socket, `STAT ${id("n1000-0")}\r\n`), /^223 /)
          yield* isAllHere(spool)

          fs.rmSync(ballast)
          assert.strictEqual((yield* judged).status, "ok")
          assert.match(yield* ask(socket, `CHECK ${id("other")}\r\n`), /^238 /)
          assert.match(yield* take(socket, "other", 100), /^239 /)
          fs.writeFileSync(ballast, new Uint8Array(ballastBytes / 2))
          for (let at = 0; (yield* take(socket, `again${at}`, 1_000)).startsWith("239 "); at++)
            assert.isBelow(at, 1_000)
          for (let at = 0; (yield* take(socket, `last${at}`, 10)).startsWith("239 "); at++) assert.isBelow(at, 1_000)
        })
      )
      // A process that begins while the disk is full either serves what there is, or says why it does not.
      const full = yield* Effect.result(
        Effect.scoped(Effect.flatMap(siteOn(directory), (site) => isAllHere(Context.get(site, Spool))))
      )
      if (full._tag === "Failure") assert.match(JSON.stringify(full.failure), /ENOSPC/)
      fs.rmSync(ballast)
      const site = yield* siteOn(directory, node, { recordsPerCommit })
      yield* isAllHere(Context.get(site, Spool))
      assert.strictEqual(SiteChecks.judgeSpool(yield* Context.get(site, Spool).condition).status, "ok")
    }).pipe(Effect.scoped),
  60_000
)
