/**
 * Logs of which any octets rot: histories, what becomes of their records, and where each of these lies.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import { type Disk, node } from "../src/Disk.ts"

/** The disk of this machine, where no power is cut: syncs are most of the time that such histories take. */
export const disk: Disk = Object.assign({}, node, {
  sync: (_: number, done: (error: Error | null) => void) => setImmediate(done, null),
  syncNow: () => {},
  syncDirectory: () => {},
  replace: (name: string, octets: Uint8Array) => fs.writeFileSync(name, octets)
})

/** Octets of a file before its first record. */
export const fileHeadBytes = 12

/** Octets of the log as they lie: in a file, from one offset up to another. */
export interface Span {
  readonly file: string
  readonly from: number
  readonly to: number
}

/** What becomes of so many octets from some way into a record on; what is too large counts on from the beginning. */
export interface Rot {
  readonly record: number
  readonly at: number
  readonly bytes: number
  readonly how: "flipped" | "cleared"
}

export interface History {
  /** The lines of each article's body. */
  readonly bodies: ReadonlyArray<number>
  /** Articles that are cancelled once all are stored, by their place. */
  readonly cancelled: ReadonlyArray<number>
  readonly rots: ReadonlyArray<Rot>
  /** So do the heads of the files in which these records lie. */
  readonly heads: ReadonlyArray<number>
  readonly segmentBytes: number
  readonly isIndexLost: boolean
  /** An operator has looked before the spool is opened again. */
  readonly isVerified: boolean
}

const rot: fc.Arbitrary<Rot> = fc.record({
  record: fc.nat(7),
  // In its head, in what it tells, and anywhere.
  at: fc.oneof(fc.nat(11), fc.nat(200), fc.nat(3_000)),
  bytes: fc.constantFrom(1, 1, 2, 40, 512),
  how: fc.constantFrom("flipped", "cleared")
})

export const histories: fc.Arbitrary<History> = fc.record({
  // Of more octets than are read at once on the way to the next record, and of fewer.
  bodies: fc.array(fc.constantFrom(0, 1, 20, 400), { minLength: 1, maxLength: 7 }),
  cancelled: fc.uniqueArray(fc.nat(6), { maxLength: 2 }),
  rots: fc.array(rot, { minLength: 1, maxLength: 5 }),
  heads: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
  segmentBytes: fc.constantFrom(20, 3_000, 1_000_000),
  isIndexLost: fc.boolean(),
  isVerified: fc.boolean()
})

const filesOf = (directory: string): ReadonlyMap<string, Buffer> => {
  const log = path.join(directory, "log")
  return new Map(fs.readdirSync(log).map((name) => [path.join(log, name), fs.readFileSync(path.join(log, name))]))
}

/** Acts, and says where the one record lies that this has written. */
export const recordOf = <E, R>(directory: string, act: () => Effect.Effect<unknown, E, R>): Effect.Effect<Span, E, R> =>
  Effect.gen(function* () {
    const before = filesOf(directory)
    yield* act()
    const grown = [...filesOf(directory)].filter(([file, { length }]) => length > (before.get(file)?.length ?? 0))
    assert.strictEqual(grown.length, 1)
    const [file, octets] = grown[0] ?? assert.fail("nothing was written")
    return { file, from: before.get(file)?.length ?? fileHeadBytes, to: octets.length }
  })

/** Lets octets of these records rot, and says of each whether it is as it was. */
export const rotIn = (
  directory: string,
  records: ReadonlyArray<Span>,
  rots: ReadonlyArray<Rot>
): ReadonlyArray<boolean> => {
  const before = filesOf(directory)
  const after = new Map([...before].map(([file, octets]) => [file, Buffer.from(octets)]))
  const octetsOf = (files: ReadonlyMap<string, Buffer>, { file, from, to }: Span): Buffer =>
    (files.get(file) ?? assert.fail(`${file} is not there`)).subarray(from, to)
  for (const { at, bytes, how, record } of rots) {
    const octets = octetsOf(after, records[record % records.length] ?? assert.fail("there is no record"))
    const first = at % octets.length
    for (const [into, octet] of octets.subarray(first, first + bytes).entries()) {
      octets[first + into] = how === "flipped" ? octet ^ 1 : 0
    }
  }
  for (const [file, octets] of after) fs.writeFileSync(file, octets)
  return records.map((record) => octetsOf(before, record).equals(octetsOf(after, record)))
}

/** Lets the head of a file rot, by which it is known as one of a log. */
export const rotHead = (directory: string, file: string): void => {
  rotIn(directory, [{ file, from: 0, to: fileHeadBytes }], [{ record: 0, at: 3, bytes: 1, how: "flipped" }])
}
