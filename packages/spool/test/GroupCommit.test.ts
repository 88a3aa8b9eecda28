import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Draft } from "../src/internal/Draft.ts"
import * as GroupCommit from "../src/internal/GroupCommit.ts"
import type * as Plan from "../src/internal/Plan.ts"
import { article, group, id } from "@lupin/testing/SampleArticles"

type Act = "write" | "sync" | "recover" | "publish" | "settle"

/** What happens next on the disk: where a sync is done, and what fails. */
interface Luck {
  readonly isInPlace: boolean
  readonly writeFails: boolean
  readonly syncFails: boolean
  readonly recoverFails: boolean
}

const well: Luck = { isInPlace: false, writeFails: false, syncFails: false, recoverFails: false }

/** A log that remembers which units it was given, and in which state they are. */
class Log {
  /** Units in the order in which they were written, as far as nothing was cut off. */
  written: Array<string> = []
  /** So many of them are safe. */
  safe = 0
  readonly published: Array<string> = []
  readonly acts: Array<Act> = []
  readonly luck: Array<Luck> = []
  /** What is to run at the end of a turn, and what a thread has yet to do. */
  readonly turns: Array<() => void> = []
  readonly threads: Array<() => void> = []
  #isSyncing = false
  #isInDoubt = false
  readonly #settleEvery: number
  #unsettled = 0

  /** After so many commits there is something to settle. */
  constructor(settleEvery: number) {
    this.#settleEvery = settleEvery
  }

  readonly #next = (): Luck => this.luck.shift() ?? well

  readonly target = (isShared: boolean): GroupCommit.Target => {
    let planned: Array<string> = []
    return {
      plan: () => {
        planned = []
        return planOf(planned)
      },
      write: () => {
        assert.isFalse(this.#isInDoubt, "nothing is written behind what the disk did not do")
        assert.isFalse(this.#isSyncing, "one commit at a time")
        this.acts.push("write")
        if (this.luck[0]?.writeFails === true) {
          this.luck.shift()
          this.#isInDoubt = true
          throw new Error("no space left on device")
        }
        this.written.push(...planned)
      },
      undo: () => {
        this.written = this.written.slice(0, this.safe)
      },
      recover: (done) => {
        this.acts.push("recover")
        const { isInPlace, recoverFails } = this.#next()
        const act = (): void => {
          if (!recoverFails) this.#isInDoubt = false
          done(recoverFails ? new Error("still no space") : null)
        }
        if (isInPlace) act()
        else this.threads.push(act)
      },
      sync: (done) => {
        assert.isFalse(this.#isSyncing, "one sync at a time")
        this.#isSyncing = true
        this.acts.push("sync")
        const { isInPlace, syncFails } = this.#next()
        const act = (): void => {
          this.#isSyncing = false
          if (syncFails) this.#isInDoubt = true
          else this.safe = this.written.length
          done(syncFails ? new Error("input/output error") : null)
        }
        if (isInPlace) act()
        else this.threads.push(act)
      },
      publish: (records) => {
        this.acts.push("publish")
        this.#unsettled += 1
        this.published.push(...this.written.slice(this.safe - records.length, this.safe))
      },
      soon: (act) => void this.turns.push(act),
      isShared,
      isUnsettled: () => this.#unsettled >= this.#settleEvery,
      settle: () => {
        assert.isFalse(this.#isSyncing, "what is settled is safe")
        this.acts.push("settle")
        this.#unsettled = 0
      },
      note: () => undefined
    }
  }

  /** The end of a turn of the loop, and what the threads have done by then. */
  turn(): void {
    for (const act of this.turns.splice(0)) act()
    for (const act of this.threads.splice(0)) act()
  }
}

/** A plan in which each unit is a record. */
const planOf = (planned: Array<string>): Plan.Plan => {
  const records: Array<Plan.Planned> = []
  return {
    add: (unit) => {
      const { command } = unit
      if (command._tag !== "File") return undefined
      planned.push(command.id)
      records.push({ events: [], address: records.length, bytes: 0, takers: undefined })
      return { _tag: "Filed", position: planned.length, numbers: [] }
    },
    records,
    draft: new Draft(0, undefined)
  }
}

const unitOf = (name: string): Plan.Unit => ({
  command: { _tag: "File", id: id(name), groups: [group("misc.a")], atMillis: 0 },
  article: article(id(name), [group("misc.a")])
})

/** Who stores, and what became of it, in the order of the answers. */
class Callers {
  readonly answers: Array<readonly [name: number, answer: GroupCommit.Answer]> = []
  #next = 0
  readonly #log: Log
  readonly #commits: GroupCommit.GroupCommit

  constructor(log: Log, commits: GroupCommit.GroupCommit) {
    this.#log = log
    this.#commits = commits
  }

  /** Brings so many units; whoever is answered may bring more at once. */
  bring(units: number, more = 0): void {
    const caller = this.#next++
    const names = Array.from({ length: units }, (_, at) => `${caller}.${at}`)
    this.#commits.submit(names.map(unitOf), (answer) => {
      if (!("_tag" in answer)) {
        assert.strictEqual(answer.length, units)
        for (const name of names) {
          assert.include(this.#log.written.slice(0, this.#log.safe), id(name), "what is answered is safe")
          assert.include(this.#log.published, id(name), "what is answered is shown")
        }
      }
      this.answers.push([caller, answer])
      if (more > 0) this.bring(more)
    })
  }

  get callers(): number {
    return this.#next
  }
}

const luck = fc.record({
  isInPlace: fc.boolean(),
  writeFails: fc.boolean(),
  syncFails: fc.boolean(),
  recoverFails: fc.boolean()
})
const step = fc.oneof(
  fc.record({ units: fc.integer({ min: 1, max: 3 }), more: fc.nat(2) }),
  fc.record({ units: fc.integer({ min: 8, max: 12 }), more: fc.nat(1) }),
  fc.constant("turn" as const)
)

const begin = (isShared: boolean, lucks: ReadonlyArray<Luck> = [], settleEvery = Infinity) => {
  const log = new Log(settleEvery)
  log.luck.push(...lucks)
  const commits = GroupCommit.make(log.target(isShared))
  return { log, commits, callers: new Callers(log, commits) }
}

const inPlace: Luck = { ...well, isInPlace: true }

describe("a group commit", () => {
  it("answers everybody once and in order, after the sync, wherever that is done and whatever fails", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(luck, { maxLength: 30 }),
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom(1, 2, 5, Infinity),
        (isShared, lucks, steps, settleEvery) => {
          const { callers, commits, log } = begin(isShared, lucks, settleEvery)
          for (const one of steps) {
            if (one === "turn") log.turn()
            else callers.bring(one.units, one.more)
          }
          let isClosed = false
          for (let turns = 0; log.turns.length + log.threads.length > 0 && turns < 500; turns++) log.turn()
          commits.close(() => {
            isClosed = true
          })
          assert.isTrue(isClosed)
          assert.deepStrictEqual(
            callers.answers.map(([caller]) => caller),
            Array.from({ length: callers.callers }, (_, at) => at)
          )
          // What was not safe was cut off, and nobody was shown it.
          assert.deepStrictEqual(log.published, log.written)
          const stored = callers.answers.reduce((sum, [, answer]) => sum + ("_tag" in answer ? 0 : answer.length), 0)
          assert.strictEqual(log.written.length, stored)
        }
      )
    )
  })

  it("answers before `submit` returns where the sync is in place and nobody else is expected", () => {
    const { callers, log } = begin(
      true,
      Array.from({ length: 100 }, () => inPlace)
    )
    for (let turn = 0; turn < 40; turn++) {
      callers.bring(1)
      log.turn()
    }
    callers.bring(1)
    assert.strictEqual(callers.answers.length, 41)
    assert.isEmpty(log.turns)
  })

  it("has those who come in one turn share a commit, in place too", () => {
    const { callers, log } = begin(
      true,
      Array.from({ length: 100 }, () => inPlace)
    )
    for (let turn = 0; turn < 10; turn++) {
      for (let one = 0; one < 4; one++) callers.bring(1)
      log.turn()
      // Nobody comes any more.
      log.turn()
    }
    assert.strictEqual(callers.answers.length, 40)
    assert.strictEqual(log.acts.filter((act) => act === "sync").length, 10)
  })

  it("has those who come in company wait for some turns, and no longer", () => {
    const { callers, log } = begin(
      true,
      Array.from({ length: 100 }, () => inPlace)
    )
    callers.bring(1)
    callers.bring(1)
    for (let turn = 1; turn < GroupCommit.turnsMax; turn++) {
      log.turn()
      assert.isEmpty(callers.answers)
      callers.bring(1)
    }
    log.turn()
    assert.strictEqual(callers.answers.length, GroupCommit.turnsMax + 1)
    assert.strictEqual(log.acts.filter((act) => act === "sync").length, 1)
  })

  it("stores with the next commit what came during a sync", () => {
    const { callers, log } = begin(true)
    callers.bring(GroupCommit.unitsAlone)
    for (let one = 0; one < 5; one++) callers.bring(1)
    log.turn()
    log.turn()
    log.turn()
    assert.strictEqual(callers.answers.length, 6)
    assert.strictEqual(log.acts.filter((act) => act === "sync").length, 2)
  })

  it("has nobody wait for what is to be settled where nothing is synced, and settles once at the end of the turn", () => {
    const lucks = Array.from({ length: 100 }, () => inPlace)
    const { callers, log } = begin(false, lucks, 2)
    for (let one = 1; one <= 7; one++) {
      callers.bring(10)
      assert.strictEqual(callers.answers.length, one)
    }
    assert.notInclude(log.acts, "settle")
    log.turn()
    assert.strictEqual(log.acts.filter((act) => act === "settle").length, 1)
    assert.isEmpty(log.turns)
  })

  it("has those wait that bring more than may come before it is settled", () => {
    const { callers, log } = begin(
      false,
      Array.from({ length: 100 }, () => inPlace),
      1
    )
    const units = GroupCommit.unsettledMax / 8
    for (let one = 0; one < 12; one++) callers.bring(units)
    assert.strictEqual(callers.answers.length, 9)
    assert.notInclude(log.acts, "settle")
    log.turn()
    assert.include(log.acts, "settle")
    while (log.turns.length > 0) log.turn()
    assert.strictEqual(callers.answers.length, 12)
  })

  it("recovers before it writes again after a sync in place that failed", () => {
    const { callers, commits, log } = begin(true, [{ ...inPlace, syncFails: true }, inPlace, inPlace])
    callers.bring(GroupCommit.unitsAlone)
    assert.deepStrictEqual(callers.answers, [[0, { _tag: "Unavailable", reason: "input/output error" }]])
    assert.strictEqual(commits.trouble(), "input/output error")
    assert.isEmpty(log.written)
    callers.bring(GroupCommit.unitsAlone)
    log.turn()
    assert.isUndefined(commits.trouble())
    assert.deepStrictEqual(log.acts, ["write", "sync", "recover", "write", "sync", "publish"])
    assert.strictEqual(log.written.length, GroupCommit.unitsAlone)
  })
})
