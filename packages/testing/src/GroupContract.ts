/**
 * What every spool promises of what is said of groups, and of their statuses, as checks to run on each layer of it beside
 * `spoolContract`.
 */
import * as Spool from "@lupin/spool/Spool"
import { Effect } from "effect"
import { article, group, id } from "./SampleArticles.ts"
import { equal, promise, type Promised } from "./SpoolPromise.ts"

const [alpha, beta, gamma] = [group("misc.alpha"), group("misc.beta"), group("misc.gamma")]

const groupsOf = (stored: Spool.Stored | undefined): ReadonlyArray<string> =>
  stored?._tag === "Filed" ? stored.numbers.map(([name]) => name) : []

export const groupContract: ReadonlyArray<Promised> = [
  promise("keeps what is said of a group until something else is, or the group is removed", function* () {
    const spool = yield* Spool.Spool
    const described = Effect.map(spool.group(alpha), (found) => [found?.status, found?.description])
    yield* spool.addGroup(alpha, "y", "Über alles")
    equal("added", yield* described, ["y", "Über alles"])
    yield* spool.addGroup(alpha, "m")
    equal("another status", yield* described, ["m", "Über alles"])
    const head = yield* spool.head
    yield* spool.addGroup(alpha, "m", "Über alles")
    equal("nothing new", yield* spool.head, head)
    yield* spool.addGroup(alpha, "m", "Talk")
    equal("another description", yield* described, ["m", "Talk"])
    yield* spool.removeGroup(alpha)
    yield* spool.addGroup(alpha, "y")
    equal("a new life", yield* described, ["y", undefined])
  }),
  promise("files by the status of groups: nowhere, as junk, or in the group that an alias names", function* () {
    const spool = yield* Spool.Spool
    yield* spool.addGroup(alpha, "x")
    yield* spool.addGroup(beta, `=${gamma}`)
    const [both, closed] = yield* spool.store([article(id("1"), [alpha, beta]), article(id("2"), [alpha])])
    equal("alias", groupsOf(both), [gamma])
    equal("closed", closed?._tag, "Closed")
    equal("not remembered", yield* spool.status([id("2")]), ["unknown"])
    yield* spool.addGroup(alpha, "j")
    const [junked] = yield* spool.store([article(id("2"), [alpha])])
    equal("junk", groupsOf(junked), ["junk"])
    const { changes } = yield* spool.changes(0, 10)
    equal(
      "Newsgroups for feeds",
      changes.flatMap((change) => (change._tag === "Filed" ? [change.newsgroups] : [])),
      [[alpha, beta], [alpha]]
    )
  }),
  promise("asks for approval where an alias leads to a moderated group", function* () {
    const spool = yield* Spool.Spool
    yield* spool.addGroup(alpha, `=${beta}`)
    yield* spool.addGroup(beta, "m")
    const approved = article(id("2"), [alpha], "words\r\n", [["Approved", "moderator@test.example"]])
    const [refused, filed] = yield* spool.store([article(id("1"), [alpha]), approved])
    equal("unapproved", refused, { _tag: "Unapproved", group: beta })
    equal("approved", groupsOf(filed), [beta])
  })
]
