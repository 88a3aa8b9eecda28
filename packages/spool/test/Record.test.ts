import { assert, describe, it } from "@effect/vitest"
import * as Xref from "@lupin/core/Xref"
import * as Netnews from "@lupin/testing/Netnews"
import { Buffer } from "node:buffer"
import * as fc from "fast-check"
import { crc32 } from "node:zlib"
import { HeldRecord } from "../src/internal/HeldRecord.ts"
import * as Leaving from "../src/internal/Leaving.ts"
import * as Record from "../src/internal/Record.ts"

const position = fc.integer({ min: 1, max: 2 ** 47 })
const atMillis = fc.integer({ min: 0, max: 2 ** 47 })
const number = fc.integer({ min: 1, max: 2_147_483_647 })
const numbers = fc.array(fc.tuple(Netnews.groupName, number), { maxLength: 20 })
const octets = fc.uint8Array({ maxLength: 9_000 })
const options = fc.record(
  {
    expiresMillis: atMillis,
    isWireReady: fc.constant(true),
    stored: fc.record({ class: fc.string().map((text) => text.toWellFormed()), address: position, bytes: number })
  },
  { requiredKeys: [] }
)
const slot = fc.record({ key: fc.string({ unit: "grapheme" }), rank: fc.string() })

const filed = fc
  .tuple(
    position,
    atMillis,
    Netnews.messageId,
    numbers,
    fc.option(slot, { nil: undefined }),
    fc.option(fc.array(Netnews.groupName, { maxLength: 4 }), { nil: undefined }),
    fc.option(atMillis, { nil: undefined }),
    fc.string(),
    octets,
    octets,
    options
  )
  .map(([position, atMillis, id, numbers, slot, newsgroups, injectedMillis, path, overview, article, options]) => ({
    event: {
      _tag: "Filed" as const,
      position,
      atMillis,
      id,
      numbers,
      path: path.toWellFormed(),
      overview: Buffer.from(overview).toString("latin1"),
      bytes: article.length,
      ...options,
      ...(newsgroups === undefined ? {} : { newsgroups }),
      ...(injectedMillis === undefined ? {} : { injectedMillis }),
      ...(slot === undefined ? {} : { slot: { key: slot.key.toWellFormed(), rank: slot.rank.toWellFormed() } })
    },
    article
  }))

const other: fc.Arbitrary<Record.Logged> = fc.oneof(
  fc.record(
    {
      _tag: fc.constantFrom("Cancelled", "Expired"),
      position,
      atMillis,
      id: Netnews.messageId,
      numbers,
      injectedMillis: atMillis
    },
    { requiredKeys: ["_tag", "position", "atMillis", "id", "numbers"] }
  ),
  fc.record({
    _tag: fc.constant("Superseded"),
    position,
    atMillis,
    id: Netnews.messageId,
    by: Netnews.messageId,
    numbers,
    injectedMillis: atMillis
  }),
  fc.record({
    _tag: fc.constant("Claimed"),
    position,
    atMillis,
    by: Netnews.messageId,
    claim: Netnews.siteClaim
  }),
  fc.record({
    _tag: fc.constant("GroupAdded"),
    position,
    atMillis,
    group: Netnews.groupName,
    status: fc.constantFrom("y", "n", "m", "x", "j", "=misc.test")
  }),
  fc.record({
    _tag: fc.constant("GroupAdded"),
    position,
    atMillis,
    group: Netnews.groupName,
    status: fc.constantFrom("y", "=misc.test"),
    description: fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.toWellFormed())
  }),
  fc.record({ _tag: fc.constant("GroupRemoved"), position, atMillis, group: Netnews.groupName })
)

const plain = (events: ReadonlyArray<Record.Logged>) => events.map((event) => ({ ...event }))

describe("Leaving", () => {
  it("tells what the removal of an article says of it, whatever else its filing says", () => {
    fc.assert(
      fc.property(filed, fc.array(other, { maxLength: 2 }), fc.nat(20), ({ article, event }, others, before) => {
        const record = Buffer.concat([Buffer.alloc(before, 255), Record.encode([event, ...others], article)])
        const { injectedMillis, numbers } = event
        const told = { numbers, ...(injectedMillis === undefined ? {} : { injectedMillis }) }
        assert.deepStrictEqual(Leaving.read(record, before + Record.headBytes), told)
      })
    )
  })
})

describe("HeldRecord", () => {
  it("tells of a filing what was written, wherever its article lies", () => {
    fc.assert(
      fc.property(filed, fc.array(other, { maxLength: 2 }), ({ article, event }, others) => {
        const record = Record.encode([event, ...others], article)
        const far = Uint8Array.of(1, 2, 3)
        const asked: Array<unknown> = []
        const elsewhere = (stored: object, id: string): Uint8Array => {
          asked.push({ ...stored }, id)
          return far
        }
        const start = Record.headBytes
        const held = HeldRecord.of(record, start, record.length, elsewhere, Buffer.from("Xref: here.test"))
        assert.isDefined(held)
        assert.deepStrictEqual(asked, event.stored === undefined ? [] : [event.stored, event.id])
        assert.deepStrictEqual(new Uint8Array(held.article), event.stored === undefined ? article : far)
        assert.deepStrictEqual(held.numbers, event.numbers)
        assert.strictEqual(held.position, event.position)
        assert.strictEqual(held.arrivedMillis, event.atMillis)
        assert.strictEqual(held.bytes, held.article.length)
        assert.strictEqual(held.wire !== undefined, event.isWireReady === true)
        const xref = `Xref: ${Xref.format("here.test", event.numbers)}`
        assert.strictEqual(Buffer.from(held.xref).toString("latin1"), xref)
        if (held.wire === undefined) return
        const into = Buffer.alloc(7 + held.wire.bytesMax)
        const end = held.wire.write(into, 7)
        const sent = `${event.id}\r\n${xref}\r\n${Buffer.from(held.article).toString("latin1")}`
        assert.strictEqual(into.toString("latin1", 7, end), sent)
      })
    )
  })

  it("is none where a record begins with another event, or the article has gone", () => {
    fc.assert(
      fc.property(other, filed, (event, { event: filing }) => {
        const of = (logged: Record.Logged): HeldRecord | undefined => {
          const record = Record.encode([logged], undefined)
          return HeldRecord.of(record, Record.headBytes, record.length, () => undefined, Buffer.alloc(0))
        }
        assert.isUndefined(of(event))
        if (filing.stored !== undefined) assert.isUndefined(of(filing))
      })
    )
  })
})

describe("Record", () => {
  it("reads back what it wrote, from its beginning alone", () => {
    fc.assert(
      fc.property(filed, fc.array(other, { maxLength: 2 }), ({ article, event }, others) => {
        const events = [event, ...others]
        const record = Record.encode(events, article)
        const head = Record.readHead(record)
        const { bytes } = head
        const payload = record.subarray(Record.headBytes)
        assert.strictEqual(payload.length, bytes)
        assert.isTrue(Record.isIntact(payload, head))
        const meta = payload.subarray(0, Record.metaBytes(payload, head))
        assert.isTrue(Record.isMetaIntact(meta, head))
        assert.deepStrictEqual(plain(Record.decode(meta, bytes)), plain(events))
        assert.deepStrictEqual(new Uint8Array(payload.subarray(meta.length)), article)
      })
    )
  })

  it("reads back events that have no article", () => {
    fc.assert(
      fc.property(other, (event) => {
        const record = Record.encode([event], undefined)
        assert.deepStrictEqual(
          plain(Record.decode(record.subarray(Record.headBytes), record.length - Record.headBytes)),
          plain([event])
        )
      })
    )
  })

  it("takes a record of an earlier format for what it is", () => {
    fc.assert(
      fc.property(filed, ({ article, event }) => {
        const record = Record.encode([event], article)
        const payload = record.subarray(Record.headBytes)
        const meta = payload.subarray(0, Record.metaBytes(payload, Record.readHead(record)))
        record.writeUInt32BE(crc32(meta, payload.length), 4)
        record.writeUInt32BE(crc32(payload, payload.length), 8)
        const head = Record.readHead(record)
        assert.isTrue(Record.isMetaIntact(meta, head))
        assert.isTrue(Record.isIntact(payload, head))
      })
    )
  })

  it("notices any octet that changed", () => {
    fc.assert(
      fc.property(filed, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ article, event }, at, change) => {
        const record = Record.encode([event], article)
        const place = at % record.length
        record[place] = (record[place] ?? 0) ^ change
        const payload = record.subarray(Record.headBytes)
        const head = Record.readHead(record)
        const isMetaCrc = place >= 4 && place < 8
        if (!isMetaCrc) assert.isFalse(Record.isIntact(payload, head))
        const bytes = Record.metaBytes(payload, head)
        const isArticle = place >= record.length - article.length || (place >= 8 && place < Record.headBytes)
        if (!isArticle && bytes !== undefined) assert.isFalse(Record.isMetaIntact(payload.subarray(0, bytes), head))
      })
    )
  })
})
