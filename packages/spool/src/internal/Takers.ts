/**
 * Groups as filing asks for them, found once for each list of names that comes again, and counted on while a plan is made.
 *
 * What a plan makes of them counts for that plan alone: each begins with what the index knows.
 */
import type * as Admission from "@lupin/core/Admission"
import type * as GroupName from "@lupin/core/GroupName"
import * as GroupOctets from "./GroupOctets.ts"
import type * as GroupTable from "./GroupTable.ts"

/** Groups that are remembered, and lists of them. */
const takersMax = 65_536
const listsMax = 4_096

export interface Taker extends Admission.Taker {
  status: Admission.Taker["status"]
  isNew: boolean
  high: number
  /** Its name as a record has it. */
  readonly octets: Uint8Array
  /** Nothing where the index does not know the group. */
  shelf: GroupTable.Shelf | undefined
  /** The plan for which status and number were asked. */
  plan: number
}

export class Takers {
  #table: GroupTable.GroupTable | undefined
  readonly #named = new Map<string, Taker>()
  /** By the very list: those that are read out of headers are given out again. */
  readonly #lists = new Map<ReadonlyArray<GroupName.GroupName>, ReadonlyArray<Taker>>()
  #plan = 0

  /** Begins a plan. */
  begin(table: GroupTable.GroupTable): void {
    this.#plan += 1
    if (table !== this.#table || this.#named.size > takersMax) {
      this.#named.clear()
      this.#lists.clear()
    }
    if (this.#lists.size > listsMax) this.#lists.clear()
    this.#table = table
  }

  named(name: GroupName.GroupName): Taker {
    let taker = this.#named.get(name)
    if (taker === undefined) {
      const octets = GroupOctets.of(name)
      taker = { name, status: undefined, isNew: true, high: 0, octets, shelf: undefined, plan: 0 }
      this.#named.set(name, taker)
    }
    if (taker.plan !== this.#plan) this.#ask(taker)
    return taker
  }

  /** One for each name. */
  all(names: ReadonlyArray<GroupName.GroupName>): ReadonlyArray<Taker> {
    const known = this.#lists.get(names)
    if (known === undefined) {
      const takers = names.map((name) => this.named(name))
      this.#lists.set(names, takers)
      return takers
    }
    for (const taker of known) if (taker.plan !== this.#plan) this.#ask(taker)
    return known
  }

  #ask(taker: Taker): void {
    const shelf = (taker.shelf ??= this.#table?.get(taker.name))
    taker.plan = this.#plan
    taker.status = shelf?.isThere === true ? shelf.status : undefined
    taker.isNew = shelf === undefined
    taker.high = shelf === undefined ? (this.#table?.high(taker.name) ?? 0) : shelf.high
  }
}
