import { assert, describe, it } from "@effect/vitest"
import type * as Article from "@lupin/core/Article"
import * as DayPartial from "@lupin/core/DayPartial"
import type * as Digestion from "@lupin/core/Digestion"
import * as Calendar from "@lupin/digest/Calendar"
import * as InputSet from "@lupin/digest/InputSet"
import type * as Spool from "@lupin/spool/Spool"
import * as BirdApp from "../src/BirdApp.ts"
import * as BirdEvents from "../src/BirdEvents.ts"
import type * as Census from "../src/Census.ts"
import * as Checker from "../src/checkers/Checker.ts"
import type * as Topology from "../src/Topology.ts"
import * as Checkers from "../src/checkers/Checkers.ts"
import type { Evidence } from "../src/Evidence.ts"
import * as Events from "../src/Events.ts"
import * as EventArticle from "@lupin/core/EventArticle"
import * as Event from "@lupin/core/Event"
import type * as MessageId from "@lupin/core/MessageId"
import * as GroupName from "@lupin/core/GroupName"

const event = BirdEvents.make("test", 0, 1_767_225_600_000)
const id = event.messageId
const [group = GroupName.GroupName.make("a.b")] = event.groups

/** The promises that this evidence shows to be broken. */
const broken = (...evidence: ReadonlyArray<Evidence>): ReadonlyArray<number> => {
  const watch = Checker.watchAll(Checkers.all([BirdApp.app]))
  return [...new Set(evidence.flatMap((each) => watch(each)).map(({ promise }) => promise))].toSorted((a, b) => a - b)
}

const at = { atMillis: 1_000 }
const acknowledged: Evidence = {
  _tag: "Acknowledged",
  ...at,
  site: "p1",
  generation: "g",
  event,
  messageId: id,
  groups: event.groups,
  isNew: true
}
const filed = (site: string, numbers: Spool.Numbers, position = 1): Evidence => ({
  _tag: "Stored",
  ...at,
  site,
  generation: "g",
  articles: [{ id, stored: { _tag: "Filed", position, numbers } }]
})
const opened = (site: string, ...held: ReadonlyArray<MessageId.MessageId>): Evidence => ({
  _tag: "Opened",
  ...at,
  site,
  generation: "g",
  held: new Set(held)
})
const wiped = (site: string): Evidence => ({ _tag: "Fault", ...at, what: { _tag: "Wipe", site } })
const withdrawn = (isForged: boolean, state: "waiting" | "refused"): Evidence => ({
  _tag: "Withdrawn",
  ...at,
  site: "p1",
  generation: "g",
  id,
  isForged,
  state
})

const erased = (isDone: boolean): Evidence => ({ _tag: "Erased", ...at, site: "p1", generation: "g", id, isDone })

const nothing: Census.Look = {
  name: "p1",
  kind: "pop",
  generation: "g",
  fingerprint: "",
  held: new Set(),
  removed: new Map(),
  spells: new Map(),
  copies: new Map(),
  filings: new Map(),
  removals: new Map(),
  groups: new Map(),
  reclaimed: { droppedFiles: 0, movedRecords: 0 },
  numbers: new Map(),
  remains: new Map()
}
const holding = { ...nothing, fingerprint: "x", held: new Set([id]) }
const looked = (isSettled: boolean, ...sites: ReadonlyArray<Census.Look>): Evidence => ({
  _tag: "Looked",
  ...at,
  isSettled,
  sites,
  expected: sites.map(({ name }) => name),
  differences: []
})

const article = () => {
  const made = Event.make({ ...event.post, version: 1, routing: 1 })
  if (made === undefined) throw new Error("the event of this test is none")
  return Events.filed(EventArticle.toProto(made, { groups: event.groups, from: "a <a@b.invalid>" }))
}
const copy = (numbers: Spool.Numbers): Census.Look => ({
  ...holding,
  copies: new Map([[id, { article: article(), numbers }]]),
  numbers: new Map(numbers.map(([name, number]) => [name, [number]]))
})

/** What a site has filed in one group, under numbers and positions from 1 on, and which of it has expired when. */
const shelf = (count: number, ...expired: ReadonlyArray<readonly [at: number, millis: number]>): Census.Look => {
  const ids = Array.from({ length: count }, (_, at) => BirdEvents.make("shelf", at, 1_767_225_600_000).messageId)
  const filing = { groups: [group], bytes: 600, arrivedMillis: 0 }
  const gone = expired.map(([at, millis], order) => {
    const removal: Census.Removal = { position: count + 1 + order, removedMillis: millis, why: "expired" }
    return [ids[at] ?? id, removal] as const
  })
  const removed = new Map(gone.map(([of, { why }]) => [of, why]))
  return {
    ...nothing,
    held: new Set(ids.filter((of) => !removed.has(of))),
    removed,
    filings: new Map(ids.map((of, at) => [of, { ...filing, position: at + 1 }])),
    removals: new Map(gone)
  }
}
const retained = (retention: Topology.Retention): Evidence => ({ _tag: "Retained", ...at, site: "p1", retention })

describe("Checkers", () => {
  it("7: sees that an article expired which no rule of its site asks for", () => {
    const day = 24 * 60 * 60 * 1000
    const young = looked(false, shelf(3, [0, 4_000]))
    assert.deepStrictEqual(broken(young), [7])
    assert.deepStrictEqual(broken(looked(false, shelf(3, [0, 14 * day]))), [])
    assert.deepStrictEqual(broken(retained({ ageMillis: 4_000 }), young), [])
    assert.deepStrictEqual(broken(retained({ ageMillis: 4_001 }), young), [7])
    assert.deepStrictEqual(broken(retained({ articlesMax: 2 }), young), [])
    assert.deepStrictEqual(broken(retained({ articlesMax: 3 }), young), [7])
    assert.deepStrictEqual(broken(retained({ articlesMax: 2 }), looked(false, shelf(3, [1, 4_000]))), [7])
    assert.deepStrictEqual(broken(retained({ articlesMax: 2 }), looked(false, shelf(3, [0, 4_000], [1, 4_000]))), [7])
    assert.deepStrictEqual(broken(retained({ bytesMax: 1_000 }), young), [])
    assert.deepStrictEqual(broken(retained({ bytesMax: 100_000 }), young), [7])
    assert.deepStrictEqual(broken(retained({ bytesMax: 1_000 }), looked(false, shelf(3, [1, 4_000]))), [7])
  })

  it("7: sees that a site keeps more than its rules let it in the end", () => {
    const full = { ...shelf(3), groups: new Map([[group, { low: 1, high: 3, count: 3 }]]) }
    assert.deepStrictEqual(broken(looked(true, full)), [])
    assert.deepStrictEqual(broken(retained({ articlesMax: 3 }), looked(true, full)), [])
    assert.deepStrictEqual(broken(retained({ articlesMax: 2 }), looked(true, full)), [7])
    const old = { ...looked(true, shelf(1)), atMillis: 9_000 }
    assert.deepStrictEqual(broken(retained({ ageMillis: 8_000 }), old), [])
    assert.deepStrictEqual(broken(retained({ ageMillis: 4_000 }), old), [7])
  })

  it("7, 9, 10: lets a site that keeps little lack what has expired there, and nothing else", () => {
    const p2 = { ...holding, name: "p2", fingerprint: "y" }
    const gone: Census.Look = { ...nothing, removed: new Map([[id, "expired"]]), fingerprint: "z" }
    const little = retained({ ageMillis: 500 })
    assert.deepStrictEqual(broken(acknowledged, little, looked(true, gone, p2)), [])
    assert.deepStrictEqual(broken(acknowledged, looked(true, gone, p2)), [1, 7])
    assert.deepStrictEqual(broken(little, looked(true, { ...nothing, fingerprint: "z" }, p2)), [7])
    const elsewhere = { ...acknowledged, site: "p2" }
    assert.deepStrictEqual(broken(elsewhere, little, looked(true, gone, p2)), [])
    assert.deepStrictEqual(broken(elsewhere, little, looked(true, { ...nothing, fingerprint: "z" }, p2)), [7, 9])
    const zone = { ...p2, kind: "central", name: "z1" } as const
    assert.deepStrictEqual(broken(filed("z1", [[group, 1]]), little, looked(true, gone, zone)), [])
    assert.deepStrictEqual(broken(filed("z1", [[group, 1]]), little, looked(true, nothing, zone)), [7, 10])
  })

  it("3: sees a water mark that goes back, or does not enclose what is there", () => {
    const marked = (low: number, high: number, count: number): Census.Look => ({
      ...nothing,
      groups: new Map([[group, { low, high, count }]])
    })
    assert.deepStrictEqual(broken(looked(false, marked(2, 4, 3)), looked(false, marked(3, 4, 2))), [])
    assert.deepStrictEqual(broken(looked(false, marked(3, 4, 2)), looked(false, marked(2, 4, 3))), [3])
    assert.deepStrictEqual(broken(looked(false, marked(3, 4, 2)), looked(false, marked(3, 3, 1))), [3])
    const low = { ...copy([[group, 1]]), groups: marked(2, 2, 1).groups }
    assert.include(broken(looked(true, low)), 3)
  })

  it("has one for each of the eleven promises", () => {
    const numbers = Checkers.all([]).map(({ promise }) => promise)
    assert.deepStrictEqual(new Set(numbers), new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))
  })

  it("1: sees that an acknowledged article is gone, unless its host was wiped", () => {
    assert.deepStrictEqual(broken(acknowledged, looked(false, holding)), [])
    assert.deepStrictEqual(broken(acknowledged, looked(false, nothing)), [1])
    assert.deepStrictEqual(broken(acknowledged, looked(false, { ...holding, generation: "h" })), [1])
    assert.deepStrictEqual(broken(acknowledged, wiped("p1"), looked(false, { ...nothing, generation: "h" })), [])
  })

  it("1: sees that an article was removed which its author did not withdraw", () => {
    const removed = looked(false, { ...nothing, removed: new Map([[id, "cancelled"]]) })
    assert.deepStrictEqual(broken(acknowledged, withdrawn(false, "waiting"), removed), [])
    assert.deepStrictEqual(broken(acknowledged, withdrawn(true, "waiting"), removed), [1, 7])
  })

  it("2: sees two articles under one number, and a number that no article has", () => {
    const whole = copy(event.groups.map((name) => [name, 1]))
    assert.deepStrictEqual(broken(looked(false, whole)), [])
    const other = BirdEvents.make("test", 1, 1_767_225_600_000).messageId
    const twin = {
      ...whole,
      copies: new Map([...whole.copies, ...[...whole.copies].map(([, held]) => [other, held] as const)])
    }
    assert.deepStrictEqual(broken(looked(false, twin)), [2])
    assert.deepStrictEqual(broken(looked(false, { ...whole, numbers: new Map([[group, [1, 2]]]) })), [2])
  })

  it("3: sees a number that does not go up, whatever the order in which batches are told of", () => {
    const later = BirdEvents.make("test", 1, 1_767_225_600_000).messageId
    const next = (number: number, position: number): Evidence => ({
      ...at,
      _tag: "Stored",
      site: "z1",
      generation: "g",
      articles: [{ id: later, stored: { _tag: "Filed", position, numbers: [[group, number]] } }]
    })
    assert.deepStrictEqual(broken(filed("z1", [[group, 5]], 5), next(6, 6)), [])
    assert.deepStrictEqual(broken(filed("z1", [[group, 5]], 5), next(4, 4)), [])
    assert.deepStrictEqual(broken(filed("z1", [[group, 5]], 5), next(5, 6)), [3])
    assert.deepStrictEqual(broken(filed("z1", [[group, 5]], 5), next(6, 4)), [3])
  })

  it("4: sees a crosspost that stands in one of its groups", () => {
    assert.deepStrictEqual(broken(looked(false, copy([[group, 1]]))), [4])
    assert.deepStrictEqual(
      broken(
        filed("z1", [[group, 1]]),
        filed(
          "z2",
          event.groups.map((name) => [name, 1])
        )
      ),
      [4]
    )
  })

  it("5: sees an article that is stored twice, or sent once more after its answer", () => {
    assert.deepStrictEqual(broken(filed("z1", [[group, 1]]), filed("z1", [[group, 2]], 2)), [5])
    const feed = { ...at, from: "z1", fromGeneration: "g", life: 1, to: "z2", toGeneration: "g", connection: 2, id }
    const sent: Evidence = { _tag: "Sent", ...feed }
    const settled: Evidence = { _tag: "Settled", isNew: true, ...feed }
    assert.deepStrictEqual(broken(sent, sent, settled), [])
    assert.deepStrictEqual(broken(sent, settled, sent), [5])
    assert.deepStrictEqual(broken(settled, { ...sent, connection: 1 }), [])
  })

  it("5: sees an article that goes back to where it came from, but for a site where it has rotted meanwhile", () => {
    const there = { ...at, from: "z1", fromGeneration: "g", life: 1, to: "z2", toGeneration: "g", connection: 2, id }
    const back = { ...there, from: "z2", to: "z1" }
    const sent: Evidence = { _tag: "Sent", ...there }
    const settled: Evidence = { _tag: "Settled", isNew: true, ...back }
    assert.deepStrictEqual(broken(sent, { ...settled, isNew: false }), [])
    assert.deepStrictEqual(broken(sent, settled), [5])
    assert.deepStrictEqual(broken(settled, sent), [5])
    const rotted = (site: string): Evidence => ({ _tag: "Rotted", ...at, site })
    assert.deepStrictEqual(broken(sent, rotted("z1"), settled), [])
    assert.deepStrictEqual(broken(sent, rotted("z2"), settled), [5])
    assert.deepStrictEqual(broken(rotted("z1"), settled, sent), [])
  })

  it("6: sees an event without a digest", () => {
    const whole = copy(event.groups.map((name) => [name, 1]))
    assert.deepStrictEqual(broken(looked(true, whole)), [6])
  })

  it("6: wants no digest of what expired where little is kept, and is nowhere", () => {
    const before = looked(false, { ...holding, articles: new Map([[id, article()]]) })
    const after = looked(true, { ...nothing, removed: new Map([[id, "expired"]]) })
    assert.deepStrictEqual(broken(before, after), [6])
    assert.deepStrictEqual(broken(retained({ ageMillis: 1 }), before, after), [])
    const whole = { ...copy(event.groups.map((name) => [name, 1])), name: "p2" }
    assert.deepStrictEqual(broken(retained({ ageMillis: 1 }), before, looked(true, whole)), [6])
  })

  it("7: sees sites that differ, a withdrawn event that is held, and one that a stranger has removed", () => {
    assert.deepStrictEqual(broken(looked(true, holding, { ...holding, name: "p2" })), [])
    assert.deepStrictEqual(broken(looked(true, holding, { ...nothing, name: "p2" })), [7])
    assert.deepStrictEqual(broken(withdrawn(false, "waiting"), looked(true, holding)), [7])
    const cancelled = { ...nothing, removed: new Map([[id, "cancelled" as const]]) }
    assert.deepStrictEqual(broken(withdrawn(true, "waiting"), looked(false, cancelled)), [7])
  })

  it("7: sees what was erased held again, or left on the disk", () => {
    const cancelled: Census.Look = { ...nothing, removed: new Map([[id, "cancelled"]]) }
    assert.deepStrictEqual(broken(acknowledged, erased(false), erased(true), looked(false, cancelled)), [])
    assert.deepStrictEqual(broken(acknowledged, erased(false), looked(false, cancelled)), [])
    assert.deepStrictEqual(broken(acknowledged, erased(true), looked(false, holding)), [7])
    const remains = new Map([[id, ["segment-00000001.log"]]])
    assert.deepStrictEqual(broken(acknowledged, erased(true), looked(false, { ...cancelled, remains })), [7])
    assert.deepStrictEqual(broken(erased(false), filed("p1", [[group, 1]]), erased(true)), [])
    assert.deepStrictEqual(broken(erased(true), filed("p1", [[group, 1]])), [7])
    assert.deepStrictEqual(broken(erased(true), filed("p2", [[group, 1]])), [])
  })

  it("8: sees what is shown and was not held at the time that is stated", () => {
    const shown = (untilMillis: number | undefined, scrapedAtMillis: number): Evidence => ({
      _tag: "Shown",
      ...at,
      site: "p1",
      staleMillisMax: 0,
      near: { lat: 0, lon: 0 },
      radiusMetres: 1,
      answer: {
        events: [{ messageId: id, kind: "sighting", version: 1, payload: {}, groups: event.groups, postedMillis: 0 }],
        freshness: [{ group, scrapedAtMillis, articles: 1 }]
      },
      source: { ...holding, spells: new Map([[id, [{ fromMillis: 100, untilMillis }]]]) }
    })
    assert.deepStrictEqual(broken(shown(undefined, 500)), [])
    assert.deepStrictEqual(broken(shown(600, 500)), [])
    // The removal was still on its way to the disk.
    assert.deepStrictEqual(broken(shown(400, 500)), [])
    assert.deepStrictEqual(broken(shown(399, 500)), [8])
  })

  it("9: sees a host that fails or dawdles, but not while it is down", () => {
    const answered = (outcome: string, tookMillis: number, isDisturbed = false): Evidence => ({
      _tag: "Answered",
      site: "p1",
      verb: "post",
      atMillis: 1_000 + tookMillis,
      askedMillis: 1_000,
      outcome,
      isDisturbed
    })
    assert.deepStrictEqual(broken(answered("ok", 10)), [])
    assert.deepStrictEqual(broken(answered("ok", 5_000)), [9])
    assert.deepStrictEqual(broken(answered("Unavailable", 10)), [9])
    assert.deepStrictEqual(broken(answered("SiteDown", 10, true)), [])
  })

  it("10: sees that what a zone held is not everywhere, and that a durable receipt was an empty word", () => {
    const zone = { ...holding, name: "z1", kind: "central" as const }
    assert.include(broken(filed("z1", [[group, 1]]), looked(true, zone, nothing)), 10)
    const receipt: Evidence = {
      _tag: "Receipted",
      ...at,
      site: "p1",
      receipt: { messageId: id, stages: ["accepted", "durable"], heldBy: ["z1", "z2"] }
    }
    assert.deepStrictEqual(broken(receipt, looked(true, nothing)), [10])
    assert.deepStrictEqual(broken(receipt, wiped("z1"), wiped("z2"), looked(true, nothing)), [])
  })

  it("5, 10: counts what a site holds as it opens, of which its doors did not tell any more", () => {
    const zone = { ...holding, name: "z1", kind: "central" as const }
    assert.include(broken(opened("z1", id), filed("z1", [[group, 1]])), 5)
    assert.include(broken(opened("z1", id), looked(true, zone, nothing)), 10)
    const receipt: Evidence = {
      _tag: "Receipted",
      ...at,
      atMillis: 20_000,
      site: "p1",
      receipt: { messageId: id, stages: ["accepted", "durable"], heldBy: ["p1", "z1", "z2"] }
    }
    const told = [filed("p1", [[group, 1]]), filed("z2", [[group, 1]])]
    assert.deepStrictEqual(broken(...told, opened("z1"), receipt), [10])
    assert.deepStrictEqual(broken(...told, opened("z1", id), receipt), [])
    assert.deepStrictEqual(broken(...told, opened("z1", id), wiped("z1"), receipt), [10])
  })

  it("10: sees that a sealed day changes but by removals, and that it lacks an event", () => {
    const day = Calendar.dayOf(Calendar.production, 1_767_225_600_000)
    const sealedMillis = Calendar.dueMillis(Calendar.production, day)
    const look = (atMillis: number, isSettled: boolean, ...articles: ReadonlyArray<Article.Article>): Evidence => ({
      ...looked(isSettled, { ...holding, articles: new Map(articles.map((one) => [one.messageId, one])) }),
      atMillis
    })
    const partial = (...inputs: ReadonlyArray<number>) => {
      const set = new InputSet.InputSet<unknown, unknown>(BirdApp.birdCounts.fold)
      const birds = inputs.map((n) => BirdEvents.make("test", Math.abs(n), 1_767_225_600_000))
      for (const { messageId, post } of birds) set.add(messageId, { ...post, messageId }, day)
      for (const [at, { messageId }] of birds.entries()) if ((inputs[at] ?? 0) < 0) set.remove(messageId)
      const digestion = BirdApp.birdCounts as Digestion.Digestion
      return Events.filed(
        DayPartial.toArticle({ digestion, key: "heron", dayMillis: day, sealedMillis, part: set.part })
      )
    }
    const late = Calendar.deadlineMillis(Calendar.production, day) + 2 * Calendar.production.dayMillis
    const first = look(late, false, partial(1, 2))
    assert.deepStrictEqual(broken(first, look(late + 1, false, partial(1, 2), partial(-1, 2))), [])
    assert.deepStrictEqual(broken(first, look(late + 1, false, partial(1, 2, 4))), [10])
    assert.deepStrictEqual(broken(look(sealedMillis, false, partial(1, 2)), look(late, false, partial(1, 2, 4))), [])
    assert.include(broken(look(late, true, article())), 10)
  })

  it("11: sees a port that says nothing, and a process that ends by itself", () => {
    const probed = { _tag: "Probed", ...at, site: "z1", octets: new Uint8Array([1]), isDisturbed: false } as const
    assert.deepStrictEqual(broken({ ...probed, outcome: "closed" }), [])
    assert.deepStrictEqual(broken({ ...probed, outcome: "silent" }), [11])
    assert.deepStrictEqual(broken({ _tag: "Died", ...at, site: "z1" }), [11])
  })
})
