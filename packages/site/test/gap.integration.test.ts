import { assert, it } from "@effect/vitest"
import { PeerStats } from "@lupin/nntp/PeerStats"
import { Refill } from "@lupin/site/Refill"
import { Spool } from "@lupin/spool/Spool"
import * as Recovered from "@lupin/testing/Recovered"
import { Context, Effect } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import {
  article,
  directory,
  holds,
  isPassed,
  names,
  peerAt,
  portOf,
  reconcile,
  site,
  statuses,
  store
} from "./sites.ts"

/** Events of clients: the other articles have a Path that keeps them from being fed. */
const events = (prefix: string, count: number) => names(prefix, 2 * count).filter((_, at) => at % 2 === 0)

/** What the log and its index are now, to be put back later. */
const keep = (path: string) =>
  Effect.sync(() => {
    const [spool, kept] = [Path.join(path, "spool"), Path.join(path, "kept")]
    for (const part of ["log", "index"]) {
      FileSystem.cpSync(Path.join(spool, part), Path.join(kept, part), { recursive: true })
    }
    return Effect.sync(() => {
      for (const part of ["log", "index"]) {
        FileSystem.rmSync(Path.join(spool, part), { recursive: true })
        FileSystem.cpSync(Path.join(kept, part), Path.join(spool, part), { recursive: true })
      }
    })
  })

/** What all sites of this file have done. */
const recovered = Recovered.make()

const accept = { addresses: ["127.0.0.1"] }
const zone = (name: string, port: number) => ({ ...peerAt(name, port), feed: "*", accept })

it.live(
  "goes on with a feed, and gets back what was lost, where a power cut took the log's end and left the position",
  () =>
    Effect.gen(function* () {
      const path = yield* directory
      const mk = yield* site("mk", yield* directory, [zone("sea", 9)])
      const peers = [zone("mk", portOf(mk))]
      const [before, lost] = [events("common", 10), events("new", 10)]
      const opened = site("sea", path, peers)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const sea = yield* opened
          yield* store(sea, before)
          yield* isPassed(sea, "mk")
          const { missing } = Context.get(sea, Refill)
          while ((yield* missing).length > 0) yield* Effect.sleep("5 millis")
        })
      )
      const putBack = yield* keep(path)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const sea = yield* opened
          yield* store(sea, lost)
          yield* isPassed(sea, "mk")
        })
      )
      const all = [...before, ...lost]
      assert.deepStrictEqual(
        yield* statuses(mk, all),
        all.map(() => "held" as const)
      )
      yield* putBack

      const sea = yield* opened
      yield* store(sea, ["now0"])
      yield* holds(mk, ["now0"])
      yield* holds(sea, lost)
      assert.isAtLeast((yield* Context.get(sea, Spool).condition).lostEvents ?? 0, 10)
      assert.strictEqual(recovered.times("log-end-lost"), 1)
    }).pipe(Effect.scoped, recovered.counting)
)

it.live("gets back what lay in a damaged stretch of the log as soon as the peer is there again", () =>
  Effect.gen(function* () {
    const [path, other] = [yield* directory, yield* directory]
    const all = names("common", 10)
    const port = yield* Effect.scoped(
      Effect.gen(function* () {
        const mk = yield* site("mk", other, [zone("sea", 9)])
        yield* store(mk, all)
        const sea = yield* site("sea", path)
        yield* store(sea, all)
        return portOf(mk)
      })
    )
    const spool = Path.join(path, "spool")
    FileSystem.rmSync(Path.join(spool, "index"), { recursive: true })
    const [segment = ""] = FileSystem.readdirSync(Path.join(spool, "log"))
    const file = Path.join(spool, "log", segment)
    const octets = FileSystem.readFileSync(file)
    // Two records in the middle.
    for (const name of ["common4", "common5"]) {
      const at = octets.indexOf(article(name).messageId)
      octets.fill(0x2a, at, at + 20)
    }
    FileSystem.writeFileSync(file, octets)

    const sea = yield* site("sea", path, [zone("mk", port)])
    assert.deepStrictEqual(yield* statuses(sea, ["common3", "common4", "common5", "common6"]), [
      "held",
      "unknown",
      "unknown",
      "held"
    ])
    yield* site("mk", other, [zone("sea", 9)], port)
    yield* holds(sea, all)
    assert.strictEqual(Context.get(sea, PeerStats).of("mk").missed, 2)
    assert.isAtLeast(recovered.times("feed-missed"), 1)
  }).pipe(Effect.scoped, recovered.counting)
)

it.live("finds out by reconciliation what is damaged where the log tells of it, though the index knows it", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const mk = yield* site("mk", yield* directory)
    const all = names("common", 10)
    yield* store(mk, all)
    yield* Effect.scoped(Effect.flatMap(site("sea", path), (sea) => store(sea, all)))
    const log = Path.join(path, "spool", "log")
    const [segment = ""] = FileSystem.readdirSync(log)
    const octets = FileSystem.readFileSync(Path.join(log, segment))
    const at = octets.indexOf(article("common4").messageId)
    octets.fill(0x2a, at, at + 20)
    FileSystem.writeFileSync(Path.join(log, segment), octets)

    const sea = yield* site("sea", path)
    assert.deepStrictEqual(yield* statuses(sea, ["common4"]), ["held"])
    assert.deepInclude(yield* reconcile(sea, "mk", portOf(mk), "audit"), { taken: 1 })
    assert.isDefined(yield* Context.get(sea, Spool).find(article("common4").messageId))
    assert.deepInclude(yield* reconcile(sea, "mk", portOf(mk), "look"), { isEqual: true })
  }).pipe(Effect.scoped)
)
