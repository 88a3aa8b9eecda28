import { assert, describe, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import { AuthorityUnavailable, ControlAuthority } from "@lupin/spool/ControlAuthority"
import * as ControlMessages from "@lupin/spool/ControlMessages"
import { Injector } from "@lupin/spool/Injector"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer, Logger } from "effect"

const site = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })
const live = Injector.layer.pipe(Layer.provideMerge(Spool.layerMemory), Layer.provideMerge(site))

/** Trusts what says that it is signed. */
const trusting = Layer.succeed(ControlAuthority, {
  grants: (message, groups) =>
    Article.field(message, "X-Doubt") === undefined
      ? Effect.succeed(Article.field(message, "X-Signed") !== undefined && !groups.includes(group("comp.theirs")))
      : Effect.fail(new AuthorityUnavailable({ reason: "no tool" }))
})

const test = (
  name: string,
  body: (spool: Spool["Service"], injector: Injector["Service"]) => Effect.Effect<void, unknown, Spool>
) =>
  it.effect(name, () =>
    Effect.gen(function* () {
      yield* body(yield* Spool, yield* Injector)
    }).pipe(Effect.provide([Layer.fresh(live), trusting, Logger.layer([])]))
  )

const control = (name: string, content: string, fields: ReadonlyArray<readonly [string, string]>, body = "") =>
  article(id(name), [group("misc.test")], body, [["Control", content], ...fields])

const signed = [["X-Signed", "yes"]] as const
const list = "misc.a\tAbout a\r\nmisc.b\tAbout b (Moderated)\r\n"

const statuses = (spool: Spool["Service"]) =>
  Effect.map(spool.groups, (groups) =>
    Object.fromEntries(
      groups.filter(({ name }) => !/^control(\.|$)/.test(name)).map(({ name, status }) => [name, status])
    )
  )

describe("ControlMessages", () => {
  test("changes groups as signed messages say, in their order", (spool) =>
    Effect.gen(function* () {
      yield* spool.store([
        control("1", "newgroup misc.a", signed),
        control("2", "newgroup misc.b moderated", signed),
        control("3", "newgroup misc.c", signed),
        control("4", "rmgroup misc.c", signed)
      ])
      yield* ControlMessages.step()
      assert.deepStrictEqual(yield* statuses(spool), { "misc.a": "y", "misc.b": "m" })
      yield* spool.store([control("5", "newgroup misc.b", signed)])
      yield* ControlMessages.step()
      assert.deepStrictEqual(yield* statuses(spool), { "misc.a": "y", "misc.b": "y" })
    }))

  test("keeps what signed messages say of groups, and nothing that unsigned ones say", (spool) =>
    Effect.gen(function* () {
      const about = (text: string) => `For your newsgroups file:\r\nmisc.a\t${text}\r\n`
      const descriptions = Effect.map(spool.groups, (groups) =>
        Object.fromEntries(
          groups.flatMap(({ description, name }) => (description === undefined ? [] : [[name, description]]))
        )
      )
      yield* spool.store([
        control("1", "newgroup misc.a", signed, about("Über alles")),
        control("2", "newgroup misc.a", [], about("Lies"))
      ])
      yield* ControlMessages.step()
      assert.deepStrictEqual(yield* descriptions, { "misc.a": "Über alles" })
      yield* spool.store([control("3", "newgroup misc.a", signed), control("4", "checkgroups misc", signed, list)])
      yield* ControlMessages.step()
      assert.deepStrictEqual(yield* descriptions, { "misc.a": "About a", "misc.b": "About b (Moderated)" })
    }))

  test("makes a hierarchy what a signed list says", (spool) =>
    Effect.gen(function* () {
      yield* spool.addGroup(group("misc.old"), "y")
      yield* spool.addGroup(group("misc.b"), "y")
      yield* spool.addGroup(group("comp.c"), "y")
      yield* spool.store([control("1", "checkgroups misc #2026112100", signed, list)])
      yield* ControlMessages.step()
      assert.deepStrictEqual(yield* statuses(spool), { "misc.a": "y", "misc.b": "m", "comp.c": "y" })
    }))

  test("changes nothing for what is unsigned, in doubt, not granted in whole, or not about groups", (spool) =>
    Effect.gen(function* () {
      yield* spool.addGroup(group("misc.old"), "y")
      yield* spool.addGroup(group("comp.theirs"), "y")
      yield* spool.store([
        control("1", "newgroup misc.a", []),
        control("2", "rmgroup misc.old", []),
        control("3", "checkgroups", [], list),
        control("4", "newgroup misc.a", [["X-Doubt", "yes"]]),
        control("5", "checkgroups", signed, `${list}comp.ours\tOurs\r\n`),
        control("6", "sendsys", signed),
        control("7", "cancel <none@test.example>", signed)
      ])
      const { head, next } = yield* ControlMessages.step()
      assert.strictEqual(next, head)
      assert.deepStrictEqual(yield* statuses(spool), { "misc.old": "y", "comp.theirs": "y" })
    }))

  test("acts on a message once", (spool) =>
    Effect.gen(function* () {
      yield* spool.store([control("1", "newgroup misc.a", signed)])
      yield* ControlMessages.step()
      yield* spool.removeGroup(group("misc.a"))
      yield* ControlMessages.step()
      assert.deepStrictEqual(yield* statuses(spool), {})
    }))

  test("lets the local operator change groups at once, and nobody else", (spool, injector) =>
    Effect.gen(function* () {
      const proto = (content: string) =>
        Article.make(
          [
            ["From", "operator <operator@boi.example>"],
            ["Newsgroups", "misc.test"],
            ["Subject", `cmsg ${content}`],
            ["Control", content]
          ],
          ""
        )
      yield* injector.inject(proto("newgroup misc.a moderated"), { writer: "operator" })
      const refused = yield* Effect.flip(injector.inject(proto("newgroup misc.b"), { writer: "client" }))
      assert.strictEqual(refused._tag, "InjectionRefused")
      assert.deepStrictEqual(yield* statuses(spool), { "misc.a": "m" })
      yield* injector.inject(proto("rmgroup misc.a"), { writer: "operator" })
      assert.deepStrictEqual(yield* statuses(spool), {})
    }))
})
