import { assert, it } from "@effect/vitest"
import * as DayPartial from "@lupin/core/DayPartial"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import * as Fingerprint from "@lupin/core/Fingerprint"
import * as Fold from "@lupin/core/Fold"
import * as NntpServer from "@lupin/nntp/NntpServer"
import { Refill } from "@lupin/site/Refill"
import * as Reconcile from "@lupin/site/Reconcile"
import * as Site from "@lupin/site/Site"
import { Spool } from "@lupin/spool/Spool"
import * as Events from "@lupin/testing/Events"
import * as Recovered from "@lupin/testing/Recovered"
import { Context, Effect, Layer } from "effect"
import {
  type Built,
  configOf,
  directory,
  id,
  names,
  offer,
  peerAt,
  portOf,
  reconcile,
  remove,
  site,
  statuses,
  store
} from "./sites.ts"

it.live("makes two sites that diverged while cut off the same, and what was removed stays removed", () =>
  Effect.gen(function* () {
    const sea = yield* site("sea", yield* directory)
    const mk = yield* site("mk", yield* directory)
    const common = names("common", 700)
    yield* store(sea, common)
    yield* store(mk, common.toReversed())
    yield* store(sea, names("sea", 40))
    yield* store(mk, names("mk", 30))
    yield* remove(sea, ["common1", "common2", "sea3"], "cancelled")
    yield* remove(mk, ["common3", "mk5", "never"], "cancelled")
    yield* remove(mk, ["common4", "common5"], "expired")
    yield* remove(sea, ["common5"], "cancelled")

    const look = yield* reconcile(sea, "mk", portOf(mk), "look")
    assert.deepInclude(look, { hereOnly: 40, thereOnly: 30, taken: 0, removed: 0 })
    assert.isAbove(look.unlike, 0)
    const first = yield* reconcile(sea, "mk", portOf(mk), "asked")
    assert.strictEqual(first.taken, 29)
    const second = yield* reconcile(mk, "sea", portOf(sea), "asked")
    assert.strictEqual(second.taken, 39)
    for (const built of [sea, mk]) {
      assert.deepStrictEqual(
        yield* statuses(built, ["common0", "sea0", "mk0", "common1", "common2", "common3", "sea3", "mk5"]),
        ["held", "held", "held", "removed", "removed", "removed", "removed", "removed"]
      )
    }
    // What has expired on one side is history there, and not fetched again.
    assert.deepStrictEqual(yield* statuses(mk, ["common4"]), ["removed"])
    assert.deepStrictEqual(yield* statuses(sea, ["common4"]), ["held"])
    for (const [own, name, other] of [
      [sea, "mk", mk],
      [mk, "sea", sea]
    ] as const) {
      const equal = yield* reconcile(own, name, portOf(other), "look")
      assert.deepInclude(equal, { isEqual: true, roundTrips: 1 })
      assert.isBelow(equal.octetsSent + equal.octetsReceived, 200)
    }
  }).pipe(Effect.scoped)
)

it.live("fills a wiped site from one of ours, its own articles and the removals included", () =>
  Effect.gen(function* () {
    const sea = yield* site("sea", yield* directory)
    yield* store(sea, names("old", 300))
    yield* store(sea, names("new", 300))
    yield* store(sea, names("now", 10))
    yield* remove(sea, ["old0", "old1", "old2"], "cancelled")
    const mk = yield* site("mk", yield* directory, [peerAt("sea", portOf(sea))])
    const { missing } = Context.get(mk, Refill)
    while ((yield* missing).length > 0) yield* Effect.sleep("20 millis")
    const all = [...names("old", 300), ...names("new", 300), ...names("now", 10)]
    assert.deepStrictEqual(yield* statuses(mk, all), yield* statuses(sea, all))
    assert.deepStrictEqual(yield* statuses(mk, ["old0", "old1"]), ["removed", "removed"])
  }).pipe(Effect.scoped)
)

it.live("fills a wiped site with digests and partials that are older than history", () =>
  Effect.gen(function* () {
    const day = Date.UTC(2024, 0, 1)
    const digestion = Digestion.define({
      app: "notes",
      name: "stars",
      events: {},
      key: () => "lake",
      fold: Fold.count,
      view: (count) => count
    })
    const part = {
      events: 3,
      removals: 0,
      fingerprint: 5n,
      state: 3,
      newestMillis: day,
      removed: [],
      nameless: Fingerprint.noneNameless
    }
    const fingerprint = Fingerprint.text(part.fingerprint)
    const old = [
      DigestArticle.toArticle({ digestion, key: "lake", ...part, fingerprint }),
      DayPartial.toArticle({ digestion, key: "lake", dayMillis: day, sealedMillis: day, part })
    ].map(Events.filed)
    const sea = yield* site("sea", yield* directory)
    yield* Context.get(sea, Spool).store(old)
    const mk = yield* site("mk", yield* directory, [peerAt("sea", portOf(sea))])
    const { missing } = Context.get(mk, Refill)
    while ((yield* missing).length > 0) yield* Effect.sleep("20 millis")
    const ids = old.map(({ messageId }) => messageId)
    assert.deepStrictEqual(yield* Context.get(mk, Spool).status(ids), ["held", "held"])
  }).pipe(Effect.scoped)
)

it.live("asks in its turn where a peer says that it lacks something, and tells operators what differs", () => {
  const recovered = Recovered.make()
  return Effect.gen(function* () {
    const sea = yield* site("sea", yield* directory)
    yield* store(sea, names("common", 20))
    const accept = { addresses: ["127.0.0.1"] }
    const mk = yield* site("mk", yield* directory, [{ ...peerAt("sea", portOf(sea)), accept }])
    const { missing } = Context.get(mk, Refill)
    while ((yield* missing).length > 0) yield* Effect.sleep("20 millis")
    const { compare } = Context.get(mk, Reconcile.Reconcile)
    assert.deepInclude((yield* compare)[0], { peer: "sea", isEqual: true, roundTrips: 1 })

    yield* remove(sea, names("common", 2), "cancelled")
    assert.deepInclude((yield* compare)[0], { isEqual: false, hereOnly: 0, thereOnly: 0, unlike: 2, removed: 0 })
    const spool = Context.get(mk, Spool)
    const before = yield* spool.head
    assert.deepInclude(yield* reconcile(sea, "mk", portOf(mk), "audit"), { unlike: 2, taken: 0, removed: 0 })
    yield* spool.changed(before)
    assert.deepStrictEqual(yield* statuses(mk, names("common", 3)), ["removed", "removed", "held"])
    assert.deepInclude((yield* compare)[0], { isEqual: true })
    assert.strictEqual(recovered.times("reconcile-invited"), 1)
    assert.strictEqual(recovered.times("reconcile-asked"), 1)
  }).pipe(Effect.scoped, recovered.counting)
})

it.live("asks about the groups that the other site feeds it, not about those that it feeds the other", () =>
  Effect.gen(function* () {
    const accept = { addresses: ["127.0.0.1"] }
    const mk = { ...peerAt("mk", 9), feed: "clientposts.*", accept }
    const sea = yield* site("sea", yield* directory, [{ ...mk, kind: "pop" }])
    yield* store(sea, names("common", 20))
    const own = yield* site("mk", yield* directory)
    const report = yield* reconcile(own, "sea", portOf(sea), "asked")
    assert.deepInclude(report, { thereOnly: 10, taken: 10, roundTrips: 2 })
    assert.deepStrictEqual(yield* statuses(own, ["common0", "common1"]), ["held", "unknown"])
  }).pipe(Effect.scoped)
)

it.live("brings nothing back that an operator has erased, and erases it wherever it is held", () => {
  const recovered = Recovered.make()
  return Effect.gen(function* () {
    const erased = (built: Built) => Context.get(built, Spool).isErased(["common3", "common4", "common5"].map(id))
    const sea = yield* site("sea", yield* directory)
    const mk = yield* site("mk", yield* directory)
    yield* store(sea, names("common", 20))
    yield* store(mk, names("common", 20))
    yield* Context.get(sea, Spool).erase([id("common3"), id("common4")])

    assert.deepInclude(yield* reconcile(sea, "mk", portOf(mk), "asked"), { taken: 0, removed: 0 })
    yield* offer(sea, ["common3", "common4"])
    assert.deepStrictEqual(yield* statuses(sea, ["common3", "common4"]), ["removed", "removed"])
    assert.deepInclude(yield* reconcile(mk, "sea", portOf(sea), "asked"), { taken: 0, removed: 2 })
    assert.deepStrictEqual(yield* statuses(mk, ["common3", "common4", "common5"]), ["removed", "removed", "held"])
    assert.deepStrictEqual(yield* erased(mk), [true, true, false])
    assert.strictEqual(recovered.times("reconcile-erased"), 2)
    assert.deepInclude(yield* reconcile(sea, "mk", portOf(mk), "look"), { isEqual: true })

    // A new host next to them learns that it was erased, and not of the article.
    const cape = yield* site("cape", yield* directory, [peerAt("sea", portOf(sea)), peerAt("mk", portOf(mk))])
    const { missing } = Context.get(cape, Refill)
    while ((yield* missing).length > 0) yield* Effect.sleep("20 millis")
    assert.deepStrictEqual(yield* statuses(cape, ["common3", "common4", "common5"]), ["removed", "removed", "held"])
    assert.deepStrictEqual(yield* erased(cape), [true, true, false])
  }).pipe(Effect.scoped, recovered.counting)
})

it.live("fills a new spool from a server that does not reconcile, by what it says has arrived", () => {
  const recovered = Recovered.make()
  return Effect.gen(function* () {
    const doors = Site.doors(configOf("sea", yield* directory, []), [])
    const old = yield* Layer.build(NntpServer.layerTcp({ host: "127.0.0.1", port: 0 }).pipe(Layer.provideMerge(doors)))
    yield* store(old, names("new", 20))
    const { port } = Context.get(old, NntpServer.NntpServer).address
    const mk = yield* site("mk", yield* directory, [{ ...peerAt("sea", port), kind: "foreign", refill: true }])
    const { missing } = Context.get(mk, Refill)
    while ((yield* missing).length > 0) yield* Effect.sleep("20 millis")
    assert.strictEqual(recovered.times("refill-by-arrivals"), 1)
    const found = yield* statuses(mk, names("new", 20))
    assert.isTrue(found.every((status) => status === "held"))
  }).pipe(Effect.scoped, recovered.counting)
})
