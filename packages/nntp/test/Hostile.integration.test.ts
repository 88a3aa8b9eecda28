import { expect, describe, it } from "@effect/vitest"
import * as Limits from "@lupin/core/Limits"
import { Effect, Fiber } from "effect"
import { Buffer } from "node:buffer"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as net from "node:net"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as DotStuffing from "../src/DotStuffing.ts"
import { NntpServer } from "../src/NntpServer.ts"
import * as site from "./site.ts"
import { dial } from "./wire.ts"

const now = Effect.sync(() => Date.now())
const takeThis = (id: string, article: Uint8Array): string =>
  `TAKETHIS ${id}\r\n${Buffer.from(DotStuffing.stuff(article)).toString("latin1")}.\r\n`

/** An article whose header has one field more. */
const withField = (id: string, atMillis: number, field: string): Buffer =>
  Buffer.from(site.relayed(id, atMillis).toString("latin1").replace("From:", `${field}\r\nFrom:`), "latin1")

describe("NntpServer under hostile input", () => {
  it.live("drains and refuses what is too large, whichever part it is, and the next command is in step", () =>
    Effect.gen(function* () {
      const atMillis = yield* now
      const body = (bytes: number): string => `${"y".repeat(bytes)}\r\n`
      const sites = Array.from({ length: Limits.pathSitesMax + 2 }, (_, at) => `s${at}.test`).join("!")
      const names = Array.from({ length: 7_000 }, (_, at) => `misc.g${at}`).join(",")
      const oversized: Readonly<Record<string, Buffer>> = {
        article: site.relayed("<article@x>", atMillis, "misc.test", body(Limits.articleBytesMax)),
        "a body of one line": site.relayed("<line@x>", atMillis, "misc.test", body(3 * Limits.articleBytesMax)),
        header: withField("<header@x>", atMillis, `X-Long: ${"h".repeat(Limits.headerBytesMax)}`),
        "many header fields": withField(
          "<fields@x>",
          atMillis,
          Array.from({ length: 5_000 }, (_, at) => `X-Field-${at}: v`).join("\r\n")
        ),
        path: site.relayed("<path@x>", atMillis, "misc.test", "b\r\n", sites),
        newsgroups: site.relayed("<newsgroups@x>", atMillis, names),
        "a group's name": site.relayed("<name@x>", atMillis, `misc.${"n".repeat(Limits.groupNameBytesMax)}`)
      }
      const wire = yield* dial
      yield* wire.line
      for (const [part, article] of Object.entries(oversized)) {
        const id = /^Message-ID: (.*)\r$/m.exec(article.toString("latin1"))?.[1] ?? ""
        yield* wire.send(`${takeThis(id, article)}DATE\r\n`)
        expect(`${part}: ${yield* wire.line}`).toMatch(new RegExp(`: 439 ${id} `))
        expect(`${part}: ${yield* wire.line}`).toMatch(/: 111 /)
        yield* wire.send("POST\r\n")
        expect(`${part}: ${yield* wire.line}`).toMatch(/: 340 /)
        yield* wire.sendBlock(article)
        expect(`${part}: ${yield* wire.line}`).toMatch(/: 441 /)
        yield* wire.send(`IHAVE ${id}\r\n`)
        const answer = yield* wire.line
        if (answer.startsWith("335 ")) {
          yield* wire.sendBlock(article)
          expect(`${part}: ${yield* wire.line}`).toMatch(/: 437 /)
        } else expect(`${part}: ${answer}`).toMatch(/: 435 /)
        yield* wire.send(`STAT ${id}\r\nCHECK ${id}\r\n`)
        expect(`${part}: ${yield* wire.line}`).toMatch(/: 430 /)
        // Remembered, but for a way that was too long: another may be shorter.
        expect(`${part}: ${yield* wire.line}`).toMatch(part === "path" ? /: 238 / : /: 438 /)
      }
      yield* wire.send(
        `${"X".repeat(100_000)}\r\nDATE\r\nTAKETHIS <${"i".repeat(100_000)}@x>\r\nA: b\r\n\r\n.\r\nDATE\r\n`
      )
      for (const expected of [/^50[01] /, /^111 /, /^439 /, /^111 /]) expect(yield* wire.line).toMatch(expected)
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha")))
  )

  it.live("holds nobody up for a client that does not read, or one that sends an octet at a time", () =>
    Effect.gen(function* () {
      const { address, connections } = yield* NntpServer
      const atMillis = yield* now
      const wire = yield* dial
      yield* wire.line
      const large = site.relayed("<large@x>", atMillis, "misc.test", `${"z".repeat(900_000)}\r\n`)
      yield* wire.send(takeThis("<large@x>", large))
      expect(yield* wire.line).toBe("239 <large@x>")
      // Asks for a gigabyte and reads none of it.
      const deaf = yield* raw(address.port)
      deaf.pause()
      deaf.write("ARTICLE <large@x>\r\n".repeat(1_000))
      // Is in the middle of an article for as long as the test runs.
      const slow = yield* dial
      yield* slow.line
      const octets = takeThis("<slow@x>", site.relayed("<slow@x>", atMillis))
      yield* slow.send(octets.slice(0, 60))
      const memoryBefore = process.memoryUsage.rss()
      for (let turn = 0; turn < 200; turn++) {
        yield* slow.send(octets.slice(60 + turn, 61 + turn))
        const id = `<quick${turn}@x>`
        yield* wire.send(`${takeThis(id, site.relayed(id, atMillis))}STAT ${id}\r\n`)
        expect(yield* wire.line).toBe(`239 ${id}`)
        expect(yield* wire.line).toBe(`223 0 ${id}`)
      }
      expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(100_000_000)
      expect(yield* connections).toBe(3)
      // The slow one is still in step.
      yield* slow.send(`${octets.slice(260)}DATE\r\n`)
      expect(yield* slow.line).toBe("239 <slow@x>")
      expect(yield* slow.line).toMatch(/^111 /)
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha")))
  )

  it.live("holds only so much of unfinished articles, whoever sends them, and goes on with those that fit", () =>
    Effect.gen(function* () {
      const atMillis = yield* now
      const article = (id: string) =>
        takeThis(id, site.relayed(id, atMillis, "misc.test", `${"y".repeat(700_000)}\r\n`))
      const [first, second, third] = [yield* dial, yield* dial, yield* dial]
      for (const wire of [first, second, third]) yield* wire.line
      yield* first.send(article("<first@x>").slice(0, 600_000))
      yield* second.send(article("<second@x>").slice(0, 600_000))
      const [full, fits, id] = yield* Effect.raceFirst(
        Effect.as(first.end, [first, second, "<second@x>"] as const),
        Effect.as(second.end, [second, first, "<first@x>"] as const)
      )
      expect(yield* full.rest).toMatch(/^400 /)
      yield* third.send(takeThis("<small@x>", site.relayed("<small@x>", atMillis)))
      expect(yield* third.line).toBe("239 <small@x>")
      yield* fits.send(article(id).slice(600_000))
      expect(yield* fits.line).toBe(`239 ${id}`)
      yield* third.send(article("<later@x>"))
      expect(yield* third.line).toBe("239 <later@x>")
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha", { limits: () => ({ unfinishedBytesMax: 1_000_000 }) })))
  )

  it.live("closes a connection that sends octets all the time and completes nothing", () =>
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      yield* wire.send("TAKETHIS <slow@x>\r\n")
      const dribble = Effect.forever(Effect.andThen(wire.send("x"), Effect.sleep("2 millis")))
      const fiber = yield* Effect.forkScoped(dribble)
      expect(yield* wire.line).toMatch(/^400 /)
      yield* wire.end
      yield* Fiber.interrupt(fiber)
      const next = yield* dial
      yield* next.line
      yield* next.send("CHECK <slow@x>\r\n")
      expect(yield* next.line).toMatch(/^238 /)
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha", { limits: () => ({ idleMillisMax: 50 }) })))
  )

  it.live("leaves nothing behind of connections that were idle", () =>
    Effect.gen(function* () {
      const { address, connections } = yield* NntpServer
      const wave = Effect.gen(function* () {
        const clients = spawn(process.execPath, ["-e", idleClients, String(address.port), "500"], {
          stdio: ["pipe", "pipe", "inherit"]
        })
        yield* Effect.promise(() => once(clients.stdout, "data"))
        expect(yield* connections).toBe(500)
        const heldBytes = yield* heapBytes
        clients.kill()
        while ((yield* connections) > 0) yield* Effect.sleep("5 millis")
        return heldBytes
      })
      yield* wave
      const beforeBytes = yield* heapBytes
      const heldBytes = (yield* wave) - beforeBytes
      yield* wave
      const leftBytes = (yield* heapBytes) - beforeBytes
      expect(heldBytes / 500).toBeLessThan(20_000)
      expect(leftBytes).toBeLessThan(heldBytes / 10)
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha")))
  )
})

const raw = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => net.connect({ host: "127.0.0.1", port, noDelay: true }).on("error", () => {})),
    (socket) => Effect.sync(() => socket.destroy())
  )

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Octets that live objects take, garbage collected first. */
const heapBytes = Effect.gen(function* () {
  for (let turn = 0; turn < 3; turn++) {
    collect()
    yield* Effect.sleep("5 millis")
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
})

const idleClients = `
  const [port, count] = process.argv.slice(1).map(Number)
  let greeted = 0
  for (let at = 0; at < count; at++) {
    require("node:net").connect(port, "127.0.0.1").on("data", () => ++greeted === count && console.log("all"))
  }
`
