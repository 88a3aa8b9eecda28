/**
 * What some articles' events have and others lack, as it lies in a record: one octet of flags, then each part that is there.
 *
 * A flag that this module does not know stands for nothing that follows, so later versions may add such flags.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type { Buffer } from "node:buffer"
import type { Stored } from "./ClassLogs.ts"
import { putUint48, Reader, textEnd, uint16, uint48, type Writer } from "./Octets.ts"
import type { Filed, Mended } from "./Record.ts"

const hasSlot = 1
const hasNewsgroups = 2
const hasExpires = 4
const elsewhere = 8
const hasDate = 16
const wireReady = 32

const timeBytes = 6
/** The least time that so many octets do not hold. */
const timeEnd = 2 ** 48
/** Address, size in the class's log, size of the article. */
const placeBytes = 6 + 4 + 4

type Options = Pick<Filed, "slot" | "newsgroups" | "expiresMillis" | "injectedMillis" | "isWireReady" | "stored">

const flagsOf = (event: Filed | Mended): number =>
  (event.slot === undefined ? 0 : hasSlot) +
  (event.newsgroups === undefined ? 0 : hasNewsgroups) +
  (event.expiresMillis === undefined ? 0 : hasExpires) +
  (event.injectedMillis === undefined ? 0 : hasDate) +
  (event.isWireReady === true ? wireReady : 0) +
  (event.stored === undefined ? 0 : elsewhere)

/** Whether an article is sent as it lies, by its flags. */
export const isWireReady = (flags: number): boolean => (flags & wireReady) !== 0

/** Whether an article lies in the log of a class, by its flags. */
export const isElsewhere = (flags: number): boolean => (flags & elsewhere) !== 0

export const write = (writer: Writer, event: Filed | Mended): void => {
  writer.uint(flagsOf(event), 1)
  if (event.slot !== undefined) {
    writer.text(event.slot.key)
    writer.text(event.slot.rank)
  }
  if (event.newsgroups !== undefined) writer.texts(event.newsgroups)
  if (event.expiresMillis !== undefined) writer.uint(event.expiresMillis, timeBytes)
  if (event.injectedMillis !== undefined) writer.uint(event.injectedMillis, timeBytes)
  if (event.stored !== undefined) {
    writer.text(event.stored.class)
    writer.uint(event.stored.address, 6)
    writer.uint(event.stored.bytes, 4)
    writer.uint(event.bytes, 4)
  }
}

/** Whether an event has dates alone of all that it may have, and such as fit. */
export const isPlain = ({ expiresMillis = 0, injectedMillis = 0, newsgroups, slot, stored }: Filed): boolean =>
  slot === undefined &&
  newsgroups === undefined &&
  stored === undefined &&
  expiresMillis < timeEnd &&
  injectedMillis < timeEnd

/** How many octets `putPlain` takes. */
export const plainBytes = ({ expiresMillis, injectedMillis }: Filed): number =>
  1 + (expiresMillis === undefined ? 0 : timeBytes) + (injectedMillis === undefined ? 0 : timeBytes)

/** As `write`, of an event that is plain, to a place among octets; gives the place behind. */
export const putPlain = (octets: Buffer, at: number, event: Filed): number => {
  const { expiresMillis, injectedMillis } = event
  octets[at] = flagsOf(event)
  let next = at + 1
  if (expiresMillis !== undefined) {
    putUint48(octets, next, expiresMillis)
    next += timeBytes
  }
  if (injectedMillis !== undefined) {
    putUint48(octets, next, injectedMillis)
    next += timeBytes
  }
  return next
}

/** What the flags say is there, in the order in which it lies. `bytes` of an article that lies elsewhere. */
export const read = (reader: Reader, flags: number): Options & { readonly bytes?: number } => {
  const slot = (flags & hasSlot) === 0 ? {} : { slot: { key: reader.text(), rank: reader.text() } }
  // Names were checked at the door, and what is read here bears its checksum.
  const newsgroups =
    (flags & hasNewsgroups) === 0 ? {} : { newsgroups: reader.texts() as ReadonlyArray<GroupName.GroupName> }
  const expires = (flags & hasExpires) === 0 ? {} : { expiresMillis: reader.uint(timeBytes) }
  const dated = (flags & hasDate) === 0 ? {} : { injectedMillis: reader.uint(timeBytes) }
  const lines = isWireReady(flags) ? { isWireReady: true } : {}
  if (!isElsewhere(flags)) return { ...slot, ...newsgroups, ...expires, ...dated, ...lines }
  const stored = { class: reader.text(), address: reader.uint(6), bytes: reader.uint(4) }
  return { ...slot, ...newsgroups, ...expires, ...dated, ...lines, stored, bytes: reader.uint(4) }
}

/** Where an article lies that is elsewhere. */
export const storedAt = (octets: Buffer, start: number, flags: number): Stored => {
  const reader = new Reader(octets, end(octets, start, flags & ~elsewhere))
  return { class: reader.text(), address: reader.uint(6), bytes: reader.uint(4) }
}

/** The Injection-Date among the parts that begin at `start`, if it is there. */
export const injectedMillisAt = (octets: Buffer, start: number, flags: number): number | undefined =>
  (flags & hasDate) === 0 ? undefined : uint48(octets, end(octets, start, flags & ~(hasDate | elsewhere)))

/** Where the parts end that begin at `start`, without reading them. */
export const end = (octets: Buffer, start: number, flags: number): number => {
  let at = start
  if ((flags & hasSlot) !== 0) at = textEnd(octets, textEnd(octets, at))
  if ((flags & hasNewsgroups) !== 0) {
    const count = uint16(octets, at)
    at += 2
    for (let turn = 0; turn < count; turn += 1) at = textEnd(octets, at)
  }
  if ((flags & hasExpires) !== 0) at += timeBytes
  if ((flags & hasDate) !== 0) at += timeBytes
  return isElsewhere(flags) ? textEnd(octets, at) + placeBytes : at
}
