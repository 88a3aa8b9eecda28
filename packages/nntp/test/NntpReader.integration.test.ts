import { describe, expect, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Wildmat from "@lupin/core/Wildmat"
import { Spool } from "@lupin/spool/Spool"
import { Effect, type Scope } from "effect"
import { Buffer } from "node:buffer"
import * as Capabilities from "../src/Capabilities.ts"
import { NntpDisconnected, NntpRefused } from "../src/NntpError.ts"
import * as NntpReader from "../src/NntpReader.ts"
import * as NntpReaderPool from "../src/NntpReaderPool.ts"
import { NntpServer } from "../src/NntpServer.ts"
import * as StubServer from "./stubServer.ts"
import * as site from "./site.ts"

const group = GroupName.GroupName.make("misc.test")
const id = (text: string): MessageId.MessageId => MessageId.MessageId.make(text)

const readerTest = (
  name: string,
  test: (reader: NntpReader.NntpReader) => Effect.Effect<void, unknown, site.Services | NntpServer | Scope.Scope>
) =>
  it.live(name, () =>
    Effect.gen(function* () {
      const { address } = yield* NntpServer
      yield* test(yield* NntpReader.connect(address))
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha")))
  )

describe("NntpReader", () => {
  readerTest("posts, and reads back by group, overview and id", (reader) =>
    Effect.gen(function* () {
      const ids: Array<MessageId.MessageId> = []
      for (const subject of ["one", "two", "three"]) {
        const posted = yield* reader.post(site.proto(subject))
        if (posted !== undefined) ids.push(posted)
      }
      const found = yield* reader.group(group)
      expect(found?.count).toBe(3)
      const rows = yield* reader.overview(group, found?.low ?? 0, found?.high ?? 0)
      expect(rows.map((row) => [row.subject, row.messageId])).toEqual([
        ["one", ids[0]],
        ["two", ids[1]],
        ["three", ids[2]]
      ])
      expect(yield* reader.listgroup(group)).toEqual(rows.map((row) => row.number))
      expect(yield* reader.listgroup(group, { low: rows[1]?.number ?? 0, high: rows[1]?.number ?? 0 })).toHaveLength(1)
      const [second, none] = yield* reader.articles([ids[1] ?? id("<x@x>"), id("<none@x>")])
      expect(none).toBeUndefined()
      const read = Article.read(second ?? Buffer.alloc(0))
      expect(Article.isMalformed(read) ? read.reason : Article.field(read, "subject")).toBe("two")
    })
  )

  readerTest("answers with nothing for what the server does not have", (reader) =>
    Effect.gen(function* () {
      expect(yield* reader.group(group)).toBeUndefined()
      expect(yield* reader.overview(group, 1, 100)).toEqual([])
      expect(yield* reader.listgroup(group)).toEqual([])
      expect(yield* reader.active(Wildmat.everything)).toEqual([])
      expect(yield* reader.articles([])).toEqual([])
      expect(yield* reader.status([])).toEqual({ generation: "", statuses: [] })
    })
  )

  readerTest("tells what is new since a date, by group list and by id", (reader) =>
    Effect.gen(function* () {
      const posted = yield* reader.post(site.proto("one", "misc.test,comp.lang"))
      expect(yield* reader.newnews(Wildmat.compile("comp.*") ?? Wildmat.nothing, 0)).toEqual([posted])
      expect(yield* reader.newnews(Wildmat.nothing, 0)).toEqual([])
      const groups = yield* reader.active(Wildmat.everything)
      expect(groups.map(({ name }) => name)).toEqual(["comp.lang", "misc.test"])
      const dateMillis = yield* reader.date
      expect(Math.abs(dateMillis - Date.now())).toBeLessThan(60_000)
    })
  )

  readerTest("follows changes, with what was removed, from where it was", (reader) =>
    Effect.gen(function* () {
      const spool = yield* Spool
      const wildmat = Wildmat.compile("misc.*") ?? Wildmat.nothing
      const one = yield* reader.post(site.proto("one"))
      yield* reader.post(site.proto("elsewhere", "comp.lang"))
      const two = yield* reader.post(site.proto("two"))
      if (one === undefined || two === undefined) return
      const first = yield* reader.changes(wildmat, { after: 0 }, 1)
      expect(first).toMatchObject({ reset: true, generation: spool.generation.id })
      expect(first.rows.map((row) => [row._tag, row.id])).toEqual([["Filed", one]])
      const cursor = { generation: first.generation, after: first.next }
      const second = yield* reader.changes(wildmat, cursor, 100)
      expect(second.reset).toBe(false)
      expect(second.rows.map((row) => row.id)).toEqual([two])
      expect(second.next).toBe(second.head)
      yield* spool.remove([one], "cancelled")
      const third = yield* reader.changes(wildmat, { generation: second.generation, after: second.next }, 100)
      expect(third.rows).toEqual([{ _tag: "Removed", position: third.head, id: one }])
      const again = yield* reader.changes(wildmat, { generation: "another", after: 99 }, 100)
      expect(again.reset).toBe(true)
      expect(again.rows.map((row) => [row._tag, row.id])).toEqual([
        ["Filed", two],
        ["Removed", one]
      ])
    })
  )

  readerTest("asks for the status of more ids than a line holds", (reader) =>
    Effect.gen(function* () {
      const spool = yield* Spool
      const posted = yield* reader.post(site.proto("one"))
      if (posted === undefined) return
      yield* spool.remove([id("<gone@x>")], "cancelled")
      const many = Array.from({ length: 30 }, (_, index) => id(`<${"n".repeat(40)}${index}@x>`))
      const { generation, statuses } = yield* reader.status([posted, ...many, id("<gone@x>")])
      expect(generation).toBe(spool.generation.id)
      expect(statuses).toEqual(["held", ...many.map(() => "unknown"), "removed"])
    })
  )

  readerTest("learns the generation of one of our own servers from its capabilities", (reader) =>
    Effect.gen(function* () {
      const spool = yield* Spool
      const capabilities = yield* reader.capabilities
      expect(Capabilities.has(capabilities, "XLUPIN", "XCHANGES")).toBe(true)
      expect(capabilities.generation).toEqual({
        id: spool.generation.id,
        startedMillis: spool.generation.startedMillis
      })
    })
  )

  readerTest("lets many fibers share one connection, posts between pipelines included", (reader) =>
    Effect.gen(function* () {
      const tasks = Array.from({ length: 40 }, (_, index) =>
        index % 4 === 0
          ? Effect.map(reader.post(site.proto(`post ${index}`)), (posted) => posted !== undefined)
          : Effect.map(reader.status([id(`<s${index}@x>`)]), ({ statuses }) => statuses[0] === "unknown")
      )
      expect(yield* Effect.all(tasks, { concurrency: "unbounded" })).toEqual(tasks.map(() => true))
    })
  )

  readerTest("says with which code a post was refused, and goes on", (reader) =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(reader.post(Buffer.from("Subject: x\r\n\r\n")))
      expect(refused).toBeInstanceOf(NntpRefused)
      expect(refused).toMatchObject({ command: "POST", code: 441 })
      expect(yield* reader.post(site.proto("good"))).toBeDefined()
    })
  )

  readerTest("is in step after a caller was interrupted", (reader) =>
    Effect.gen(function* () {
      for (let round = 0; round < 20; round += 1) {
        yield* Effect.raceFirst(reader.capabilities, Effect.void)
        expect(yield* reader.group(group)).toBeUndefined()
      }
    })
  )
})

describe("NntpReader at a server that fails", () => {
  const failing = (name: string, answer: StubServer.Answer, check: (error: unknown) => void) =>
    it.live(name, () =>
      Effect.gen(function* () {
        const port = yield* StubServer.listen(answer)
        const result = Effect.flatMap(
          NntpReader.connect({ host: "127.0.0.1", port, silenceMillisMax: 100 }),
          (reader) => reader.group(group)
        )
        check(yield* Effect.flip(result))
      }).pipe(Effect.scoped)
    )

  failing("fails at once where the greeting is a refusal", StubServer.greet("502 go away\r\n"), (error) => {
    expect(error).toBeInstanceOf(NntpDisconnected)
    expect(error).toMatchObject({ reason: "said 502 go away" })
  })
  failing(
    "fails where the server says nothing",
    () => undefined,
    (error) => {
      expect(error).toMatchObject({ reason: "gave no answer in time" })
    }
  )
  failing("fails where no answer comes", StubServer.greet("200 hi\r\n"), (error) => {
    expect(error).toMatchObject({ reason: "gave no answer in time" })
  })
  failing("fails where the server hangs up in mid answer", StubServer.greet("200 hi\r\n", "211 1 1", true), (error) => {
    expect(error).toMatchObject({ reason: "closed the connection" })
  })
  failing("fails where the answer is no NNTP", StubServer.greet("200 hi\r\n", "HTTP/1.1 400\r\n"), (error) => {
    expect(error).toMatchObject({ reason: "sent what is no reply" })
  })

  it.live("fails where nobody listens", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(NntpReader.connect({ host: "127.0.0.1", port: 1 }))
      expect(error.reason).toContain("ECONNREFUSED")
    }).pipe(Effect.scoped)
  )

  it.live("says that it is a reader to a server that also has peers", () =>
    Effect.gen(function* () {
      const answers = StubServer.byLine({
        CAPABILITIES: "101 list\r\nVERSION 2\r\nIHAVE\r\nMODE-READER\r\n.\r\n",
        "MODE READER": "201 no posting\r\n",
        DATE: "111 20260102030405\r\n"
      })
      const heard: Array<string> = []
      const port = yield* StubServer.listen((line) => {
        if (line !== undefined) heard.push(line)
        return line === "DATE" && !heard.includes("MODE READER") ? "401 MODE-READER\r\n" : answers(line)
      })
      const reader = yield* NntpReader.connect({ host: "127.0.0.1", port })
      expect(yield* reader.date).toBe(Date.UTC(2026, 0, 2, 3, 4, 5))
      expect(heard).toEqual(["CAPABILITIES", "MODE READER", "DATE"])
    }).pipe(Effect.scoped)
  )

  it.live("learns the id of its post wherever the server's answer tells it", () =>
    Effect.gen(function* () {
      const answers = { POST: "340 go on\r\n", ".": "240 Article received <a@b.test>\r\n" }
      const port = yield* StubServer.listen((line) =>
        line === undefined || line in answers || !/[.:]/.test(line) ? StubServer.byLine(answers)(line) : undefined
      )
      const reader = yield* NntpReader.connect({ host: "127.0.0.1", port })
      expect(yield* reader.post(Buffer.from("Subject: a\r\n.\r\n"))).toBe("<a@b.test>")
    }).pipe(Effect.scoped)
  )

  it.live("falls back to XOVER where the server has no OVER", () =>
    Effect.gen(function* () {
      const port = yield* StubServer.listen(
        StubServer.byLine({
          "GROUP misc.test": "211 1 5 5 misc.test\r\n",
          "XOVER 1-9": "224 rows\r\n5\tsubject\tfrom\tdate\t<a@b>\t\t10\t1\r\n.\r\n"
        })
      )
      const reader = yield* NntpReader.connect({ host: "127.0.0.1", port })
      const rows = yield* reader.overview(group, 1, 9)
      expect(rows.map((row) => [row.number, row.messageId])).toEqual([[5, "<a@b>"]])
    }).pipe(Effect.scoped)
  )
})

describe("NntpReaderPool", () => {
  it.live("opens no more connections than it may, and replaces broken ones", () =>
    Effect.gen(function* () {
      const server = yield* NntpServer
      const pool = yield* NntpReaderPool.make({ ...server.address, connectionsMax: 2 })
      const use = pool.use((reader) => Effect.andThen(reader.date, server.connections))
      const open = yield* Effect.all(
        Array.from({ length: 12 }, () => use),
        { concurrency: "unbounded" }
      )
      expect(Math.max(...open)).toBeLessThanOrEqual(2)
      yield* pool.use((reader) =>
        Effect.flatMap(reader.client.exchange([{ line: "QUIT" }]), () => Effect.flip(reader.client.ended))
      )
      expect(yield* use).toBeLessThanOrEqual(2)
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha")))
  )
})
