import type * as MessageId from "@lupin/core/MessageId"
import { id } from "@lupin/testing/SampleArticles"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Find from "../src/internal/Find.ts"
import type { Held } from "../src/Spool.ts"

describe("Find.upTo", () => {
  it("gives a beginning of what is found one by one, and stops once it takes the octets it may", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.nat(100)), { maxLength: 20 }),
        fc.integer({ min: 1, max: 300 }),
        (sizes, max) => {
          const held = sizes.map((size, position): Held | undefined =>
            size === null
              ? undefined
              : {
                  article: new Uint8Array(size),
                  numbers: [],
                  position,
                  arrivedMillis: 0,
                  xref: new Uint8Array(),
                  bytes: size,
                  wire: undefined
                }
          )
          const ids = sizes.map((_, at) => id(String(at)))
          const find = (one: MessageId.MessageId) => held[ids.indexOf(one)]
          const found = Find.upTo(find, ids, max)
          expect(found).toEqual(held.slice(0, found.length))
          const bytes = (some: ReadonlyArray<Held | undefined>) =>
            some.reduce((sum, one) => sum + (one?.article.length ?? 0), 0)
          expect(bytes(found.slice(0, -1))).toBeLessThan(max)
          if (found.length < ids.length) expect(bytes(found)).toBeGreaterThanOrEqual(max)
        }
      )
    )
  })
})
