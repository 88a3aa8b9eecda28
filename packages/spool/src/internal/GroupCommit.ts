/**
 * Writes what callers bring at about the same time with one write and one sync, and answers each once its part is safe.
 *
 * One commit is under way at a time; what comes meanwhile shares the next. Readers see a commit only when it is safe.
 */
import * as Article from "@lupin/core/Article"
import type * as Recoveries from "@lupin/core/Recoveries"
import type { Stored } from "../Spool.ts"
import { Company } from "./Company.ts"
import type * as Plan from "./Plan.ts"

/** Commands of one commit at most, so that it does not hold up the rest of the process for long. */
export const unitsMax = 1_000
/** Octets of one commit at most, give or take an article. */
export const commitBytesMax = 4 * 1024 * 1024
/** Octets of articles that may wait; what comes beyond is refused for now. */
export const waitingBytesMax = 64 * 1024 * 1024

/** Commands that are worth a commit of their own, whoever else may come: a sync costs what ten to twenty of them do. */
export const unitsAlone = 120
/** Commands that are stored, where nothing is synced, between the one that made it worth to settle and that: more wait for it. */
export const unsettledMax = 8_000
/** Turns of the loop that fewer commands wait at most, as long as each brings somebody: a turn costs less than a sync. */
export const turnsMax = 5

/** What the commit acts on. All but `sync` is synchronous; any may throw. */
export interface Target {
  readonly plan: () => Plan.Plan
  /** Writes the records; where it throws, nothing may stay behind. */
  readonly write: (plan: Plan.Plan) => void
  /** Cuts off what a failed write or sync left behind. */
  readonly undo: () => void
  /** Called before anything more is stored after trouble: calls back without an error once the disk takes writes again. */
  readonly recover: (done: (error: Error | null) => void) => void
  /** Makes what was written safe: before it returns, or later. */
  readonly sync: (done: (error: Error | null) => void) => void
  /** Shows the records to readers. */
  readonly publish: (records: ReadonlyArray<Plan.Planned>) => void
  /** Runs something once all that can run now has had its turn, and brought what it has to store. */
  readonly soon: (act: () => void) => void
  /** Whether a commit costs so much that it is worth to wait until others join it: where it syncs. */
  readonly isShared: boolean
  /** Whether there is something to settle. */
  readonly isUnsettled: () => boolean
  /** What may take its time, and comes after the answers. */
  readonly settle: () => void
  readonly note: Recoveries.Counting["note"]
}

export type Answer = ReadonlyArray<Stored | undefined> | { readonly _tag: "Unavailable"; readonly reason: string }

interface Job {
  readonly units: ReadonlyArray<Plan.Unit>
  readonly answer: (answer: Answer) => void
  /** What has become of the first units. */
  stored: ReadonlyArray<Stored | undefined>
  readonly bytes: number
}

const unitBytes = ({ article }: Plan.Unit): number => (article === undefined ? 0 : Article.bytesOf(article))

const isWhole = ({ stored, units }: Job): boolean => stored.length === units.length
const nothing: ReadonlyArray<never> = []

export interface GroupCommit {
  /** Answers one `Stored` per unit that files, in order. */
  readonly submit: (units: ReadonlyArray<Plan.Unit>, answer: (answer: Answer) => void) => void
  /** Takes nothing more, and calls back when all that was taken is answered. */
  readonly close: (done: () => void) => void
  /** Why nothing is stored now; the next commands find out whether that has passed. */
  readonly trouble: () => string | undefined
}

export const make = (target: Target): GroupCommit => {
  let waiting: Array<Job> = []
  let waitingBytes = 0
  let isBusy = false
  /** Nothing is under way but what is to be settled at the end of this turn. */
  let isSettling = false
  let isSettlingSoon = false
  /** Commands since there is something to settle. */
  let unsettled = 0
  /** In memory and log may differ: nothing more is stored until the spool is opened anew. */
  let broken: string | undefined
  /** The disk did not do as told: looked at again before the next commit. */
  let stalled: string | undefined
  let closed: (() => void) | undefined
  const company = new Company()
  /** How many turns those who wait have seen end. */
  let turns = 0

  const drop = (jobs: ReadonlyArray<Job>): void => {
    for (const job of jobs) waitingBytes -= job.bytes
    if (jobs.length === waiting.length) {
      waiting = []
      return
    }
    const dropped = new Set(jobs)
    waiting = waiting.filter((job) => !dropped.has(job))
  }

  /** Whoever is told may bring more at once, which has to wait for its own turn. */
  const fail = (jobs: ReadonlyArray<Job>, reason: string): void => {
    drop(jobs)
    for (const job of jobs) job.answer({ _tag: "Unavailable", reason })
  }

  /** Plans as much as one commit may hold; the last job may be left with a rest. Gives the jobs of which something is in it. */
  const gather = (plan: Plan.Plan): ReadonlyArray<Job> => {
    let units = 0
    let bytes = 0
    for (let at = 0; at < waiting.length; at += 1) {
      const job = waiting[at] as Job
      if (job.stored === nothing && units + job.units.length <= unitsMax && bytes + job.bytes <= commitBytesMax) {
        job.stored = job.units.map((unit) => plan.add(unit))
        units += job.units.length
        bytes += job.bytes
        continue
      }
      const stored = [...job.stored]
      job.stored = stored
      while (stored.length < job.units.length) {
        if (units >= unitsMax || bytes >= commitBytesMax) return waiting.slice(0, at + 1)
        const unit = job.units[stored.length]
        if (unit === undefined) break
        stored.push(plan.add(unit))
        units += 1
        bytes += unitBytes(unit)
      }
    }
    // More may come while these are being written.
    return waiting.slice()
  }

  const finish = (plan: Plan.Plan, jobs: ReadonlyArray<Job>): void => {
    try {
      target.publish(plan.records)
    } catch (error) {
      // It is safe in the log, and readers may see a part of it: only another look at the log puts this right.
      broken = `stores nothing more until it is opened anew: ${reasonOf(error)}`
    }
    const whole = jobs.every(isWhole) ? jobs : jobs.filter(isWhole)
    drop(whole)
    for (const job of whole) job.answer(job.stored)
  }

  const settle = (): void => {
    isSettlingSoon = false
    if (!isSettling) return
    isSettling = false
    unsettled = 0
    try {
      target.settle()
    } catch (error) {
      stalled = reasonOf(error)
    }
    commit()
  }

  /** Nothing was shown, and nothing is left in the log: these callers try again. */
  const giveUp = (jobs: ReadonlyArray<Job>, error: unknown): void => {
    stalled = reasonOf(error)
    target.note("spool-refused")
    try {
      target.undo()
    } catch {
      // Recovery does it again before anything else is stored.
    }
    fail(jobs, stalled)
  }

  const commit = (): void => {
    if (broken !== undefined) {
      fail(waiting, broken)
    }
    if (waiting.length === 0) return rest()
    if (stalled === undefined) return act()
    const jobs = waiting
    target.recover((error) => {
      if (error === null) {
        stalled = undefined
        target.note("spool-took-again")
        return act()
      }
      stalled = reasonOf(error)
      fail(jobs, stalled)
      next()
    })
  }

  const act = (): void => {
    let jobs: ReadonlyArray<Job> = waiting
    let plan: Plan.Plan
    try {
      plan = target.plan()
      jobs = gather(plan)
      if (plan.records.length > 0) target.write(plan)
    } catch (error) {
      giveUp(jobs, error)
      return next()
    }
    if (plan.records.length === 0) {
      finish(plan, jobs)
      return next()
    }
    target.sync((error) => {
      if (error === null) finish(plan, jobs)
      else giveUp(jobs, error)
      next()
    })
  }

  /** Whoever was answered goes on first. */
  const next = (): void => {
    if (target.isUnsettled()) {
      isSettling = true
      if (!isSettlingSoon) target.soon(settle)
      isSettlingSoon = true
    } else if (waiting.length > 0 || (target.isShared && company.look())) target.soon(turn)
    else rest()
  }

  /** Who came in this turn has come, and others may come in the next one. */
  const turn = (): void => {
    turns += 1
    if (company.turn() && turns < turnsMax && isFew()) return target.soon(turn)
    turns = 0
    commit()
  }

  const isFew = (): boolean => {
    let units = 0
    for (const job of waiting) units += job.units.length
    return units > 0 && units < unitsAlone && company.isExpected
  }

  const rest = (): void => {
    isBusy = false
    closed?.()
  }

  return {
    submit: (units, answer) => {
      const bytes = units.reduce((sum, unit) => sum + unitBytes(unit), 0)
      if (closed !== undefined) return answer({ _tag: "Unavailable", reason: "the spool is closing" })
      if (broken !== undefined) return answer({ _tag: "Unavailable", reason: broken })
      if (waitingBytes > 0 && waitingBytes + bytes > waitingBytesMax) {
        return answer({ _tag: "Unavailable", reason: "too much is waiting to be stored" })
      }
      const job: Job = { units, answer, stored: nothing, bytes }
      // The first one gets a list of its length: one that is pushed to gets room for many.
      if (waiting.length === 0) waiting = [job]
      else waiting.push(job)
      waitingBytes += bytes
      company.come()
      // What may take its time keeps nobody waiting: who is told to wait reads on, and brings the next before this is answered.
      if (isSettling && !target.isShared && stalled === undefined && unsettled + units.length <= unsettledMax) {
        isSettling = false
        unsettled += units.length
        return act()
      }
      if (isBusy) return
      isBusy = true
      if (target.isShared && company.isExpected && units.length < unitsAlone) target.soon(turn)
      else commit()
    },
    close: (done) => {
      closed = done
      if (!isBusy) done()
    },
    trouble: () => broken ?? stalled
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
