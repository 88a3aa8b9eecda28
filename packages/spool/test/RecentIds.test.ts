import type * as MessageId from "@lupin/core/MessageId"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import { IdHash } from "../src/internal/IdHash.ts"
import { RecentIds } from "../src/internal/RecentIds.ts"
import { RecentOctets } from "../src/internal/RecentOctets.ts"
import * as Record from "../src/internal/Record.ts"

const idOf = (at: number): MessageId.MessageId => `<${at}@test.example>` as MessageId.MessageId

const recordOf = (at: number, position: number): ReadonlyArray<Uint8Array> => {
  const times = { position, atMillis: 1 }
  const filed = { ...times, id: idOf(at), numbers: [], path: "a", overview: new Uint8Array(0), bytes: 5 }
  return Record.encode([{ _tag: "Filed", ...filed }], Buffer.from("words"))
}

const step = fc.record({ at: fc.nat(30), act: fc.constantFrom("add", "add", "delete", "lose", "overwrite") })

describe("RecentIds", () => {
  it("finds an article where it was filed last, or says nothing", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const octets = new RecentOctets(1024 * 1024)
        const recent = new RecentIds((address, bytes) => octets.around(address, bytes), new IdHash("secret"))
        const held = new Map<string, object>()
        let address = 12
        for (const [turn, { act, at }] of steps.entries()) {
          if (act === "add") {
            const record = recordOf(at, turn)
            const bytes = record.reduce((sum, piece) => sum + piece.length, -Record.headBytes)
            octets.add(address, record)
            recent.add(idOf(at), address)
            held.set(idOf(at), { _tag: "Held", position: turn, address, bytes })
            address += Record.headBytes + bytes
          } else if (act === "delete") {
            recent.delete(idOf(at))
            held.delete(idOf(at))
          } else if (act === "lose") octets.drop(address - 1)
          else {
            // Another record lies where the table says.
            const before = address
            octets.cut(before)
            octets.add(before, recordOf(at + 100, turn))
            recent.delete(idOf(at))
            recent.add(idOf(at), before)
            held.delete(idOf(at))
            address += recordOf(at + 100, turn).reduce((sum, piece) => sum + piece.length, 0)
          }
          for (let one = 0; one <= 30; one++) {
            const found = recent.find(idOf(one))
            if (found !== undefined) expect(found).toEqual(held.get(idOf(one)))
          }
          if (act === "add") expect(recent.find(idOf(at))).toBeDefined()
        }
      })
    )
  })
})
