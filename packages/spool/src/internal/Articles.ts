/**
 * Articles and overview lines as they lie in the log: what is not as it was written goes to quarantine, and is not given
 * out.
 */
import * as ArticleScan from "@lupin/core/ArticleScan"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Overview from "@lupin/core/Overview"
import * as Xref from "@lupin/core/Xref"
import { Buffer } from "node:buffer"
import type { Held } from "../Spool.ts"
import type { ClassLogs } from "./ClassLogs.ts"
import type { Follow } from "./Follow.ts"
import { HeldRecord } from "./HeldRecord.ts"
import type * as IndexRows from "./IndexRows.ts"
import * as Leaving from "./Leaving.ts"
import * as PlannedOverview from "./PlannedOverview.ts"
import type * as Quarantine from "./Quarantine.ts"
import * as Record from "./Record.ts"
import type { SegmentLog } from "./SegmentLog.ts"

/** An event that brings an article. */
export type Copy = Record.Filed | Record.Mended

/** What readers of a group are told of an article. */
type Told = Pick<Copy, "numbers" | "overview">

/** A longer record has its overview written down: it need not be read as a whole. */
const payloadBytesMax = 2 * PlannedOverview.unwrittenBytesMax

/** What lies in the logs of classes. */
type Elsewhere = Pick<ClassLogs, "read">
/** An article as readers of a group name it. */
export type Numbered = readonly [group: GroupName.GroupName, number: number]

export interface Articles {
  /** The article at a place, if it is the one that was meant. */
  readonly held: (
    place: IndexRows.Place & Pick<IndexRows.Held, "isSeen">,
    which: MessageId.MessageId | Numbered
  ) => Held | undefined
  /** The octets of an article that was removed from a place, if they are still there. */
  readonly removed: (place: IndexRows.Place, id: MessageId.MessageId) => Uint8Array | undefined
  /** Its overview line under a number. */
  readonly line: (place: IndexRows.Place, number: number) => Uint8Array | undefined
  /** Its overview without the number that a group gave it. */
  readonly overview: (place: IndexRows.Place, number: number) => string | undefined
  /** Its overview line under the number in its first group. */
  readonly firstLine: (place: IndexRows.Place, id: MessageId.MessageId) => Uint8Array | undefined
  readonly numbers: (place: IndexRows.Place, id: MessageId.MessageId) => Xref.Numbers | undefined
  /** Whether the record at a place cannot be read, or has gone. */
  readonly isLost: (place: IndexRows.Place | undefined) => boolean
  /** Numbers of an article that was removed from a place; none where the log does not tell of them any more. */
  readonly numbersBefore: (place: IndexRows.Place | undefined, id: MessageId.MessageId) => Xref.Numbers
  /** What the removal of the article at a place tells of it. */
  readonly leaving: (
    place: IndexRows.Place & Pick<IndexRows.Held, "isSeen">,
    id: MessageId.MessageId
  ) => Leaving.Leaving | undefined
}

/** `idAt` may know whose a damaged record is. `site`: what our Xref begins with. */
export const make = (
  log: SegmentLog,
  elsewhere: Elsewhere,
  quarantine: Quarantine.Quarantine,
  idAt: Follow["idAt"],
  site: string
): Articles => {
  const xrefStart = Buffer.from(`Xref: ${site}`, "latin1")
  const refuse = ({ address }: IndexRows.Place, known?: MessageId.MessageId): undefined => {
    const id = known ?? (quarantine.has(address) ? undefined : idAt(address))
    quarantine.note({ address, ...(id === undefined ? {} : { id }) })
    return undefined
  }

  /** Octets of an intact record that is not long, at best out of memory; they are good until the log is written to. */
  const payloadAt = ({ address, bytes }: IndexRows.Place): Buffer | undefined => {
    const slab = log.look(address, Record.headBytes + bytes)
    if (slab === undefined) return bytes > payloadBytesMax ? undefined : log.readNear(address, bytes)
    const start = address - slab.start + Record.headBytes
    return slab.octets.subarray(start, start + bytes)
  }

  /** The numbers and the overview of the article at a place, be it that this is made only now. */
  const toldAt = (place: IndexRows.Place, id?: MessageId.MessageId): Told | undefined => {
    const payload = payloadAt(place)
    if (payload === undefined) {
      // Where the article is damaged, its overview may have been written down and be as it was.
      const copy = copyAt(place, id)
      return copy?.overview === "" ? refuse(place, copy.id) : copy
    }
    const isIt = Record.bringsArticle(payload) && (id === undefined || Record.bringsId(payload, id))
    if (!isIt) return refuse(place, id)
    const numbers = Record.numbersOf(payload)
    const overview = Record.overviewOf(payload)
    if (overview !== "") return { numbers, overview }
    const octets = payload.subarray(Record.metaEnd(payload))
    const scan = ArticleScan.of(octets)
    if (typeof scan === "string") return refuse(place, Record.idAt(payload))
    const article = { octets, bodyStart: scan.bodyStart, scan }
    return { numbers, overview: Overview.columns(article, Xref.format(site, numbers)) }
  }

  /** What has just come is in memory as it was written. */
  const eventsAt = ({ address, bytes }: IndexRows.Place): ReadonlyArray<Record.Logged> | undefined => {
    const slab = log.look(address, Record.headBytes + bytes)
    if (slab === undefined) return log.peek(address)?.events
    const start = address - slab.start + Record.headBytes
    return Record.decode(slab.octets.subarray(start, start + bytes), bytes)
  }

  const copyAt = (place: IndexRows.Place, id?: MessageId.MessageId): Copy | undefined => {
    const [copy] = eventsAt(place) ?? []
    const isIt = Record.isCopy(copy) && (id === undefined || copy.id === id)
    return isIt ? copy : refuse(place, id)
  }

  const eventsLeftAt = ({ address }: IndexRows.Place): ReadonlyArray<Record.Logged> =>
    (log.at(address) === address ? log.peek(address)?.events : undefined) ?? []

  return {
    held: (place, which) => {
      const { address, bytes } = place
      const id = typeof which === "string" ? which : undefined
      const slab = log.around(address, Record.headBytes + bytes)
      const octets = slab?.octets ?? log.read(address, bytes)
      if (octets === undefined) return refuse(place, id ?? idOf(log.peek(address)?.events[0]))
      const start = slab === undefined ? 0 : address - slab.start + Record.headBytes
      if (!Record.bringsArticle(octets, start)) return refuse(place, id)
      if (id !== undefined && place.isSeen !== true && !Record.bringsId(octets, id, start)) return refuse(place, id)
      const held = HeldRecord.of(octets, start, start + bytes, elsewhere.read, xrefStart)
      if (held === undefined) return refuse(place, id ?? Record.idAt(octets, start))
      return typeof which === "string" || hasNumber(held, which) ? held : refuse(place, id)
    },
    removed: ({ address, bytes }, id) => {
      const payload = log.read(address, bytes)
      if (payload === undefined || !Record.bringsId(payload, id)) return undefined
      return HeldRecord.of(payload, 0, payload.length, elsewhere.read, xrefStart)?.article
    },
    line: (place, number) => {
      if (quarantine.has(place.address)) return undefined
      const told = toldAt(place)
      if (told === undefined) return undefined
      return told.numbers.some(([, given]) => given === number) ? lineOf(told, number) : refuse(place)
    },
    overview: (place, number) => {
      if (quarantine.has(place.address)) return undefined
      const told = toldAt(place)
      if (told === undefined) return undefined
      return told.numbers.some(([, given]) => given === number) ? told.overview : refuse(place)
    },
    firstLine: (place, id) => {
      const told = toldAt(place, id)
      return told === undefined ? undefined : lineOf(told, told.numbers[0]?.[1] ?? 0)
    },
    isLost: (place) => place !== undefined && eventsLeftAt(place).length === 0,
    numbersBefore: (place, id) => {
      const [copy] = place === undefined ? [] : eventsLeftAt(place)
      return Record.isCopy(copy) && copy.id === id ? copy.numbers : []
    },
    numbers: (place, id) => copyAt(place, id)?.numbers,
    leaving: (place, id) => {
      const slab = log.look(place.address, Record.headBytes + place.bytes)
      if (slab === undefined) return copyAt(place, id)
      const start = place.address - slab.start + Record.headBytes
      if (place.isSeen !== true && !Record.bringsId(slab.octets, id, start)) return refuse(place, id)
      return Leaving.read(slab.octets, start)
    }
  }
}

const hasNumber = ({ numbers }: Held, [group, number]: Numbered): boolean =>
  numbers.some(([name, given]) => name === group && given === number)

const idOf = (event: Record.Logged | undefined): MessageId.MessageId | undefined =>
  Record.isCopy(event) ? event.id : undefined

const lineOf = ({ overview }: Told, number: number): Uint8Array => Buffer.from(`${number}${overview}`, "latin1")
