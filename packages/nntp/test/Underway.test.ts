import { Spool } from "@lupin/spool/Spool"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as Connection from "../src/Connection.ts"
import * as DotStuffing from "../src/DotStuffing.ts"
import * as Underway from "../src/Underway.ts"
import * as converse from "./converse.ts"
import { Door, Line } from "./line.ts"
import * as site from "./site.ts"

const ids = ["<a@x>", "<b@x>", "<c@x>", "<d@x>"]
const article = (id: string, body: string): string =>
  `${Buffer.from(DotStuffing.stuff(site.relayed(id, converse.nowMillis, "misc.test", body))).toString("latin1")}.\r\n`

const command = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.nat({ max: 400 }), fc.constantFrom(10, 10, 10, 30_000))
      .map(([n, size]) => `TAKETHIS <n${n}@x>\r\n${article(`<n${n}@x>`, `${"x".repeat(size)}\r\n`)}`)
  },
  { weight: 2, arbitrary: fc.constantFrom(...ids).map((id) => `TAKETHIS ${id}\r\n${article(id, "b\r\n")}`) },
  { weight: 2, arbitrary: fc.constantFrom(...ids).map((id) => `CHECK ${id}\r\n`) },
  { weight: 1, arbitrary: fc.nat({ max: 400 }).map((n) => `CHECK <n${n}@x>\r\n`) },
  { weight: 1, arbitrary: fc.constantFrom("DATE\r\n", "STAT <z@x>\r\n", "GROUP no.such\r\n", "NONSENSE\r\n") }
)

type Fate = "none" | "well" | "sick" | "late" | "drain"

/** Each time the connection is left alone: what becomes of it: a batch is answered, the first or a later one, or the client reads. */
const outcomes = fc.array(fc.constantFrom<Fate>("none", "well", "well", "sick", "late", "drain"), {
  minLength: 1,
  maxLength: 40
})

interface Size {
  readonly bytes: number
  readonly commands: number
}

/** Of chunks, over and over: so many octets, or those of so many commands. */
const chunks: fc.Arbitrary<ReadonlyArray<Size>> = fc.array(
  fc.oneof(
    fc.integer({ min: 50, max: 700 }).map((bytes) => ({ bytes, commands: 0 })),
    fc.integer({ min: 2_000, max: 65_536 }).map((bytes) => ({ bytes, commands: 0 })),
    fc.integer({ min: 1, max: 40 }).map((count) => ({ bytes: 0, commands: count }))
  ),
  { minLength: 1, maxLength: 12 }
)

const codes: Readonly<Record<string, string>> = { DATE: "111", STAT: "430", GROUP: "411", NONSENSE: "500", QUIT: "205" }

const serveOn = (line: Line, door: Door) =>
  Effect.gen(function* () {
    const whole = yield* Spool
    const served = yield* converse.service
    const spool = new Proxy(whole, {
      get: (target, name) => {
        // Other commands see what came of all articles before them.
        if (name !== "generation") expect(door.waiting).toEqual([])
        return Reflect.get(target, name)
      }
    })
    yield* Connection.serve({ ...served, spool, relayer: door.relayer }, line.transport)
  }).pipe(
    Effect.ensuring(Effect.sync(() => (line.isOver = true))),
    Effect.scoped,
    Effect.provide(Layer.merge(site.services("alpha"), TestClock.layer()))
  )

const turn = Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))

const cut = (commands: ReadonlyArray<string>, sizes: ReadonlyArray<Size>): ReadonlyArray<Buffer> => {
  const pieces: Array<Buffer> = []
  let rest = Buffer.from(commands.join(""), "latin1")
  const ends = commands.map((_, at) => commands.slice(0, at + 1).join("").length)
  for (let n = 0, done = 0; rest.length > 0; n++) {
    const { bytes, commands: count } = sizes[n % sizes.length] ?? { bytes: 1, commands: 0 }
    const begun = ends.filter((end) => end <= done).length
    const piece = rest.subarray(0, bytes > 0 ? bytes : (ends[begun + count - 1] ?? Infinity) - done)
    pieces.push(piece)
    done += piece.length
    rest = rest.subarray(piece.length)
  }
  return pieces
}

const befall = (what: Fate | undefined, line: Line, door: Door): void => {
  if (what === "drain") line.drain()
  else if (what === "late") door.answer(1, true)
  else if (what !== "none") door.answer(0, what === "well")
}

/** The client ends its side at once, or when it has got its replies, or says QUIT; or the server stops. */
type End = "end" | "wait" | "quit" | "cut"

/** What a connection says to these commands. */
const talk = (line: Line, door: Door, pieces: ReadonlyArray<Buffer>, fates: ReadonlyArray<Fate>, end: End) =>
  Effect.gen(function* () {
    const serving = yield* Effect.forkChild(serveOn(line, door))
    let at = 0
    yield* turn
    for (const piece of pieces) {
      line.give(piece)
      befall(fates[at++ % fates.length], line, door)
      yield* turn
      befall(fates[at++ % fates.length], line, door)
      befall(fates[at++ % fates.length], line, door)
    }
    if (end === "cut") yield* Fiber.interrupt(serving)
    if (end === "end") line.end()
    for (let quiet = 0; quiet < 5; quiet = line.isAtRest && door.waiting.length === 0 ? quiet + 1 : 0) {
      line.drain()
      door.answer(0, at++ % 3 > 0)
      yield* turn
    }
    // Whoever waits for its replies before it says more gets all of them.
    const before = line.written
    line.end()
    yield* Fiber.await(serving)
    expect(line.written).toBe(before)
    if (end !== "cut") yield* Fiber.join(serving)
    return line.written.split("\r\n").slice(1, -1)
  })

/** What has to be said to each command, by what the door has said of each article. */
const expectedOf = (commands: ReadonlyArray<string>, door: Door): ReadonlyArray<string> => {
  const said = door.said.values()
  const held = new Set<string>()
  return commands.map((one) => {
    const [word = "", id = ""] = one.split(/[ \r]/)
    // Whoever asks for what it has just sent gets the answer of what became of that.
    if (word === "CHECK") return `${held.has(id) ? 438 : 238} ${id}`
    if (word !== "TAKETHIS") return codes[word] ?? ""
    const reply = String(said.next().value)
    if (reply === `239 ${id}`) held.add(id)
    return reply
  })
}

/** The article that a TAKETHIS brings, its id in front. */
const articleOf = (takeThis: string): string => {
  const end = takeThis.indexOf("\r\n")
  const stuffed = Buffer.from(takeThis.slice(end + 2, -".\r\n".length), "latin1")
  return `${takeThis.slice("TAKETHIS ".length, end)} ${Buffer.from(DotStuffing.unstuff(stuffed)).toString("latin1")}`
}

describe("articles under way", () => {
  it("gets every command its reply, in order, however chunks and answers fall", async () => {
    let most = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 120 }),
        chunks,
        outcomes,
        fc.constantFrom(0, 0, 1, 3),
        fc.constantFrom(0, 0, 1, 2),
        fc.constantFrom<End>("end", "wait", "quit", "cut"),
        async (asked, sizes, fates, promptEvery, blockEvery, end) => {
          const door = new Door(promptEvery)
          const line = new Line(blockEvery)
          const commands = end === "quit" ? [...asked, "QUIT\r\n"] : asked
          const got = await Effect.runPromise(talk(line, door, cut(commands, sizes), fates, end))
          const expected = expectedOf(commands, door).slice(0, end === "cut" ? got.length : undefined)
          expect(got.map((one, n) => one.slice(0, expected[n]?.length))).toEqual(expected)
          const sent = commands.filter((one) => one.startsWith("TAKETHIS")).map(articleOf)
          expect(door.came).toEqual(end === "cut" ? sent.slice(0, door.came.length) : sent)
          expect(door.bytesMost).toBeLessThanOrEqual(Underway.articleBytesMax)
          most = Math.max(most, door.waitingMost)
        }
      ),
      { numRuns: 150 }
    )
    // Else nothing was tried.
    expect(most).toBeGreaterThan(2)
  })
})
