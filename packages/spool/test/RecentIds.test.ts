import type * as MessageId from "@lupin/core/MessageId"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import { IdHash } from "../src/internal/IdHash.ts"
import { Draft } from "../src/internal/Draft.ts"
import { RecentIds } from "../src/internal/RecentIds.ts"
import { RecentOctets } from "../src/internal/RecentOctets.ts"
import * as Record from "../src/internal/Record.ts"

const idOf = (at: number): MessageId.MessageId => `<${at}@test.example>` as MessageId.MessageId

/** Writes a record into what is in memory, and gives its length. */
const write = (octets: RecentOctets, address: number, at: number, position: number): number => {
  const filed = { position, atMillis: 1, id: idOf(at), numbers: [], path: "a", overview: "", bytes: 5 }
  const draft = new Draft(address, octets.slabBefore(address))
  draft.add([{ _tag: "Filed", ...filed }], Buffer.from("words"))
  for (const part of draft.parts) octets.keep(part)
  return draft.bytes
}

const step = fc.record({ at: fc.nat(30), act: fc.constantFrom("add", "add", "delete", "lose", "overwrite") })

describe("RecentIds", () => {
  it("finds an article where it was filed last, or says nothing", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const octets = new RecentOctets(1024 * 1024)
        const recent = new RecentIds((address, bytes) => octets.look(address, bytes), new IdHash("secret"))
        const held = new Map<string, object>()
        let address = 12
        for (const [turn, { act, at }] of steps.entries()) {
          if (act === "add") {
            const bytes = write(octets, address, at, turn) - Record.headBytes
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
            address += write(octets, before, at + 100, turn)
            recent.delete(idOf(at))
            recent.add(idOf(at), before)
            held.delete(idOf(at))
          }
          for (let one = 0; one <= 30; one++) {
            const found = recent.find(idOf(one))
            if (found !== undefined) expect(found).toEqual({ ...held.get(idOf(one)), isSeen: true })
          }
          if (act === "add") expect(recent.find(idOf(at))).toBeDefined()
        }
      })
    )
  })
})
