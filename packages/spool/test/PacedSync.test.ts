import { assert, describe, it } from "@effect/vitest"
import { PacedSync } from "../src/internal/PacedSync.ts"
import * as SyncPace from "../src/internal/SyncPace.ts"

/** A machine whose time goes on as it syncs; files above 100 lie on another device. */
class Machine {
  nanos = 0n
  micros = 50
  trouble: Error | undefined
  readonly begun: Array<readonly [where: SyncPace.Where, file: number]> = []
  /** What threads have yet to do. */
  readonly threads: Array<() => void> = []
  readonly paced = new PacedSync({
    deviceOf: (file) => (file > 100 ? 1 : 0),
    inPlace: (file) => {
      this.begun.push(["in-place", file])
      this.nanos += BigInt(this.micros) * 1_000n
      if (this.trouble !== undefined) throw this.trouble
    },
    byThread: (file, done) => {
      this.begun.push(["thread", file])
      this.threads.push(() => {
        this.nanos += BigInt(this.micros) * 1_000n
        done(this.trouble ?? null)
      })
    },
    monotonicNanos: () => this.nanos
  })

  /** Syncs a file, and says what came of it before the call returned, and in the end. */
  sync(file: number): { readonly atOnce: ReadonlyArray<Error | null>; readonly all: ReadonlyArray<Error | null> } {
    const all: Array<Error | null> = []
    this.paced.sync(file, (error) => all.push(error))
    const atOnce = [...all]
    for (const thread of this.threads.splice(0)) thread()
    return { atOnce, all }
  }

  trusted(): this {
    for (let at = 0; at < SyncPace.provenMin; at++) this.sync(1)
    return this
  }
}

describe("a paced sync", () => {
  it("calls back once: later where a thread does it, before it returns in place", () => {
    const machine = new Machine()
    assert.deepStrictEqual(machine.sync(1), { atOnce: [], all: [null] })
    machine.trusted()
    assert.deepStrictEqual(machine.sync(1), { atOnce: [null], all: [null] })
  })

  it("hands on what the system says, and leaves the next one to a thread", () => {
    const machine = new Machine().trusted()
    machine.trouble = new Error("input/output error")
    assert.deepStrictEqual(machine.sync(1), { atOnce: [machine.trouble], all: [machine.trouble] })
    assert.deepStrictEqual(machine.sync(1), { atOnce: [], all: [machine.trouble] })
  })

  it("leaves to a thread what follows a sync that stalled", () => {
    const machine = new Machine().trusted()
    machine.micros = 10_000_000
    assert.strictEqual(machine.sync(1).atOnce.length, 1)
    assert.strictEqual(machine.sync(1).atOnce.length, 0)
  })

  it("trusts each device by itself", () => {
    const machine = new Machine().trusted()
    assert.strictEqual(machine.sync(101).atOnce.length, 0)
    assert.strictEqual(machine.sync(2).atOnce.length, 1)
    assert.deepStrictEqual(machine.begun.slice(-2), [
      ["thread", 101],
      ["in-place", 2]
    ])
  })

  it("does not take for trouble of the disk what whoever is told throws", () => {
    const machine = new Machine().trusted()
    let told = 0
    assert.throws(
      () =>
        machine.paced.sync(1, () => {
          told += 1
          throw new Error("not the disk's")
        }),
      "not the disk's"
    )
    assert.strictEqual(told, 1)
    assert.strictEqual(machine.paced.whereOf(0), "in-place")
  })
})
