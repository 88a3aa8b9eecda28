import { assert, describe, it } from "@effect/vitest"
import * as NewsDate from "@lupin/core/NewsDate"
import * as NntpServer from "@lupin/nntp/NntpServer"
import { type Disk, node } from "@lupin/spool/Disk"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Context, Effect } from "effect"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Mend from "../src/Mend.ts"
import * as SiteChecks from "../src/SiteChecks.ts"
import { ask, dialled, siteOn } from "./lines.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "lupin-sick-"))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))
)
const octetsOf = (name: string): string =>
  Buffer.from(article(id(name), [group("misc.test")]).octets)
    .toString("latin1")
    .replace(/^Date: .*$/m, `Date: ${NewsDate.format(Date.now())}`)
const takeThis = (name: string): string => `TAKETHIS ${id(name)}\r\n${octetsOf(name)}.\r\n`

describe("a site on a sick disk", () => {
  it.live("defers peers and posters, says that it is failing, and is well again when the disk is", () =>
    Effect.gen(function* () {
      let ailment: string | undefined
      const disk: Disk = Object.assign({}, node, {
        write: (file, pieces, offset) => {
          if (ailment !== undefined) throw new Error(ailment)
          node.write(file, pieces, offset)
        }
      } satisfies Partial<Disk>)
      const site = yield* siteOn(yield* temporary, disk)
      const spool = Context.get(site, Spool)
      const socket = yield* dialled(Context.get(site, NntpServer.NntpServer).address.port)
      assert.match(yield* ask(socket, takeThis("1")), /^239 /)
      for (const each of ["no space left on device", "read-only file system", "input/output error"]) {
        ailment = each
        assert.match(yield* ask(socket, takeThis(each.slice(0, 2))), /^431 /)
        assert.match(yield* ask(socket, `CHECK ${id("2")}\r\n`), /^431 /)
        assert.match(yield* ask(socket, `CHECK ${id("1")}\r\n`), /^438 /)
        assert.match(yield* ask(socket, `IHAVE ${id("3")}\r\n`), /^436 /)
        assert.match(yield* ask(socket, "POST\r\n"), /^340 /)
        assert.match(yield* ask(socket, `${octetsOf("4").replace(/^Path:.*\r\n/m, "")}.\r\n`), /^441 Try again later/)
        assert.deepStrictEqual(SiteChecks.judgeSpool(yield* spool.condition), { status: "failing", detail: each })
        assert.match(yield* ask(socket, `STAT ${id("1")}\r\n`), /^223 /)
        ailment = undefined
        assert.strictEqual(SiteChecks.judgeSpool(yield* spool.condition).status, "ok")
        assert.match(yield* ask(socket, takeThis(each.slice(0, 2))), /^239 /)
      }
      assert.deepStrictEqual(yield* spool.status([id("1"), id("no"), id("re"), id("in"), id("3")]), [
        "held",
        "held",
        "held",
        "held",
        "unknown"
      ])
    })
  )

  it.live("says to an offer that nothing can be stored, and notices by offers alone when that has passed", () =>
    Effect.gen(function* () {
      let isFull = false
      const disk: Disk = Object.assign({}, node, {
        write: (file, pieces, offset) => {
          if (isFull) throw new Error("no space left on device")
          node.write(file, pieces, offset)
        }
      } satisfies Partial<Disk>)
      const site = yield* siteOn(yield* temporary, disk)
      const socket = yield* dialled(Context.get(site, NntpServer.NntpServer).address.port)
      const check = (name: string) => ask(socket, `CHECK ${id(name)}\r\n`)
      assert.match(yield* check("1"), /^238 /)
      // An article whose disk refuses only now is asked for in good faith.
      isFull = true
      assert.match(yield* ask(socket, takeThis("1")), /^431 /)
      assert.match(yield* ask(socket, `CHECK ${id("1")}\r\nCHECK ${id("2")}\r\n`), /^431 .*\r\n431 /)
      isFull = false
      const answers: Array<string> = []
      yield* Effect.repeat(
        Effect.map(check("1"), (answer) => answers.push(answer)),
        { until: () => !answers.at(-1)?.startsWith("431 ") }
      )
      assert.match(answers.at(-1) ?? "", /^238 /)
      assert.match(yield* ask(socket, takeThis("1")), /^239 /)
    })
  )

  it.live("fetches a damaged article again from another site", () =>
    Effect.gen(function* () {
      const [here, there] = [yield* temporary, yield* temporary]
      const healthy = yield* siteOn(there, node)
      const one = article(id("1"), [group("misc.test")])
      yield* Context.get(healthy, Spool).store([one])
      // What a process has just written it has in memory: another one reads the disk.
      yield* Effect.scoped(Effect.flatMap(siteOn(here, node), (earlier) => Context.get(earlier, Spool).store([one])))
      const name = path.join(here, "log", "segment-00000001.log")
      const octets = fs.readFileSync(name)
      const at = octets.length - 3
      octets[at] = (octets[at] ?? 0) ^ 1
      fs.writeFileSync(name, octets)
      const site = yield* siteOn(here, node)
      const spool = Context.get(site, Spool)
      assert.isUndefined(yield* spool.find(id("1")))
      assert.deepInclude(SiteChecks.judgeSpool(yield* spool.condition), { status: "degraded" })
      const { port } = Context.get(healthy, NntpServer.NntpServer).address
      const peer = { name: "b", path: "b.example" }
      assert.strictEqual(yield* Mend.mendFrom(peer, { host: "127.0.0.1", port }).pipe(Effect.provideContext(site)), 1)
      const held = yield* spool.find(id("1"))
      assert.isTrue(
        Buffer.from(held?.article ?? [])
          .toString("latin1")
          .endsWith("words\r\n")
      )
      assert.strictEqual(SiteChecks.judgeSpool(yield* spool.condition).status, "ok")
    })
  )
})
