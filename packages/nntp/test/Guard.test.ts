import { assert, describe, it } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
import * as Wildmat from "@lupin/core/Wildmat"
import { InjectionRefused } from "@lupin/spool/Injector"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as Access from "../src/Access.ts"
import * as Guard from "../src/Guard.ts"
import * as site from "./site.ts"

const shown = GroupName.GroupName.make("misc.test")
const hidden = GroupName.GroupName.make("alt.hidden")
const noSecret = Effect.succeed(undefined)
const wildmat = (text: string): Wildmat.Wildmat => Wildmat.compile(text) ?? Wildmat.nothing
const memory = Spool.layerMemory.pipe(
  Layer.provide(SiteIdentity.layer({ name: "alpha", path: "alpha.test", kind: "central", apps: "any" }))
)

/** Everything that a session can ask, put to a spool about `group` and `of`. */
const asked = (spool: Guard.ReadableSpool, group: GroupName.GroupName, of: ReturnType<typeof id>) =>
  ({
    generation: Effect.succeed(spool.generation),
    status: spool.status([of]),
    find: spool.find(of),
    findAll: spool.findAll([of], 1_000_000),
    at: spool.group(group).pipe(Effect.flatMap((found) => spool.at(group, found?.low ?? 1))),
    group: spool.group(group),
    groups: Effect.map(spool.groups, (groups) => groups.find(({ name }) => name === group)),
    numbers: spool.numbers(group, 1, 2_147_483_647, 10),
    neighbour: spool.neighbour(group, 1, "next"),
    overview: spool.overview(group, 1, 2_147_483_647, 10),
    overviewText: spool.overviewText(group, 1, 2_147_483_647, 10),
    overviewOf: spool.overviewOf([of]),
    changes: Effect.map(spool.changes(0, 100), ({ changes }) => changes.filter((change) => change.id === of)),
    isErased: spool.isErased([of]),
    arrivedSince: Effect.map(spool.arrivedSince(0, 100), (all) =>
      all.filter((arrival) => arrival.id === of && arrival.groups.length > 0)
    )
  }) satisfies Record<keyof Guard.ReadableSpool, Effect.Effect<unknown, unknown>>

describe("Guard.spool", () => {
  it.effect("answers about a hidden group and its articles as if neither were there, whatever is asked", () =>
    Effect.gen(function* () {
      const spool = yield* Spool
      yield* spool.store([article(id("1"), [hidden]), article(id("2"), [shown])])
      const guarded = Guard.spool(spool, wildmat("misc.*"))
      for (const [name, question] of Object.entries(asked(guarded, hidden, id("1")))) {
        if (name === "generation") continue
        assert.include(
          [undefined, "[]", "[null]", "[false]", '["unknown"]', '{"rows":0,"last":0,"pieces":[]}'],
          JSON.stringify(yield* question),
          name
        )
      }
      const open = asked(guarded, shown, id("2"))
      const whole = asked(spool, shown, id("2"))
      for (const name of Object.keys(whole).filter((key): key is keyof typeof whole => key in whole)) {
        assert.deepStrictEqual<unknown>(yield* open[name], yield* whole[name], name)
      }
    }).pipe(Effect.provide(memory))
  )

  it.effect("hands on nothing but what is guarded, so that no session stores, removes or moves a follower", () =>
    Effect.gen(function* () {
      const guarded = Guard.spool(yield* Spool, wildmat("misc.*"))
      assert.sameMembers(Object.keys(guarded), Object.keys(asked(guarded, shown, id("1"))))
    }).pipe(Effect.provide(memory))
  )
})

/** The status of each group, and what the moderator may approve: `n` stands for a group that is not here. */
const statuses = { "misc.open": "y", "misc.moderated": "m", "alt.moderated": "m", "misc.unknown": "n" } as const
type Name = keyof typeof statuses
const names: ReadonlyArray<Name> = ["misc.open", "misc.moderated", "alt.moderated", "misc.unknown"]

describe("Guard.injector", () => {
  it("lets approve whoever moderates a group of the post, and all of its groups that are or may be moderated", () => {
    const groups: Pick<Guard.ReadableSpool, "group"> = {
      group: (name) => {
        const status = Object.entries(statuses).find(([known]) => known === name)?.[1] ?? "n"
        return Effect.succeed(
          status === "n" ? undefined : { name, status, low: 1, high: 0, count: 0, createdMillis: 0 }
        )
      }
    }
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
        fc.uniqueArray(fc.constantFrom(...names)),
        fc.boolean(),
        (newsgroups, moderates, isApproved) => {
          let told: boolean | undefined
          const whole: Guard.PostInjector = {
            inject: (_, { mayApprove }) => {
              told = mayApprove
              return Effect.fail(new InjectionRefused({ reason: { _tag: "Asked", field: "" }, message: "" }))
            }
          }
          const grants = { ...Access.everything, approve: wildmat(["!*", ...moderates].join(",")) }
          const proto = Buffer.concat([
            ...(isApproved ? [Buffer.from("Approved: moderator@example.test\r\n")] : []),
            site.proto("approved", newsgroups.join(", "))
          ])
          Effect.runSync(
            Effect.flip(Guard.injector(whole, groups, grants, "ann", noSecret).inject(proto, { writer: "client" }))
          )
          const isModerator = newsgroups.some((name) => moderates.includes(name))
          const isOpen = (name: Name): boolean => statuses[name] === "y" || moderates.includes(name)
          assert.strictEqual(told, isApproved && isModerator && newsgroups.every(isOpen))
        }
      )
    )
  })
})
