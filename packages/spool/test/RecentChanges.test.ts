import { id } from "@lupin/testing/SampleArticles"
import type { GroupName } from "@lupin/core/GroupName"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as Follow from "../src/internal/Follow.ts"
import { RecentChanges, recentEventsMin } from "../src/internal/RecentChanges.ts"
import type { Slab } from "../src/internal/RecentOctets.ts"
import * as Record from "../src/internal/Record.ts"
import type { Change } from "../src/Spool.ts"

const groups = ["misc.test", "clientposts.trailblaze.geo.us.idaho"] as unknown as ReadonlyArray<GroupName>

const filed = (position: number, some: Partial<Record.Filed>): Record.Filed => ({
  _tag: "Filed",
  position,
  atMillis: 1_700_000_000_000 + position,
  id: id(`${position % 5_000}`),
  numbers: groups.map((group) => [group, position] as const),
  path: "here.example!there.example!not-for-mail",
  overview: "\tsubject",
  bytes: 700,
  ...some
})

const optional = fc.record(
  {
    slot: fc.record({ key: fc.string(), rank: fc.string() }),
    newsgroups: fc.constant(groups),
    injectedMillis: fc.nat(),
    expiresMillis: fc.nat(),
    isWireReady: fc.constant(true as const),
    path: fc.string({ unit: "grapheme", maxLength: 400 })
  },
  { requiredKeys: [] }
)

/** As octets of a record, as an object, or no change at all. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ way: fc.constant("record" as const), some: optional }) },
  fc.record({ way: fc.constant("object" as const), some: optional }),
  fc.record({ way: fc.constant("nothing" as const), some: fc.constant({}) })
)

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

const changeOf = (event: Record.Brought): Change => {
  const change = Follow.toFiled({ ...event, overview: "" })
  if (change === undefined) throw new Error("no change")
  return change
}

/** A log of which every record is a slab, and some of it has left memory. */
class Log {
  #end = 12
  #slabs: Array<Slab> = []
  readonly look = (address: number): Slab | undefined => this.#slabs.find(({ start }) => start === address - 3)

  add(event: Record.Filed): number {
    const octets = Buffer.concat([Buffer.alloc(3), Record.encode([event], Buffer.alloc(700))])
    const start = this.#end
    this.#slabs.push({ start, octets, length: octets.length, isLent: false })
    this.#end += octets.length
    return start + 3
  }

  /** Slabs leave, and others take their places. */
  leave(recent: RecentChanges, isGone: (at: number) => boolean): void {
    const gone = this.#slabs.filter((_, at) => isGone(at))
    this.#slabs = this.#slabs.filter((slab) => !gone.includes(slab))
    for (const slab of gone) {
      recent.keep(slab)
      slab.octets.fill(0xff)
    }
  }
}

/** Takes the event in, and gives what is to be read of it. */
const take = (recent: RecentChanges, log: Log, position: number, { some, way }: Step): Change | undefined => {
  const event = filed(position, some)
  const change = way === "nothing" ? undefined : changeOf(event)
  if (way === "record") recent.addAt(log.add(event))
  else recent.add(change)
  return change
}

describe("RecentChanges", () => {
  it("tells of each event what was told of it when it came", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(step, fc.nat(9)), { minLength: 1, maxLength: 30 }),
        fc.nat(1000),
        fc.nat(40),
        (steps, first, erased) => {
          const log = new Log()
          const recent = new RecentChanges(first + 1, changeOf, log.look)
          const told = steps.map(([one, leaving], at) => {
            const change = take(recent, log, first + 1 + at, one)
            // The oldest, or any.
            if (leaving < 2) log.leave(recent, (slab) => slab < leaving + 1)
            if (leaving === 3) log.leave(recent, (slab) => slab % 3 === 1)
            return change
          })
          const gone = told[erased]?._tag === "Filed" ? told[erased].id : id("another")
          recent.erase(gone)
          const left = told.map((change) => (change?._tag === "Filed" && change.id === gone ? undefined : change))
          expect(told.map((_, at) => recent.get(first + 1 + at))).toEqual(left)
          log.leave(recent, () => true)
          expect(told.map((_, at) => recent.get(first + 1 + at))).toEqual(left)
          const last = left.findLast((change) => change !== undefined)
          expect(recent.find((change) => change.position === last?.position)).toEqual(last)
        }
      ),
      { numRuns: 200 }
    )
  })

  it("keeps the newest ones, and not many more", () => {
    const log = new Log()
    const recent = new RecentChanges(1, changeOf, log.look)
    const told: Array<Change | undefined> = []
    const [wide] = fc.sample(optional, { numRuns: 1, seed: 3 })
    for (let position = 1; position <= 5 * recentEventsMin + 7; position += 1) {
      const some = position % 100 === 0 ? { ...wide, path: "a".repeat(9_000) } : {}
      told.push(take(recent, log, position, { way: position % 7 === 0 ? "object" : "record", some }))
      log.leave(recent, (slab) => slab < position % 3)
      if (position % 1_000 !== 0) continue
      expect(recent.first).toBeLessThanOrEqual(Math.max(1, position - recentEventsMin + 1))
      expect(recent.first).toBeGreaterThan(position - 2 * recentEventsMin)
      for (const at of [recent.first, recent.first + 17, position - 1, position]) {
        expect(recent.get(at)).toEqual(told[at - 1])
      }
    }
  })
})
