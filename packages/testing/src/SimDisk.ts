/**
 * A disk in memory that fails as disks do, and knows what a kill, a power cut or time leaves of its files.
 */
import type { Disk } from "@lupin/spool/Disk"
import { Buffer } from "node:buffer"
import * as path from "node:path"
import { SimFile } from "./SimFile.ts"
import { SimTables, type Snapshot } from "./SimTables.ts"

/** What a disk does wrong with the next so many operations of a kind. */
export type Fault =
  | { readonly _tag: "WriteFails"; readonly times: number }
  /** So many octets get through before the write fails. */
  | { readonly _tag: "WriteIsShort"; readonly octets: number }
  /** The octets may be on the disk or not, and the system has forgotten them. */
  | { readonly _tag: "SyncFails"; readonly times: number }
  /** The next sync does not come back before the disk is healed: the machine stops in the middle of it, or waits. */
  | { readonly _tag: "SyncHangs" }
  | { readonly _tag: "CreateFails"; readonly times: number }
  | { readonly _tag: "TruncateFails"; readonly times: number }
  | { readonly _tag: "RenameFails"; readonly times: number }
  | { readonly _tag: "RemoveFails"; readonly times: number }
  | { readonly _tag: "ReplaceFails"; readonly times: number }
  /** The machine stops in the middle of what it does to the disk, after so many operations: nothing happens from then on. */
  | { readonly _tag: "Stops"; readonly operations: number }

/** What a crash leaves of the tables: what was committed last, what was there when they were opened, or nothing. */
export type TablesLeft = "kept" | "older" | "lost"

export interface Options {
  /** When a sync is done; as soon as promises come to something, where nothing is said. */
  readonly later?: (done: () => void) => void
  /** Octets that it holds; beyond it, what is written fails. */
  readonly bytesMax?: number
}

type Renaming = ReadonlyArray<readonly [name: string, file: SimFile | undefined]>

export class SimDisk implements Disk {
  readonly #options: Options
  readonly #files = new Map<string, SimFile>()
  /** Names that survive a power cut, with what they stand for. */
  readonly #durable = new Map<string, SimFile>()
  /** What was done to names since their directory was synced, in order: each is done or not after a power cut. */
  #renamings: Array<Renaming> = []
  readonly #open = new Map<number, SimFile>()
  #next = 1
  #faults: Array<Fault> = []
  readonly #hung: Array<{ readonly goOn: () => void; readonly giveUp: (error: Error) => void }> = []
  /** Called when a sync hangs, and when one hangs already. */
  readonly #onHang: Array<() => void> = []
  readonly #tables = new Map<string, SimTables>()
  /** The tables as they were when they were opened. */
  readonly #opened = new Map<string, Snapshot>()
  /** The tables as they were when the machine stopped. */
  #left: ReadonlyMap<string, Snapshot> | undefined
  /** Operations until the machine stops. */
  #operations = Number.POSITIVE_INFINITY
  readonly #locks = new Set<string>()

  constructor(options: Options = {}) {
    this.#options = options
  }

  onHang(stopped: () => void): void {
    if (this.isStopped || this.#hung.length > 0) stopped()
    else this.#onHang.push(stopped)
  }

  /** The machine has stopped by itself; `killed` or `cutOff` tells what is left. */
  get isStopped(): boolean {
    return this.#left !== undefined
  }

  arm(fault: Fault): void {
    if (fault._tag === "Stops") this.#operations = fault.operations
    else this.#faults.push(fault)
  }

  /** Somebody waits for a sync that does not come back. */
  get isHanging(): boolean {
    return this.#hung.length > 0
  }

  /** Nothing fails any more, and syncs that hang go on. */
  heal(): void {
    this.#disarm()
    for (const { goOn } of this.#hung.splice(0)) goOn()
  }

  #disarm(): void {
    this.#faults = []
    this.#operations = Number.POSITIVE_INFINITY
  }

  // What a process does.

  readonly names = (directory: string): ReadonlyArray<string> => [
    ...new Set(
      [...this.#files.keys()].flatMap((name) => {
        const [first = ""] = path.relative(directory, name).split(path.sep)
        return first === ".." ? [] : [first]
      })
    )
  ]

  readonly open = (name: string, how: "create" | "existing"): number => {
    if (how === "create") {
      this.#operate()
      if (this.#strikes("CreateFails") !== undefined) throw new Error("no space left on device")
      const known = this.#files.get(name)
      if (known === undefined) this.#name([name, new SimFile()])
      else known.resize(0)
    }
    this.#open.set(this.#next, this.#called(name))
    return this.#next++
  }

  readonly size = (number: number): number => this.#file(number).bytes

  readonly read = (number: number, buffer: Uint8Array, offset: number, bytes = buffer.length): number =>
    this.#file(number).read(bytes < buffer.length ? buffer.subarray(0, bytes) : buffer, offset)

  readonly write = (number: number, pieces: ReadonlyArray<Uint8Array>, offset: number): void => {
    const file = this.#file(number)
    this.#operate(() => {
      const all = Buffer.concat(pieces)
      file.write(offset, all.subarray(0, all.length >> 1))
    })
    const short = this.#strikes("WriteIsShort")
    if (short === undefined && this.#strikes("WriteFails") !== undefined) throw new Error("input/output error")
    const { bytesMax = Number.POSITIVE_INFINITY } = this.#options
    if (Number.isFinite(bytesMax)) {
      const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
      const growth = Math.max(0, offset + bytes - file.bytes)
      if (growth > 0 && this.bytes(() => true) + growth > bytesMax) throw new Error("no space left on device")
    }
    if (short === undefined) return file.write(offset, ...pieces)
    file.write(offset, Buffer.concat(pieces).subarray(0, short.octets))
    throw new Error("no space left on device")
  }

  readonly sync = (number: number, done: (error: Error | null) => void): void => {
    if (this.#strikes("SyncHangs") !== undefined) {
      this.#hung.push({ goOn: () => this.sync(number, done), giveUp: done })
      for (const stopped of this.#onHang.splice(0)) stopped()
      return
    }
    const { later = queueMicrotask } = this.#options
    later(() => {
      try {
        this.syncNow(number)
      } catch (error) {
        return done(error instanceof Error ? error : new Error(String(error)))
      }
      done(null)
    })
  }

  readonly syncNow = (number: number): void => {
    const file = this.#file(number)
    this.#operate()
    if (this.#strikes("SyncFails") !== undefined) throw new Error("input/output error")
    file.sync()
  }

  readonly truncate = (number: number, bytes: number): void => {
    this.#operate()
    if (this.#strikes("TruncateFails") !== undefined) throw new Error("read-only file system")
    this.#file(number).resize(bytes)
  }

  readonly close = (number: number): void => void this.#open.delete(number)

  readonly syncDirectory = (directory: string): void => {
    this.#operate()
    const isHere = (name: string): boolean => path.dirname(name) === directory
    this.#renamings = this.#renamings.filter((changes) => !changes.some(([name]) => isHere(name)))
    for (const name of this.#durable.keys()) if (isHere(name)) this.#durable.delete(name)
    for (const [name, file] of this.#files) if (isHere(name)) this.#durable.set(name, file)
  }

  readonly load = (name: string): Uint8Array | undefined => this.#files.get(name)?.octets

  readonly replace = (name: string, octets: Uint8Array): void => {
    const file = new SimFile(octets)
    // The new name may have come to the disk or not.
    this.#operate(() => this.#name([name, file]))
    if (this.#strikes("ReplaceFails") !== undefined) throw new Error("no space left on device")
    this.#files.set(name, file)
    this.syncDirectory(path.dirname(name))
  }

  readonly rename = (from: string, to: string): void => {
    this.#operate()
    if (this.#strikes("RenameFails") !== undefined) throw new Error("input/output error")
    this.#name([to, this.#called(from)], [from, undefined])
  }

  readonly remove = (name: string): void => {
    this.#operate()
    if (this.#strikes("RemoveFails") !== undefined) throw new Error("input/output error")
    this.#called(name)
    this.#name([name, undefined])
  }

  readonly openTables = (directory: string): SimTables => {
    const tables = this.#tables.get(directory) ?? new SimTables()
    this.#tables.set(directory, tables)
    this.#opened.set(directory, tables.snapshot)
    return tables
  }

  readonly dropTables = (directory: string): void => {
    this.#tables.delete(directory)
    this.#opened.delete(directory)
  }

  readonly lock = (directory: string): (() => void) => {
    if (this.#locks.has(directory)) throw new Error(`another process has ${directory} open`)
    this.#locks.add(directory)
    return () => void this.#locks.delete(directory)
  }

  // What happens to it.

  /** What another process finds when this one is killed now. Syncs that hang are let go. */
  killed(tables: TablesLeft = "kept"): SimDisk {
    const next = this.#successor(tables)
    const copies = new Map<SimFile, SimFile>()
    const copyOf = (file: SimFile): SimFile => {
      const copy = copies.get(file) ?? file.copy()
      copies.set(file, copy)
      return copy
    }
    for (const [name, file] of this.#files) next.#files.set(name, copyOf(file))
    for (const [name, file] of this.#durable) next.#durable.set(name, copyOf(file))
    next.#renamings = this.#renamings.map((changes) => changes.map(([name, file]) => [name, file && copyOf(file)]))
    this.#stop()
    return next
  }

  /** What is there after a power cut: `chance` says of each sector, and of each name, that was not synced whether it got through. */
  cutOff(chance: () => boolean, tables: TablesLeft = "kept"): SimDisk {
    const next = this.#successor(tables)
    const left = new Map(this.#durable)
    for (const changes of this.#renamings) if (chance()) assign(left, changes)
    for (const [name, file] of left) {
      const kept = file.left(chance)
      next.#files.set(name, kept)
      next.#durable.set(name, kept)
    }
    this.#stop()
    return next
  }

  /** Octets of files whose name passes, end to end. */
  bytes(isMeant: (name: string) => boolean): number {
    return [...this.#files].reduce((sum, [name, { bytes }]) => sum + (isMeant(name) ? bytes : 0), 0)
  }

  /** Files in which some text stands. */
  naming(text: string): ReadonlyArray<string> {
    return [...this.#files].flatMap(([name, { octets }]) => (octets.includes(text) ? [name] : []))
  }

  /** Turns over one bit of those files, whatever was synced. */
  flip(isMeant: (name: string) => boolean, octet: number, bit: number): void {
    let at = octet
    for (const [name, file] of this.#files) {
      if (!isMeant(name)) continue
      if (at < file.bytes) return file.flip(at, bit)
      at -= file.bytes
    }
  }

  #successor(left: TablesLeft): SimDisk {
    const next = new SimDisk(this.#options)
    for (const [directory, tables] of this.#tables) {
      if (left === "lost") continue
      const latest = this.#left === undefined ? tables.snapshot : this.#left.get(directory)
      next.#tables.set(directory, new SimTables(left === "kept" ? latest : this.#opened.get(directory)))
    }
    return next
  }

  /** Lets go of whoever waits for this disk, once nothing that they do is of consequence. */
  #stop(): void {
    this.#disarm()
    for (const { giveUp } of this.#hung.splice(0)) giveUp(new Error("the machine has stopped"))
  }

  /** One more operation; `half` is what there is of it if it is the last. */
  #operate(half = (): void => {}): void {
    if (!this.isStopped && this.#operations > 0) {
      this.#operations -= 1
      return
    }
    if (!this.isStopped) {
      half()
      this.#left = new Map([...this.#tables].map(([directory, tables]) => [directory, tables.snapshot]))
      for (const stopped of this.#onHang.splice(0)) stopped()
    }
    throw new Error("the machine has stopped")
  }

  #name(...changes: Renaming): void {
    assign(this.#files, changes)
    this.#renamings.push(changes)
  }

  #called(name: string): SimFile {
    const file = this.#files.get(name)
    if (file === undefined) throw new Error("no such file")
    return file
  }

  #strikes<T extends Fault["_tag"]>(tag: T): Extract<Fault, { readonly _tag: T }> | undefined {
    if (this.#faults.length === 0) return undefined
    const at = this.#faults.findIndex((fault) => fault._tag === tag)
    const fault = this.#faults[at]
    if (fault === undefined) return undefined
    if ("times" in fault && fault.times > 1) this.#faults[at] = { ...fault, times: fault.times - 1 }
    else this.#faults.splice(at, 1)
    return fault as Extract<Fault, { readonly _tag: T }>
  }

  #file(number: number): SimFile {
    const file = this.#open.get(number)
    if (file === undefined) throw new Error("bad file descriptor")
    return file
  }
}

const assign = (files: Map<string, SimFile>, changes: Renaming): void => {
  for (const [name, file] of changes) {
    if (file === undefined) files.delete(name)
    else files.set(name, file)
  }
}
