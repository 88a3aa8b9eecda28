import { describe, expect, it } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as Wildmat from "@lupin/core/Wildmat"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Network } from "../src/Network.ts"
import * as NntpClient from "../src/NntpClient.ts"
import * as NntpReader from "../src/NntpReader.ts"
import * as Hostile from "./hostileServer.ts"

const silenceMillisMax = 60_000
const answerBytesMax = 64 * 1024

const group = GroupName.GroupName.make("misc.test")
const ids = ["a", "b", "c"].map((name) => MessageId.MessageId.make(`<${name}@x.test>`))
const wildmat = Wildmat.everything

/** Everything a client asks of a server, with the number of commands that it takes at most. */
const asks: Readonly<
  Record<string, readonly [commands: number, ask: (reader: NntpReader.NntpReader) => Effect.Effect<unknown, unknown>]>
> = {
  capabilities: [1, (reader) => reader.capabilities],
  group: [1, (reader) => reader.group(group)],
  overview: [4, (reader) => reader.overview(group, 1, 100)],
  listgroup: [1, (reader) => reader.listgroup(group)],
  articles: [3, (reader) => reader.articles(ids)],
  active: [1, (reader) => reader.active(wildmat)],
  newnews: [1, (reader) => reader.newnews(wildmat, 0)],
  post: [2, (reader) => reader.post(new TextEncoder().encode("From: a@b\r\n\r\nx\r\n"))],
  date: [1, (reader) => reader.date],
  changes: [1, (reader) => reader.changes(wildmat, { after: 0 }, 100)],
  status: [1, (reader) => reader.status(ids)]
}

const block = fc
  .array(
    fc.oneof(
      fc.constantFrom("", "..", ".x", "1", "17", "-3", "1e400", "misc.test 9 1 y", "misc.test x y z", "<a@x.test>"),
      fc.constantFrom("1\tsubject\ta@b\tdate\t<a@x.test>\t\t1\t1", "F\t1\tx", "R\t2\t<a@x.test>", "R\tx\t<b@x.test>"),
      fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, " "))
    ),
    { maxLength: 12 }
  )
  .map((lines) => [...lines, "."].join("\r\n") + "\r\n")

/** An answer: of any code, with or without a block, whole or cut off, or none that could be read. */
const answer: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(
      fc.oneof(
        fc.constantFrom(200, 201, 101, 111, 205, 211, 215, 220, 224, 230, 282, 283, 335, 340, 381, 383, 400, 411, 430),
        fc.constantFrom(441, 480, 500, 502, 240, 435),
        fc.integer({ min: 100, max: 599 })
      ),
      fc.oneof(
        fc.constantFrom("", " 0 <a@x.test>", " 0 <b@x.test> x", " 3 1 3 misc.test", " 1 x NaN misc.test", " 20260101"),
        fc.constantFrom(" 20261301250000", " gen 1 2", " gen x y", " gen 9 3 reset", " gen held held held"),
        fc.string({ maxLength: 20 }).map((text) => ` ${text.replaceAll(/[\r\n]/g, " ")}`)
      ),
      fc.oneof({ weight: 2, arbitrary: fc.constant("") }, block)
    )
    .map(([code, text, lines]) => `${code}${text}\r\n${lines}`),
  fc.constantFrom("", "\r\n", ".\r\n", "\n", "999 x\r\n", "20 x\r\n", "\u0000\u0000\r\n", "2000 x\r\n"),
  fc.string({ maxLength: 40, unit: "binary" })
)

const pause = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 3 * silenceMillisMax }))
const acts: fc.Arbitrary<ReadonlyArray<Hostile.Act>> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(answer, pause, fc.nat(40))
      .map(([text, millis, cut]): ReadonlyArray<Hostile.Act> => [
        Hostile.say(text.slice(0, cut)),
        { _tag: "Wait", millis },
        Hostile.say(text.slice(cut))
      ])
  },
  { weight: 1, arbitrary: fc.constant([{ _tag: "Close" } as const]) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(101, 211, 215, 220, 224, 230, 282)
      .map((code) => [
        Hostile.say(`${code} 0 1 2\r\n`),
        { _tag: "Endless", text: "1\r\n".repeat(500), everyMillis: 0 } as const
      ])
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("x", "x\r\n", "200 ", "220 0 <a@x.test>\r\nx", "224 \r\n\r\n"), fc.constantFrom(0, 59_000))
      .map(([text, everyMillis]): ReadonlyArray<Hostile.Act> => [
        { _tag: "Endless", text: everyMillis === 0 ? text.repeat(99) : text, everyMillis }
      ])
  }
)

describe("NntpReader against a hostile server", () => {
  for (const [what, head, text] of [
    ["a line", "", "x".repeat(1_000)],
    ["lines", "", "200 hello\r\n"],
    ["a block of lines", "215 list\r\n", "misc.test 1 1 y\r\n"],
    ["a block of one line", "215 list\r\n", "x".repeat(1_000)]
  ] as const) {
    it.live(`ends ${what} without end by its octets, however fast they come`, () =>
      Effect.gen(function* () {
        const server = Hostile.network(() => ({
          opening: [Hostile.say("200 hello\r\n")],
          onLine: (line) =>
            line === "LIST ACTIVE *"
              ? [Hostile.say(head), { _tag: "Endless", text, everyMillis: 0 }]
              : [Hostile.say("500 what\r\n")]
        }))
        const reader = yield* Effect.provideService(
          NntpReader.connect({ host: "x.test", port: 119, answerBytesMax }),
          Network,
          server.network
        )
        yield* Effect.flip(reader.active(wildmat))
        yield* Effect.ignore(reader.client.ended)
        expect(server.traffic.bytes).toBeLessThan(answerBytesMax + 2_000)
      }).pipe(Effect.scoped)
    )
  }

  it.live("keeps no article that is too large to be taken anywhere, and no other than the one it asked for", () =>
    Effect.gen(function* () {
      const large = `220 0 <a@x.test>\r\n${"x".repeat(3 * Limits.articleBytesMax)}\r\n.\r\n`
      const answers = new Map([
        ["ARTICLE <a@x.test>", large],
        ["ARTICLE <b@x.test>", "220 0 <b@x.test>\r\nsmall\r\n.\r\n"],
        ["ARTICLE <c@x.test>", "220 0 <b@x.test>\r\nsmall\r\n.\r\n"]
      ])
      const { network } = Hostile.network(() => ({
        opening: [Hostile.say("200 hello\r\n")],
        onLine: (line) => [Hostile.say(answers.get(line) ?? "500 what\r\n")]
      }))
      const reader = yield* Effect.provideService(NntpReader.connect({ host: "x.test", port: 119 }), Network, network)
      const [a, b, c] = ids
      if (a === undefined || b === undefined || c === undefined) return
      expect((yield* reader.articles([a, b])).map((article) => article?.length)).toEqual([undefined, 7])
      expect(yield* Effect.flip(reader.articles([c]))).toMatchObject({ _tag: "NntpRefused", code: 220 })
    }).pipe(Effect.scoped)
  )

  it.live("does not take an article for posted that it has not sent", () =>
    Effect.gen(function* () {
      const { network } = Hostile.network(() => ({
        opening: [Hostile.say("200 hello\r\n")],
        onLine: (line) => [Hostile.say(line === "POST" ? "240 <a@x.test> taken\r\n" : "500 what\r\n")]
      }))
      const reader = yield* Effect.provideService(NntpReader.connect({ host: "x.test", port: 119 }), Network, network)
      const posting = reader.post(new TextEncoder().encode("From: a@b\r\n\r\nx\r\n"))
      expect(yield* Effect.flip(posting)).toMatchObject({ _tag: "NntpRefused", code: 240 })
    }).pipe(Effect.scoped)
  )

  it.effect("ends within its limits of time and octets, with an answer or a typed error, whatever is said", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.boolean(),
          fc.array(acts, { maxLength: 8 }),
          fc.constantFrom(...Object.keys(asks)),
          async (isPolite, answers, what) => {
            const [commands = 0, ask] = asks[what] ?? []
            let turn = 0
            const next = (): ReadonlyArray<Hostile.Act> => answers[turn++] ?? []
            const server = Hostile.network(() => ({
              opening: isPolite ? [Hostile.say("200 hello\r\n")] : next(),
              onLine: (line) => (isPolite && line === "CAPABILITIES" ? [Hostile.say("500 what\r\n")] : next())
            }))
            const program = Effect.gen(function* () {
              const reader = yield* NntpReader.connect({ host: "x.test", port: 119, silenceMillisMax, answerBytesMax })
              return yield* ask?.(reader) ?? Effect.void
            }).pipe(Effect.scoped, Effect.provideService(Network, server.network))
            const exit = await Effect.runPromise(
              Effect.gen(function* () {
                const fiber = yield* Effect.forkChild(program)
                // Greeting, CAPABILITIES, MODE READER and the commands; an answer of the largest size takes its time.
                const waits = 3 + commands + answerBytesMax / NntpClient.progressBytes
                yield* TestClock.adjust((waits + 1) * silenceMillisMax)
                const found = fiber.pollUnsafe()
                yield* Fiber.interrupt(fiber)
                return found
              }).pipe(Effect.provide(TestClock.layer()), Effect.scoped)
            )
            expect(exit, "it hangs").toBeDefined()
            if (exit !== undefined && Exit.isFailure(exit)) {
              expect(exit.cause.reasons.map((reason) => reason._tag)).toEqual(["Fail"])
            }
            const most = Math.max(0, ...answers.flat().map((act) => ("text" in act ? act.text.length : 0)))
            expect(server.traffic.bytes).toBeLessThan((commands + 4) * (answerBytesMax + 2 * most + 1_000))
          }
        ),
        { numRuns: 1_000 }
      )
    )
  )
})
