import type * as MessageId from "@lupin/core/MessageId"
import { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import type * as Connection from "../src/Connection.ts"
import * as converse from "./converse.ts"
import * as site from "./site.ts"

const sick = new SpoolUnavailable({ reason: "input/output error" })
const failing = Effect.fail(sick)

/** All that a connection asks of a spool whose disk fails, and of its doors. */
const sickSite = (whole: Spool["Service"]): Partial<Connection.Service> => ({
  spool: new Proxy(whole, {
    get: (target, name) => {
      const part: unknown = Reflect.get(target, name)
      if (name === "generation") return part
      return typeof part === "function" ? () => failing : failing
    }
  }),
  relayer: { offer: () => failing, isHere: () => false, receive: () => failing },
  injector: { inject: () => failing }
})

/** The first line of each answer. */
const talk = (said: string, part: (whole: Spool["Service"]) => Partial<Connection.Service>) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const whole = yield* Spool
      const { text } = yield* converse.converse([Buffer.from(said, "latin1")], part(whole))
      return text.split("\r\n").slice(1, -1)
    }).pipe(Effect.provide(Layer.merge(site.services("alpha"), TestClock.layer())))
  )

const relayed = `${site.relayed("<1@x.test>", converse.nowMillis).toString("latin1")}.\r\n`

describe("a connection to a site whose disk fails", () => {
  it("defers what peers bring, says to posters and readers to come again, and goes on", async () => {
    const lines = await talk(
      [
        "CHECK <1@x.test>\r\n",
        `TAKETHIS <1@x.test>\r\n${relayed}`,
        "IHAVE <1@x.test>\r\n",
        `POST\r\n${Buffer.from(site.proto("hi")).toString("latin1")}.\r\n`,
        "GROUP misc.test\r\n",
        "STAT <1@x.test>\r\n",
        "ARTICLE <1@x.test>\r\n",
        "OVER <1@x.test>\r\n",
        "LIST ACTIVE\r\n",
        "NEWNEWS * 20261101 000000\r\n",
        "DATE\r\n",
        "QUIT\r\n"
      ].join(""),
      sickSite
    )
    expect(lines.map((line) => line.slice(0, 3))).toEqual([
      "431",
      "431",
      "436",
      "340",
      "441",
      "403",
      "403",
      "403",
      "403",
      "403",
      "403",
      "111",
      "205"
    ])
    expect(lines.filter((line) => /^(403|441)/.test(line)).every((line) => line.includes(sick.reason))).toBe(true)
  })

  it("closes where a part of an answer is out already: no code can follow that", async () => {
    const many = Array.from({ length: 3_000 }, (_, at) => id(`n${at}`))
    const said = "GROUP misc.test\r\nLISTGROUP\r\nOVER 1-\r\nDATE\r\n"
    let pages = 0
    const lines = await Effect.runPromise(
      Effect.gen(function* () {
        const whole = yield* Spool
        yield* whole.store(many.map((one: MessageId.MessageId) => article(one, [group("misc.test")])))
        const part: Partial<Connection.Service> = {
          spool: { ...whole, overviewText: (...span) => (pages++ < 4 ? whole.overviewText(...span) : failing) }
        }
        const { text } = yield* converse.converse([Buffer.from(said, "latin1")], part)
        return text.split("\r\n").slice(1, -1)
      }).pipe(Effect.provide(Layer.merge(site.services("alpha"), TestClock.layer())))
    )
    expect(pages).toBe(5)
    expect(lines.some((line) => line.startsWith("224"))).toBe(true)
    expect(lines.at(-1)).not.toMatch(/^(111|403|\.$)/)
  })
})
