import * as Fingerprint from "@lupin/core/Fingerprint"
import type * as MessageId from "@lupin/core/MessageId"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const ids = fc.uniqueArray(Netnews.messageId, { maxLength: 12 })
const of = (ids: ReadonlyArray<MessageId.MessageId>) => ids.reduce(Fingerprint.add, Fingerprint.empty)

describe("Fingerprint", () => {
  it("does not show the order of the ids", () => {
    fc.assert(
      fc.property(
        ids.chain((ids) => fc.tuple(fc.constant(ids), fc.shuffledSubarray(ids, { minLength: ids.length }))),
        ([ids, shuffled]) => {
          expect(of(shuffled)).toBe(of(ids))
        }
      )
    )
  })

  it("merges as the sets do", () => {
    fc.assert(
      fc.property(ids, fc.nat(12), (ids, cut) => {
        expect(Fingerprint.merge(of(ids.slice(0, cut)), of(ids.slice(cut)))).toBe(of(ids))
      })
    )
  })

  it("forgets what is taken out", () => {
    fc.assert(
      fc.property(ids, Netnews.messageId, (ids, id) => {
        expect(Fingerprint.remove(Fingerprint.add(of(ids), id), id)).toBe(of(ids))
      })
    )
  })

  it("differs between a set, the set without a member, and the set with a removal of it", () => {
    fc.assert(
      fc.property(ids, Netnews.messageId, (ids, id) => {
        const others = ids.filter((other) => other !== id)
        const without = of(others)
        const held = Fingerprint.add(without, id)
        const texts = [without, held, Fingerprint.addRemoval(held, id)].map(Fingerprint.text)
        expect(new Set(texts).size).toBe(3)
      })
    )
  })

  it("has another member for each number of nameless events and date of them, and none for none", () => {
    const nameless = fc.record({ count: fc.integer({ min: 1, max: 99 }), newestMillis: fc.nat() })
    fc.assert(
      fc.property(ids, nameless, nameless, (ids, one, other) => {
        const [first, second] = [one, other].map((gone) => Fingerprint.addNameless(of(ids), gone))
        const isSame = one.count === other.count && one.newestMillis === other.newestMillis
        expect(first === second).toBe(isSame)
        expect(first).not.toBe(of(ids))
        expect(Fingerprint.addNameless(of(ids), Fingerprint.noneNameless)).toBe(of(ids))
      })
    )
  })

  it("is the SHA-256 of its only member, cut to 16 octets in its text", () => {
    const one = Fingerprint.add(Fingerprint.empty, "<1@few.example>" as MessageId.MessageId)
    expect(Fingerprint.toHex(one)).toBe("50f4700a632cc417d49ed473e48377e1b01a2deeac290c13feb030d36a313d75")
    expect(Fingerprint.text(one)).toMatch(/^[a-z2-7]{26}$/)
  })

  it("reads back its hexadecimal form", () => {
    fc.assert(
      fc.property(ids, (ids) => {
        expect(Fingerprint.fromHex(Fingerprint.toHex(of(ids)))).toBe(of(ids))
      })
    )
    expect(Fingerprint.fromHex("0".repeat(63))).toBeUndefined()
  })
})
