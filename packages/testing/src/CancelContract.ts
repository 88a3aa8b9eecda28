/**
 * What every spool promises of cancels, Supersedes and moderated groups, as checks to run on each layer of it beside
 * `spoolContract`.
 */
import * as CancelLock from "@lupin/core/CancelLock"
import type * as MessageId from "@lupin/core/MessageId"
import * as Spool from "@lupin/spool/Spool"
import { TestClock } from "effect/testing"
import { article, group, id } from "./SampleArticles.ts"
import { equal, promise, type Promised } from "./SpoolPromise.ts"

type Fields = ReadonlyArray<readonly [string, string]>

const secret = new TextEncoder().encode("known to the author alone")
const ours = group("clientposts.app.topic.note")
const foreign = group("misc.alpha")

const lockField = (name: string): Fields => [["Cancel-Lock", CancelLock.mintLock(secret, id(name))]]
const keyField = (name: string): Fields => [["Cancel-Key", CancelLock.mintKey(secret, id(name))]]

const locked = (name: string, groups = [ours]) => article(id(name), groups, "words\r\n", lockField(name))
const cancelOf = (name: string, fields: Fields, groups = [ours]) =>
  article(id(`cancel.${name}`), groups, "withdrawn\r\n", [["Control", `cancel ${id(name)}`], ...fields])

const tagsOf = (stored: ReadonlyArray<Spool.Stored>) => stored.map(({ _tag }) => _tag)
const ids = (...names: ReadonlyArray<string>): ReadonlyArray<MessageId.MessageId> => names.map(id)

export const cancelContract: ReadonlyArray<Promised> = [
  promise("removes an article by a cancel with its key, in one batch or later", function* () {
    const spool = yield* Spool.Spool
    yield* spool.store([locked("1"), cancelOf("1", keyField("1")), locked("2")])
    equal("in a batch", yield* spool.status(ids("1", "2")), ["removed", "held"])
    equal("later", tagsOf(yield* spool.store([cancelOf("2", keyField("2"))])), ["Filed"])
    equal("status", yield* spool.status(ids("1", "2", "cancel.1", "cancel.2")), ["removed", "removed", "held", "held"])
    equal("find", yield* spool.find(id("2")), undefined)
  }),
  promise("takes no article whose cancel with its key came first", function* () {
    const spool = yield* Spool.Spool
    yield* spool.store([cancelOf("1", keyField("1"))])
    equal("meanwhile", yield* spool.status(ids("1")), ["unknown"])
    equal("stored", tagsOf(yield* spool.store([locked("1"), locked("1")])), ["Removed", "Removed"])
    equal("status", yield* spool.status(ids("1")), ["removed"])
    equal("group", yield* spool.group(ours), undefined)
  }),
  promise("does nothing for a cancel without the key, whenever it comes", function* () {
    const spool = yield* Spool.Spool
    yield* spool.store([cancelOf("1", []), cancelOf("2", keyField("1")), locked("1"), locked("2"), locked("3")])
    yield* spool.store([cancelOf("3", [["Cancel-Key", "sha256:AAAA"]])])
    equal("status", yield* spool.status(ids("1", "2", "3")), ["held", "held", "held"])
  }),
  promise("lets nobody cancel an article without lock under our roots, and elsewhere its author", function* () {
    const spool = yield* Spool.Spool
    yield* spool.store([article(id("1"), [ours]), article(id("2"), [foreign])])
    yield* spool.store([cancelOf("1", []), cancelOf("2", [], [foreign])])
    equal("status", yield* spool.status(ids("1", "2")), ["held", "removed"])
  }),
  promise("replaces an article by one that supersedes it with its key, early or late", function* () {
    const spool = yield* Spool.Spool
    const next = (of: string, name: string) =>
      article(id(name), [ours], "better words\r\n", [["Supersedes", id(of)], ...keyField(of), ...lockField(name)])
    yield* spool.store([locked("a1"), next("a1", "a2"), next("b1", "b2"), locked("b1")])
    equal("status", yield* spool.status(ids("a1", "a2", "b1", "b2")), ["removed", "held", "removed", "held"])
    yield* spool.store([next("c2", "c3"), next("c1", "c2"), locked("c1")])
    equal("chain", yield* spool.status(ids("c1", "c2", "c3")), ["removed", "removed", "held"])
    const removed = (yield* spool.changes(0, 99)).changes.filter(({ _tag }) => _tag === "Removed")
    equal(
      "why",
      removed.map((change) => (change._tag === "Removed" ? [change.id, change.why, change.groups] : [])),
      [
        [id("a1"), "superseded", [ours]],
        [id("b1"), "superseded", []],
        [id("c2"), "superseded", []],
        [id("c1"), "superseded", []]
      ]
    )
  }),
  promise("files control messages apart, and tells followers which groups they are for", function* () {
    const spool = yield* Spool.Spool
    yield* TestClock.setTime(5_000)
    const cancel = cancelOf("1", keyField("1"))
    const [stored] = yield* spool.store([cancel])
    const apart = group("control.cancel")
    equal("stored", stored, { _tag: "Filed", position: 1, numbers: [[apart, spool.generation.numberBase + 1]] })
    equal("group", yield* spool.group(ours), undefined)
    const { changes, head, next } = yield* spool.changes(0, 9)
    equal("changes", changes, [
      {
        _tag: "Filed",
        position: 1,
        id: id("cancel.1"),
        groups: [apart],
        newsgroups: [ours],
        bytes: cancel.octets.length,
        arrivedMillis: 5_000,
        injectedMillis: cancel.injectedMillis,
        path: cancel.path
      }
    ])
    equal("head", [head, next], [2, 2])
    equal("arrived", (yield* spool.arrivedSince(0, 9))[0]?.groups, [ours])
  }),
  promise("takes into a moderated group only what is approved, and names the group", function* () {
    const spool = yield* Spool.Spool
    yield* spool.addGroup(foreign, "m")
    const approved = article(id("2"), [foreign], "words\r\n", [["Approved", "moderator@test.example"]])
    const unapproved = article(id("1"), [ours, foreign])
    const [refused, filed] = yield* spool.store([unapproved, approved])
    equal("refused", refused, { _tag: "Unapproved", group: foreign })
    equal("filed", filed?._tag, "Filed")
    equal("status", yield* spool.status(ids("1", "2")), ["unknown", "held"])
  })
]
