/**
 * Cuts a stream of octets into lines and dot-terminated blocks, in whatever pieces the octets arrive.
 *
 * Only CRLF ends a line and only CRLF "." CRLF ends a block (RFC 3977 §3.1); a bare CR or LF is an octet like any other.
 * The caller says which of the two it expects next. What is longer than its limit is drained to its end without being
 * kept, so the stream stays in step and the buffer stays bounded.
 */
import type { ArticleScan } from "@lupin/core/ArticleScan"
import { LatestView } from "@lupin/core/LatestView"
import * as WireOctets from "@lupin/core/WireOctets"
import { Buffer } from "node:buffer"
import * as DotStuffing from "./DotStuffing.ts"
import * as ReadMemory from "./ReadMemory.ts"

/** Longer than the caller allows; its rest was drained. */
export interface TooLong {
  readonly _tag: "TooLong"
  /** The first octets of a line that was too long, as far as its limit; empty for a block. */
  readonly start: string
}

const cr = 0x0d
const lf = 0x0a
const dot = 0x2e
const blockEnd = Buffer.from("\r\n.\r\n", "latin1")
const lineDot = blockEnd.subarray(0, 3)
const nothing = Buffer.alloc(0)

/** Octets that came are looked at where they came, of one connection after another. */
const views = new LatestView()

/** Whether one of four octets is LF: then it is the lowest whose highest bit the subtraction sets. */
const holdsLf = (four: number): boolean => {
  const other = four ^ 0x0a0a0a0a
  return ((other - 0x01010101) & ~other & 0x80808080) !== 0
}

/** Smallest buffer made to join pieces, in octets. */
const joinBytesMin = 4096

/** Most octets that `bytes` octets of lines can take on the wire: a line holding one dot grows from three to four. */
const stuffedBytesMax = (bytes: number): number => bytes + Math.ceil(bytes / 3) + blockEnd.length

/** The octets with which a line begins. Each line is compared to these: an array of numbers is read faster than one of octets. */
export type Start = ReadonlyArray<number>

export class Framing {
  #store: Buffer = nothing
  #octets: Buffer = nothing
  /** The chunk that came last, whose memory may be reusable. */
  #chunk: Uint8Array = nothing
  #at = 0
  #scanned = 0
  /** A line of the block begins with a dot, or may do so. */
  #isStuffed = false
  #draining: "line" | "block" | undefined
  #lineStart = ""
  #lineAt = 0
  /** Which load the octets are that can be looked at by vectors, and where they began. */
  #load = 0
  #loadedAt = 0
  /** Which start the line had whose argument was given last. */
  startAt = 0
  /** Whether that argument is known to be a Message-ID. */
  isId = false
  /** What was found in the block given last, if it was looked at as an article. */
  scan: ArticleScan | undefined
  octets: DataView = views.clear()
  argumentFrom = 0
  argumentTo = 0

  /** Octets kept because their line or block has not ended yet. */
  get pendingBytes(): number {
    return this.#octets.length - this.#at
  }

  /** Whether all that came was given out; then no memory is held. */
  isTaken(): boolean {
    if (this.#at < this.#octets.length) return false
    this.#release()
    return true
  }

  /** Takes the next octets of the stream. They must not change afterwards, unless `leave` gives them back: blocks are slices of them. */
  push(chunk: Uint8Array): void {
    this.#load = 0
    this.#chunk = chunk
    if (this.#at === this.#octets.length) {
      this.#store = nothing
      this.#octets = DotStuffing.asBuffer(chunk)
      this.#at = 0
      this.#scanned = 0
      return
    }
    const end = this.#octets.length
    const pending = end - this.#at
    const behind = ReadMemory.behind(chunk, this.#octets.subarray(this.#at))
    if (behind !== undefined) return this.#moveTo(behind)
    if (this.#store.length - end < chunk.length) {
      const needed = pending + chunk.length
      const bytes = this.#store.length === 0 ? Math.max(needed, joinBytesMin) : needed * 2
      const joined = Buffer.allocUnsafeSlow(bytes)
      this.#octets.copy(joined, 0, this.#at)
      this.#scanned = Math.max(0, this.#scanned - this.#at)
      this.#at = 0
      this.#store = joined
      joined.set(chunk, pending)
      this.#octets = joined.subarray(0, needed)
      return
    }
    // Octets before `end` may belong to blocks already handed out; only what lies behind is written.
    this.#store.set(chunk, end)
    this.#octets = this.#store.subarray(0, end + chunk.length)
  }

  /** What is left lies there from now on, and perhaps more behind it. */
  #moveTo(octets: Buffer): void {
    this.#store = nothing
    this.#octets = octets
    this.#scanned = Math.max(0, this.#scanned - this.#at)
    this.#at = 0
  }

  /**
   * Leaves the memory of the chunk that came last, and gives that if it is worth to be used again: once nobody needs the blocks
   * that were given out.
   */
  leave(): Uint8Array | undefined {
    const chunk = this.#chunk
    this.#chunk = nothing
    const pending = this.pendingBytes
    if (pending > ReadMemory.frontBytes || !ReadMemory.isReusable(chunk)) return undefined
    if (pending > 0) {
      this.#load = 0
      this.#moveTo(Buffer.from(this.#octets.subarray(this.#at)))
    }
    return chunk
  }

  /** The next line without its CRLF, or undefined until it has arrived. `bytesMax` counts the CRLF. */
  line(bytesMax: number): string | TooLong | undefined {
    const octets = this.#octets
    const start = this.#at
    const size = octets.length
    let end = Math.max(start, this.#scanned)
    // A command is short: looking at each of its octets here is quicker than a call that looks.
    while (end < size && !(octets[end] === lf && end > start && octets[end - 1] === cr)) end += 1
    if (end === size) {
      this.#scanned = size
      if (start === size) this.#release()
      else if (size - start > bytesMax) this.#drainLine(bytesMax)
      return undefined
    }
    this.#at = end + 1
    this.#scanned = this.#at
    if (this.#draining === "line") {
      this.#draining = undefined
      return { _tag: "TooLong", start: this.#lineStart }
    }
    if (end + 1 - start > bytesMax) return { _tag: "TooLong", start: octets.toString("utf8", start, start + bytesMax) }
    return textOf(octets, start, end - 1)
  }

  /**
   * What is behind one of `starts` in the next line, as Latin-1, if that has arrived and begins so; which one, `startAt` tells.
   * Nothing says nothing: the line is still to be read. `bytesMax` counts the whole line, as that of `line`.
   */
  argument(starts: ReadonlyArray<Start>, bytesMax: number): string | undefined {
    const octets = this.#octets
    const start = this.#at
    const from = start === octets.length || this.#draining !== undefined ? -1 : this.#behind(starts, start)
    if (from === -1) return undefined
    const idEnd = this.#isLoaded() ? WireOctets.idEnd(from - this.#loadedAt, octets.length - this.#loadedAt) : 0
    this.isId = idEnd !== 0
    const end = this.isId ? idEnd + this.#loadedAt + 1 : octets.indexOf(lf, from)
    if (end === -1 || end >= start + bytesMax || octets[end - 1] !== cr) return undefined
    this.#lineAt = start
    this.#at = end + 1
    this.#scanned = this.#at
    return octets.toString("latin1", from, end - 1)
  }

  /** Whether what is left can be looked at by vectors. Each octet is loaded once, unless somebody loads others meanwhile. */
  #isLoaded(): boolean {
    if (WireOctets.isLoaded(this.#load)) return true
    this.#loadedAt = this.#at
    this.#load = WireOctets.load(this.#at === 0 ? this.#octets : this.#octets.subarray(this.#at))
    return this.#load !== 0
  }

  /**
   * Takes the next line if it has arrived and begins with `start`: what is behind that lies in `octets`, from `argumentFrom` to
   * `argumentTo`, until the next octets come. `bytesMax` counts the whole line.
   */
  takes(start: Uint8Array, bytesMax: number): boolean {
    const octets = this.#octets
    const from = this.#at
    const begin = from + start.length
    if (octets.length < begin || this.#draining !== undefined) return false
    for (let at = 0; at < start.length; at += 1) if (octets[from + at] !== start[at]) return false
    const view = (this.octets = views.of(octets))
    const size = Math.min(octets.length, from + bytesMax)
    let end = begin
    while (end < size - 4 && !holdsLf(view.getInt32(end))) end += 4
    while (end < size && view.getUint8(end) !== lf) end += 1
    if (end >= size || view.getUint8(end - 1) !== cr) return false
    this.#lineAt = from
    this.#at = end + 1
    this.#scanned = this.#at
    this.argumentFrom = begin
    this.argumentTo = end - 1
    return true
  }

  /** Takes the line back whose argument was given last: it is still to be read. */
  takeBack(): void {
    this.#at = this.#lineAt
    this.#scanned = this.#at
  }

  /** Where a line goes on that begins with one of `starts`; -1 where it does not. */
  #behind(starts: ReadonlyArray<Start>, from: number): number {
    const octets = this.#octets
    const first = octets[from]
    for (let which = 0; which < starts.length; which += 1) {
      const start = starts[which] as Start
      if (start[0] !== first || octets.length - from < start.length) continue
      let at = 1
      while (at < start.length && octets[from + at] === start[at]) at += 1
      if (at < start.length) continue
      this.startAt = which
      return from + at
    }
    return -1
  }

  /** The next block, unstuffed and without its terminator, or undefined until it has arrived. `bytesMax` is its unstuffed size. */
  block(bytesMax: number): Uint8Array | TooLong | undefined {
    const octets = this.#octets
    const start = this.#at
    const draining = this.#draining === "block"
    this.scan = undefined
    if (!draining && octets[start] === dot) {
      if (octets.length - start < 3) return undefined
      if (octets[start + 1] === cr && octets[start + 2] === lf) {
        this.#at = start + 3
        this.#scanned = this.#at
        return nothing
      }
    }
    if (this.#isToBeLooked() && octets[start] !== dot && this.#isLoaded()) {
      const from = start - this.#loadedAt
      const loadedEnd = WireOctets.articleEnd(from, octets.length - this.#loadedAt)
      if (loadedEnd > 0 && loadedEnd - from <= bytesMax) {
        const end = loadedEnd + this.#loadedAt
        this.scan = WireOctets.scan(from)
        this.#at = end + 3
        this.#scanned = this.#at
        return octets.subarray(start, end)
      }
    }
    const end = this.#blockEnd(start)
    if (end === -1) {
      this.#scanned = octets.length
      if (draining || octets.length - start > stuffedBytesMax(bytesMax)) this.#drainBlock()
      return undefined
    }
    this.#at = end + blockEnd.length
    this.#scanned = this.#at
    this.#draining = undefined
    const isStuffed = this.#isStuffed
    this.#isStuffed = false
    if (draining) return { _tag: "TooLong", start: "" }
    const lines = octets.subarray(start, end + 2)
    const block = isStuffed ? DotStuffing.unstuff(lines) : lines
    return block.length > bytesMax ? { _tag: "TooLong", start: "" } : block
  }

  /** Whether more of a block has come since it was looked at than was there before: each octet is looked at twice at most. */
  #isToBeLooked(): boolean {
    if (this.#draining !== undefined || this.#isStuffed) return false
    return this.#at < this.#octets.length && this.#scanned - this.#at <= this.#octets.length - this.#scanned
  }

  /** Where the end of a block begins, -1 while it has not arrived. Most blocks have no other line with a dot in front. */
  #blockEnd(start: number): number {
    const octets = this.#octets
    const from = Math.max(start, this.#scanned - blockEnd.length + 1)
    if (octets[start] === dot) this.#isStuffed = true
    if (this.#isStuffed) return octets.indexOf(blockEnd, from)
    const found = octets.indexOf(lineDot, from)
    if (found === -1 || (octets[found + 3] === cr && octets[found + 4] === lf)) return found
    this.#isStuffed = true
    return octets.indexOf(blockEnd, found)
  }

  /** Holds no memory while nothing is pending. */
  #release(): void {
    this.#load = 0
    this.#octets = nothing
    this.#store = nothing
    this.octets = views.clear()
    this.#at = 0
    this.#scanned = 0
  }

  #drainLine(bytesMax: number): void {
    if (this.#draining === undefined) {
      this.#draining = "line"
      this.#lineStart = this.#octets.toString("utf8", this.#at, this.#at + bytesMax)
    }
    this.#keepLast(1)
  }

  #drainBlock(): void {
    this.#draining = "block"
    this.#keepLast(blockEnd.length - 1)
  }

  #keepLast(bytes: number): void {
    this.#load = 0
    const kept = Math.min(bytes, this.#octets.length - this.#at)
    this.#octets = Buffer.from(this.#octets.subarray(this.#octets.length - kept))
    this.#store = nothing
    this.#at = 0
    this.#scanned = 0
  }
}

/** Nearly all lines are ASCII, of which each octet is a letter. */
const textOf = (octets: Buffer, start: number, end: number): string => {
  let all = 0
  for (let at = start; at < end; at += 1) all |= octets[at] as number
  return all < 0x80 ? octets.toString("latin1", start, end) : octets.toString("utf8", start, end)
}
