/**
 * What retention asks of articles that are held and cannot be read, so that it lets go of them as of others.
 *
 * Their records tell it where it is only the articles that are damaged; else the index does, which takes a look at all numbers.
 */
import * as MessageId from "@lupin/core/MessageId"
import type * as Xref from "@lupin/core/Xref"
import type { Damaged } from "../Spool.ts"
import type * as Articles from "./Articles.ts"
import * as Follow from "./Follow.ts"
import type { Index } from "./Index.ts"
import type { Held } from "./IndexRows.ts"
import * as Quarantine from "./Quarantine.ts"
import * as Record from "./Record.ts"
import type { SegmentLog } from "./SegmentLog.ts"

interface Found {
  readonly damaged: Quarantine.Damaged
  readonly id: MessageId.MessageId
  readonly row: Held
}

export interface DamagedArticles {
  /** What is in quarantine under its id, and held. Each is looked at once. */
  readonly all: () => ReadonlyArray<Damaged>
  /** Puts into quarantine what is held and was filed above a position, up to another, where the log does not tell it. By a look at every id. */
  readonly findLost: (after: number, upTo: number) => void
}

export const make = (log: SegmentLog, index: Index, quarantine: Quarantine.Quarantine): DamagedArticles => {
  const isStill = Quarantine.isStill(index)
  const known = new WeakMap<Quarantine.Damaged, Damaged>()

  /** When the event at a position happened, at the latest: what comes after it happened later. */
  const latestMillisOf = (position: number): number => {
    for (let address = index.marks.at(position)?.address ?? log.start; ;) {
      const found = log.seek(address)
      if (found === undefined) return index.progress.latestMillis
      const event = found.events.find((one) => one.position >= position)
      if (event !== undefined) return event.atMillis
      address = found.next
    }
  }

  const copyOf = ({ id, row: { address } }: Omit<Found, "damaged">): Articles.Copy | undefined => {
    const [copy] = log.at(address) === address ? (log.peek(address)?.events ?? []) : []
    return Record.isCopy(copy) && copy.id === id ? copy : undefined
  }

  /** As its record tells it. */
  const told = (found: Found): Damaged | undefined => {
    const { position } = found.row
    const copy = copyOf(found)
    const filed = Follow.toFiled(copy)
    if (copy === undefined || filed === undefined) return undefined
    // Another copy has come later than the article did.
    const arrivedMillis = filed.position === position ? filed.arrivedMillis : latestMillisOf(position)
    return { ...filed, arrivedMillis, numbers: copy.numbers }
  }

  /** As the index tells it. */
  const untold = ({ id, row: { bytes, position, stored } }: Found, numbers: Xref.Numbers): Damaged => ({
    _tag: "Filed",
    position,
    id,
    groups: numbers.map(([group]) => group),
    numbers,
    bytes,
    arrivedMillis: latestMillisOf(position),
    path: "",
    ...(stored === undefined ? {} : { class: stored.class })
  })

  const look = (found: ReadonlyArray<Found>): void => {
    const left = found.filter((one) => {
      const damaged = told(one)
      if (damaged !== undefined) known.set(one.damaged, damaged)
      // Of a digest nobody knows then whether it is the newest of its key: a better one will supersede it.
      return damaged === undefined && MessageId.kindOf(one.id) !== "digest"
    })
    if (left.length === 0) return
    const expires = index.expires.millisOf(new Set(left.map(({ id }) => id)))
    const addresses = new Set(left.map(({ row }) => row.address))
    const numbers = index.numbers.allOf(index.groups.all(), addresses)
    for (const one of left) {
      const damaged = untold(one, numbers.get(one.row.address) ?? [])
      const expiresMillis = expires.get(one.id)
      known.set(one.damaged, expiresMillis === undefined ? damaged : { ...damaged, expiresMillis })
    }
  }

  return {
    all: () => {
      if (quarantine.isEmpty()) return []
      const found = quarantine.all().flatMap((damaged): ReadonlyArray<Found> => {
        const { id } = damaged
        const row = id === undefined || !isStill(damaged) ? undefined : index.id(id)
        return id === undefined || row?._tag !== "Held" ? [] : [{ damaged, id, row }]
      })
      look(found.filter(({ damaged }) => !known.has(damaged)))
      return found.flatMap(({ damaged }) => known.get(damaged) ?? [])
    },
    findLost: (after, upTo) => {
      index.commitAll()
      const lost: Array<Quarantine.Damaged> = []
      for (const [id, row] of index.held()) {
        const { address, position } = row
        if (position > after && position <= upTo && copyOf({ id, row }) === undefined) lost.push({ address, id })
      }
      Quarantine.noteAll(quarantine.note, lost)
    }
  }
}
