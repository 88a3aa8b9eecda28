import { describe, it } from "@effect/vitest"
import type * as Article from "@lupin/core/Article"
import type * as Admission from "@lupin/core/Admission"
import * as CancelLock from "@lupin/core/CancelLock"
import * as Filing from "@lupin/core/Filing"
import * as Limits from "@lupin/core/Limits"
import * as Site from "@lupin/core/Site"
import * as Wildmat from "@lupin/core/Wildmat"
import { AppGroupsMax } from "@lupin/spool/AppGroups"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { type StorageClass, StorageClasses } from "@lupin/spool/StorageClass"
import { article, digest, digestId, group, id } from "@lupin/testing/SampleArticles"
import { equal } from "@lupin/testing/SpoolPromise"
import { Clock, Context, Effect, Exit, HashMap, Layer, Logger, Scope } from "effect"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { HandClock } from "./HandClock.ts"

/** What the model says of a spool: `core/Site`, and what was put in. */
interface Model {
  site: Site.Site
  readonly events: Array<Site.Event>
  readonly articles: Map<string, Article.Article>
  readonly positions: Map<string, number>
}

/** The spool under test, and how it comes back after a crash. */
interface Real {
  spool: Spool["Service"]
  readonly clock: HandClock
  /** Ends the process without closing anything, and opens what lies on the disk then. */
  readonly crash: (damage: Damage) => Promise<void>
  /** All that lies on the disk of the log. */
  readonly octets: () => Buffer
}

/** What a crash does to the files, beyond ending the process. */
type Damage = "none" | "index lost" | "torn tail" | "long torn tail" | "index lost, torn tail"

const groups = [group("misc.a"), group("misc.b"), group("clientposts.app.topic.note"), group("misc.a.b")]
const digestGroups = [group("digests.app.ratings.lake")]
const plainIds = ["1", "2", "3", "4", "5", "6"].map(id)
const digests = [1, 2, 3, 4, 5].map((rank) =>
  digest(digestId("abcde"[rank - 1] ?? "f"), "lake", rank % 3, digestGroups)
)
const allIds = [...plainIds, ...digests.map(({ messageId }) => messageId)]
const allGroups = [...groups, ...digestGroups, group("control.cancel")]

const apply = (model: Model, command: Site.Command): void => {
  for (const event of Site.decide(model.site, command)) {
    model.site = Site.evolve(model.site, event)
    model.events.push(event)
  }
}

const expectedOf = (outcome: Admission.Outcome): string =>
  ({
    filed: "Filed",
    here: "AlreadyHere",
    removed: "Removed",
    full: "Full",
    closed: "Closed",
    unapproved: "Unapproved"
  })[outcome]

/** One command of the model: what it does to the model, and to the spool; every view is compared afterwards. */
const command = (name: string, act: (model: Model, real: Real) => Promise<void>): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  run: async (model, real) => {
    await act(model, real)
    await Effect.runPromise(compare(model, real.spool))
  },
  toString: () => name
})

const run = <A, E>(real: Real, effect: Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(Effect.provideService(effect, Clock.Clock, real.clock))

const compare = Effect.fnUntraced(function* (model: Model, spool: Spool["Service"]) {
  const { site } = model
  equal("head", yield* spool.head, site.position)
  equal(
    "statuses",
    yield* spool.status(allIds),
    allIds.map((one) => Site.status(site, one))
  )
  equal("groups", yield* spool.groups, Site.groups(site))
  for (const name of allGroups) {
    equal("group", yield* spool.group(name), Site.group(site, name))
    const low = site.generation.numberBase
    const high = Site.high(site, name)
    const held = range(low, high + 1).filter((number) => Site.at(site, name, number) !== undefined)
    equal("numbers", yield* spool.numbers(name, low, high + 1, 1_000), held)
    equal(
      "some numbers",
      yield* spool.numbers(name, low + 2, high - 1, 2),
      held.filter((number) => number >= low + 2 && number < high).slice(0, 2)
    )
    const rows = yield* spool.overview(name, low, high, 1_000)
    equal(
      "overview",
      rows.map(({ number }) => number),
      held
    )
    const text = yield* spool.overviewText(name, low, high + 200, 1_000)
    equal(
      "overview text",
      Buffer.concat(text.pieces).toString("latin1"),
      rows.map(({ line }) => `${Buffer.from(line).toString("latin1")}\r\n`).join("")
    )
    for (const number of held) {
      equal(
        "at",
        (yield* spool.at(name, number))?.article,
        model.articles.get(Site.at(site, name, number) ?? "")?.octets
      )
    }
    for (const number of range(low, high + 2)) {
      const above = held.find((other) => other > number)
      equal("next", yield* spool.neighbour(name, number, "next"), above)
      const below = held.findLast((other) => other < number)
      equal("last", yield* spool.neighbour(name, number, "last"), below)
    }
  }
  for (const one of allIds) {
    const held = yield* spool.find(one)
    equal("found", held?.article, Site.status(site, one) === "held" ? model.articles.get(one)?.octets : undefined)
    equal("found numbers", held?.numbers, Site.numbers(site, one))
  }
  const seen: Array<unknown> = []
  for (let after = 0; after < site.position;) {
    const { changes, next } = yield* spool.changes(after, 3)
    for (const change of changes)
      seen.push([change.position, change.id, change._tag === "Filed" ? "Filed" : change.why])
    if (next <= after) throw new Error("changes do not move on")
    after = next
  }
  const told = model.events.flatMap((event) =>
    "id" in event && event._tag !== "Refused"
      ? [{ isDue: isDue(site, model.events, event), told: [event.position, event.id, whyOf(event)] }]
      : []
  )
  const seenTexts = new Set(seen.map((change) => JSON.stringify(change)))
  equal(
    "changes",
    seen,
    told.filter(({ isDue, told }) => isDue || seenTexts.has(JSON.stringify(told))).map(({ told }) => told)
  )
  const arrived = yield* spool.arrivedSince(0, 1_000)
  equal(
    "arrived",
    arrived.map((one) => one.id).toSorted(),
    allIds.filter((one) => Site.status(site, one) === "held").toSorted()
  )
})

/** Whether followers have to be told of it, however late they come: what is held, and the removals that are remembered. */
const isDue = (site: Site.Site, events: ReadonlyArray<Site.Event>, event: Site.Event): boolean => {
  if (!("id" in event) || event._tag === "Refused" || !HashMap.has(site.entries, event.id)) return false
  const latest = events.findLast(
    (other) => "id" in other && other.id === event.id && (other._tag === "Filed") === (event._tag === "Filed")
  )
  return latest === event && (Site.status(site, event.id) === "held") === (event._tag === "Filed")
}

const whyOf = (event: Site.Event): string => (event._tag === "Filed" ? "Filed" : event._tag.toLowerCase())

const range = (low: number, high: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, high - low) }, (_, at) => low + at)

/** Locks, keys, approvals and claims on one of the few articles, so that they meet. */
const ownership: fc.Arbitrary<ReadonlyArray<readonly [string, string]>> = fc
  .record(
    {
      "Cancel-Lock": fc.constantFrom(...["one", "two"].map((key) => CancelLock.lockOf(`sha256:${key}`) ?? "")),
      "Cancel-Key": fc.constantFrom("sha256:one", "sha1:one", "sha256:two", "sha256:two sha256:one"),
      Approved: fc.constant("moderator@test.example"),
      Supersedes: fc.constantFrom(...plainIds),
      Control: fc.constantFrom(...plainIds).map((target) => `cancel ${target}`)
    },
    { requiredKeys: [] }
  )
  .map((fields) => Object.entries(fields))

const anyArticle: fc.Arbitrary<Article.Article> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...plainIds),
        fc.subarray(groups, { minLength: 1 }),
        fc.constantFrom("short\r\n", "long\r\n".repeat(2_000)),
        ownership
      )
      .map(([one, some, body, fields]) => article(one, some, body, fields))
  },
  { weight: 1, arbitrary: fc.constantFrom(...digests) }
)

const store = fc.array(anyArticle, { maxLength: 5 }).map((batch) =>
  command(`store ${batch.map(({ messageId }) => messageId).join(" ")}`, async (model, real) => {
    const expected = batch.map((one) => {
      const filing = Filing.command(one, real.clock.millis)
      const outcome = Site.outcome(model.site, filing)
      if (outcome === "filed") model.articles.set(one.messageId, one)
      apply(model, filing)
      return expectedOf(outcome)
    })
    const stored = await run(real, real.spool.store(batch))
    equal(
      "stored",
      stored.map(({ _tag }) => _tag),
      expected
    )
  })
)

const remove = fc
  .tuple(fc.subarray(allIds, { maxLength: 3 }), fc.constantFrom("cancelled", "expired"))
  .map(([ids, why]) =>
    command(`${why} ${ids.join(" ")}`, async (model, real) => {
      const atMillis = real.clock.millis
      for (const one of ids) {
        apply(
          model,
          why === "cancelled" ? { _tag: "Cancel", target: one, atMillis } : { _tag: "Expire", id: one, atMillis }
        )
      }
      await run(real, real.spool.remove(ids, why))
    })
  )

const refuse = fc.subarray(plainIds, { minLength: 1, maxLength: 3 }).map((ids) =>
  command(`refuse ${ids.join(" ")}`, async (model, real) => {
    for (const one of ids) apply(model, { _tag: "Refuse", id: one, atMillis: real.clock.millis })
    await run(real, real.spool.refuse(ids))
  })
)

const changeGroups = fc
  .tuple(fc.constantFrom(...groups), fc.constantFrom("y", "n", "m", "gone"))
  .map(([name, status]) =>
    command(`${name} is ${status}`, async (model, real) => {
      const atMillis = real.clock.millis
      if (status === "gone") {
        apply(model, { _tag: "RemoveGroup", group: name, atMillis })
        return run(real, real.spool.removeGroup(name))
      }
      apply(model, { _tag: "AddGroup", group: name, status, atMillis })
      return run(real, real.spool.addGroup(name, status))
    })
  )

const forget = fc.nat(4_000).map((ago) =>
  command(`forget what was removed ${ago} ms ago`, async (model, real) => {
    const beforeMillis = Math.max(0, real.clock.millis - ago)
    apply(model, { _tag: "Forget", beforeMillis, atMillis: real.clock.millis })
    await run(real, real.spool.forget(beforeMillis))
  })
)

const erase = fc.subarray(plainIds, { minLength: 1, maxLength: 2 }).map((ids) =>
  command(`erase ${ids.join(" ")}`, async (model, real) => {
    for (const one of ids) apply(model, { _tag: "Erase", id: one, atMillis: real.clock.millis })
    await run(real, real.spool.erase(ids))
    const octets = real.octets()
    for (const one of ids) equal("octets left on the disk", octets.includes(`about ${one}`), false)
  })
)

const reclaim = fc.nat(40).map((slices) =>
  command(`reclaim ${slices} slices`, async (_, real) => {
    for (let slice = 0; slice < slices; slice++) if (!(await run(real, real.spool.reclaim)).isMore) return
  })
)

const savePosition = fc.tuple(fc.constantFrom("feed", "digester é"), fc.nat(1_000)).map(([follower, at]) =>
  command(`${follower} at ${at}`, async (model, real) => {
    const position = Math.min(at, model.site.position)
    model.positions.set(follower, position)
    await run(real, real.spool.savePosition(follower, position))
  })
)

const wait = fc.oneof(fc.nat(5_000), fc.constant(8 * 24 * 60 * 60 * 1000)).map((millis) =>
  command(`${millis} ms pass`, async (_, real) => {
    real.clock.millis += millis
  })
)

const crash = fc
  .constantFrom<Damage>("none", "index lost", "torn tail", "long torn tail", "index lost, torn tail")
  .map((damage) =>
    command(`crash, ${damage}`, async (model, real) => {
      await real.crash(damage)
      for (const [follower, position] of model.positions) {
        equal("position", await run(real, real.spool.readPosition(follower)), position)
      }
    })
  )

const commands = fc.commands(
  [store, store, store, remove, remove, refuse, changeGroups, forget, erase, reclaim, savePosition, wait, crash],
  { maxCommands: 30 }
)

const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })

const build = async (layer: Layer.Layer<Spool, unknown, SiteIdentity>, clock: Clock.Clock) => {
  const scope = Scope.makeUnsafe()
  const built = Layer.buildWithScope(Layer.fresh(layer).pipe(Layer.provide([identity, Logger.layer([])])), scope)
  const context = await Effect.runPromise(Effect.provideService(built, Clock.Clock, clock))
  return { spool: Context.get(context, Spool), close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const modelOf = (spool: Spool["Service"], appGroupsMax: number): Model => ({
  site: Site.empty(spool.generation, appGroupsMax),
  events: [],
  articles: new Map(),
  positions: new Map()
})

const inMemory = async (appGroupsMax: number) => {
  const clock = new HandClock()
  const layer = Spool.layerMemory.pipe(Layer.provide(Layer.succeed(AppGroupsMax, appGroupsMax)))
  const { close, spool } = await build(layer, clock)
  return { real: { spool, clock, crash: async () => {}, octets: () => Buffer.alloc(0) }, close }
}

/** What a killed process leaves behind: a copy of its files while it has them open. */
const copyOf = (from: string, to: string, damage: Damage): void => {
  fs.cpSync(from, to, { recursive: true, filter: (name) => !name.endsWith("lock") && !name.endsWith("lock.mdb") })
  if (damage.startsWith("index lost")) fs.rmSync(path.join(to, "index"), { recursive: true })
  if (!damage.endsWith("torn tail")) return
  const last = fs.readdirSync(path.join(to, "log")).toSorted().at(-1) ?? ""
  const segment = path.join(to, "log", last)
  // Octets of a record that never came to its end, or the beginning of one that was valid once.
  const torn = damage.startsWith("long") ? new Uint8Array(6_000).fill(1) : fs.readFileSync(segment).subarray(12, 32)
  fs.appendFileSync(segment, torn)
  const below = path.join(to, "classes")
  for (const name of fs.existsSync(below) ? fs.readdirSync(below) : []) {
    const latest = fs.readdirSync(path.join(below, name)).toSorted().at(-1) ?? ""
    fs.appendFileSync(path.join(below, name, latest), torn)
  }
}

/** Two classes for some of the groups and sizes. */
const classes: ReadonlyArray<StorageClass> = [
  { name: "large", groups: Wildmat.ofSubtrees(["misc"]), bytesMin: 5_000, durability: "fsync", segmentBytes: 30_000 },
  { name: "notes", groups: Wildmat.ofSubtrees(["clientposts", "misc.b"]), durability: "kernel", segmentBytes: 1_000 }
]

const onDisk =
  (durability: "fsync" | "kernel", classes: ReadonlyArray<StorageClass> = []) =>
  async (appGroupsMax: number) => {
    const clock = new HandClock()
    const given = Layer.merge(Layer.succeed(StorageClasses, classes), Layer.succeed(AppGroupsMax, appGroupsMax))
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "lupin-spool-model-"))
    let life = 0
    const open = () =>
      build(
        FileSpool.layer({
          directory: path.join(root, `${life}`),
          durability,
          recordsPerCommit: [3, 1, 4, 2][life % 4] ?? 1,
          segmentBytes: [2_000, 8_000][life % 2] ?? 2_000
        }).pipe(Layer.provide(given)),
        clock
      )
    let { close, spool } = await open()
    const real: Real = {
      spool,
      clock,
      crash: async (damage) => {
        copyOf(path.join(root, `${life}`), path.join(root, `${life + 1}`), damage)
        life += 1
        await close()
        ;({ close, spool } = await open())
        real.spool = spool
      },
      octets: () => {
        const within = path.join(root, `${life}`)
        const names = fs.readdirSync(within, { recursive: true, encoding: "utf8" })
        const logs = names.filter((name) => name.endsWith(".log") || name.endsWith(".new"))
        return Buffer.concat(logs.map((name) => fs.readFileSync(path.join(within, name))))
      }
    }
    return {
      real,
      close: async () => {
        await close()
        fs.rmSync(root, { recursive: true, force: true })
      }
    }
  }

const runs = Number(process.env["LUPIN_TEST_RUNS"] ?? 20)

describe("a spool against the model of a site", () => {
  const layers = {
    "in memory": inMemory,
    "on disk": onDisk("fsync"),
    "on disk, left to the kernel": onDisk("kernel"),
    "on disk, in classes": onDisk("fsync", classes)
  }
  for (const [name, start] of Object.entries(layers)) {
    it(`answers as the model does, whatever the commands, ${name}`, { timeout: 120_000 }, () =>
      fc.assert(
        fc.asyncProperty(commands, fc.constantFrom(1, 2, 3, Limits.appGroupsMax), async (commands, appGroupsMax) => {
          const { close, real } = await start(appGroupsMax)
          try {
            await fc.asyncModelRun(() => ({ model: modelOf(real.spool, appGroupsMax), real }), commands)
          } finally {
            await close()
          }
        }),
        { numRuns: runs }
      )
    )
  }
})
