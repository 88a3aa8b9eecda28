import type { Disk } from "@lupin/spool/Disk"
import { Buffer } from "node:buffer"
import * as path from "node:path"

/** What a disk does wrong with the next so many operations of a kind. */
export type Fault =
  | { readonly _tag: "WriteFails"; readonly times: number }
  /** So many octets get through before the write fails. */
  | { readonly _tag: "WriteIsShort"; readonly octets: number }
  /** The octets may be on the disk or not, and the system has forgotten them. */
  | { readonly _tag: "SyncFails"; readonly times: number }
  /** The next sync never comes back: the machine stops in the middle of it. */
  | { readonly _tag: "SyncHangs" }
  | { readonly _tag: "CreateFails"; readonly times: number }
  | { readonly _tag: "TruncateFails"; readonly times: number }
  | { readonly _tag: "RenameFails"; readonly times: number }
  | { readonly _tag: "RemoveFails"; readonly times: number }
  | { readonly _tag: "ReplaceFails"; readonly times: number }
  /** The machine stops in the middle of what it does to the disk after so many operations: nothing happens from then on. */
  | { readonly _tag: "Stops"; readonly operations: number }

interface File {
  /** What processes read. */
  cached: Buffer
  /** What a power cut leaves at least. */
  durable: Buffer
  /** Made since the last sync, in order. */
  pending: Array<{ readonly offset: number; readonly octets: Buffer } | { readonly bytes: number }>
}

/** Octets that reach the disk together or not at all. */
const sectorBytes = 512

const assign = (
  files: Map<string, File>,
  changes: ReadonlyArray<readonly [name: string, file: File | undefined]>
): void => {
  for (const [name, file] of changes) {
    if (file === undefined) files.delete(name)
    else files.set(name, file)
  }
}

const resized = (octets: Buffer, bytes: number): Buffer => {
  const next = Buffer.alloc(bytes)
  octets.copy(next, 0, 0, Math.min(octets.length, bytes))
  return next
}

const written = (octets: Buffer, offset: number, piece: Uint8Array): Buffer => {
  const next = offset + piece.length > octets.length ? resized(octets, offset + piece.length) : octets
  next.set(piece, offset)
  return next
}

/** A disk in memory that knows what a kill, a power cut or time leaves of its files. */
export class FaultDisk implements Disk {
  #files = new Map<string, File>()
  /** Names that survive a power cut, with what they stand for. */
  #durable = new Map<string, File>()
  /** What was done to names since their directory was synced, in order: each is done or not after a power cut. */
  #renamings: Array<ReadonlyArray<readonly [name: string, file: File | undefined]>> = []
  #open = new Map<number, File>()
  #next = 1
  #faults: Array<Fault> = []
  #hung: Array<(error: Error) => void> = []
  /** Called when a sync hangs, and when one hangs already. */
  #onHang: Array<() => void> = []

  /** Called in the moment in which the machine stops. */
  onStop = (): void => {}
  isStopped = false
  /** Operations until the machine stops. */
  #left = Infinity

  onHang(stopped: () => void): void {
    if (this.isStopped || this.#hung.length > 0) stopped()
    else this.#onHang.push(stopped)
  }

  arm(fault: Fault): void {
    if (fault._tag === "Stops") this.#left = fault.operations
    else this.#faults.push(fault)
  }

  heal(): void {
    this.#faults = []
    this.#left = Infinity
  }

  /** One more operation; `half` is what there is of it if it is the last. */
  #operate(half = (): void => {}): void {
    if (!this.isStopped && this.#left > 0) {
      this.#left -= 1
      return
    }
    if (!this.isStopped) {
      half()
      this.isStopped = true
      this.onStop()
      for (const stopped of this.#onHang.splice(0)) stopped()
    }
    throw new Error("the machine has stopped")
  }

  #strikes<T extends Fault["_tag"]>(tag: T): Extract<Fault, { readonly _tag: T }> | undefined {
    const at = this.#faults.findIndex((fault) => fault._tag === tag)
    const fault = this.#faults[at]
    if (fault === undefined) return undefined
    if ("times" in fault && fault.times > 1) this.#faults[at] = { ...fault, times: fault.times - 1 }
    else this.#faults.splice(at, 1)
    return fault as Extract<Fault, { readonly _tag: T }>
  }

  #file(number: number): File {
    const file = this.#open.get(number)
    if (file === undefined) throw new Error("bad file descriptor")
    return file
  }

  names = (directory: string): ReadonlyArray<string> => [
    ...new Set(
      [...this.#files.keys()].flatMap((name) => {
        const [first = ""] = path.relative(directory, name).split(path.sep)
        return first === ".." ? [] : [first]
      })
    )
  ]

  #name(...changes: ReadonlyArray<readonly [name: string, file: File | undefined]>): void {
    assign(this.#files, changes)
    this.#renamings.push(changes)
  }

  open = (name: string, how: "create" | "existing"): number => {
    if (how === "create") {
      this.#operate()
      if (this.#strikes("CreateFails") !== undefined) throw new Error("no space left on device")
      const known = this.#files.get(name)
      if (known === undefined) this.#name([name, { cached: Buffer.alloc(0), durable: Buffer.alloc(0), pending: [] }])
      else this.#resize(known, 0)
    }
    this.#open.set(this.#next, this.#called(name))
    return this.#next++
  }

  #called(name: string): File {
    const file = this.#files.get(name)
    if (file === undefined) throw new Error("no such file")
    return file
  }

  size = (number: number): number => this.#file(number).cached.length

  read = (number: number, buffer: Uint8Array, offset: number): number => {
    const octets = this.#file(number).cached.subarray(offset, offset + buffer.length)
    buffer.set(octets)
    return octets.length
  }

  write = (number: number, pieces: ReadonlyArray<Uint8Array>, offset: number): void => {
    const file = this.#file(number)
    const all = Buffer.concat(pieces)
    this.#operate(() => this.#put(file, offset, all.subarray(0, all.length >> 1)))
    const short = this.#strikes("WriteIsShort")
    if (short === undefined && this.#strikes("WriteFails") !== undefined) throw new Error("input/output error")
    this.#put(file, offset, all.subarray(0, short?.octets))
    if (short !== undefined) throw new Error("no space left on device")
  }

  #put(file: File, offset: number, octets: Buffer): void {
    file.cached = written(file.cached, offset, octets)
    file.pending.push({ offset, octets: Buffer.from(octets) })
  }

  sync = (number: number, done: (error: Error | null) => void): void => {
    if (this.#strikes("SyncHangs") !== undefined) {
      this.#hung.push(done)
      for (const stopped of this.#onHang.splice(0)) stopped()
      return
    }
    queueMicrotask(() => {
      try {
        this.syncNow(number)
        done(null)
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  syncNow = (number: number): void => {
    const file = this.#file(number)
    this.#operate()
    if (this.#strikes("SyncFails") !== undefined) throw new Error("input/output error")
    file.durable = Buffer.from(file.cached)
    file.pending = []
  }

  truncate = (number: number, bytes: number): void => {
    this.#operate()
    if (this.#strikes("TruncateFails") !== undefined) throw new Error("read-only file system")
    this.#resize(this.#file(number), bytes)
  }

  #resize(file: File, bytes: number): void {
    file.cached = resized(file.cached, bytes)
    file.pending.push({ bytes })
  }

  close = (number: number): void => void this.#open.delete(number)

  syncDirectory = (directory: string): void => {
    this.#operate()
    const isHere = (name: string): boolean => path.dirname(name) === directory
    this.#renamings = this.#renamings.filter((changes) => !changes.some(([name]) => isHere(name)))
    for (const name of this.#durable.keys()) if (isHere(name)) this.#durable.delete(name)
    for (const [name, file] of this.#files) if (isHere(name)) this.#durable.set(name, file)
  }

  rename = (from: string, to: string): void => {
    this.#operate()
    if (this.#strikes("RenameFails") !== undefined) throw new Error("input/output error")
    this.#name([to, this.#called(from)], [from, undefined])
  }

  remove = (name: string): void => {
    this.#operate()
    if (this.#strikes("RemoveFails") !== undefined) throw new Error("input/output error")
    this.#called(name)
    this.#name([name, undefined])
  }

  load = (name: string): Uint8Array | undefined => this.#files.get(name)?.cached

  replace = (name: string, octets: Uint8Array): void => {
    const file = { cached: Buffer.from(octets), durable: Buffer.from(octets), pending: [] }
    // The new name may have come to the disk or not.
    this.#operate(() => this.#name([name, file]))
    if (this.#strikes("ReplaceFails") !== undefined) throw new Error("no space left on device")
    this.#files.set(name, file)
    this.syncDirectory(path.dirname(name))
  }

  /** What another process finds when this one is killed now. Syncs that hang are let go. */
  killed(): FaultDisk {
    return this.#after((file) => Buffer.from(file.cached))
  }

  /** What is there after a power cut: `chance` says of each sector that was not synced whether it got through. */
  cutOff(chance: () => boolean): FaultDisk {
    return this.#after((file) => {
      let octets: Buffer = Buffer.from(file.durable)
      for (const change of file.pending) {
        if ("bytes" in change) {
          if (chance()) octets = resized(octets, change.bytes)
          continue
        }
        // The length of a file may get through without what it holds.
        const end = change.offset + change.octets.length
        if (end > octets.length && chance()) octets = resized(octets, end)
        for (let at = change.offset; at < end;) {
          const next = Math.min(end, (Math.floor(at / sectorBytes) + 1) * sectorBytes)
          if (chance()) octets = written(octets, at, change.octets.subarray(at - change.offset, next - change.offset))
          at = next
        }
      }
      return octets
    }, chance)
  }

  /** Files in which some text stands. */
  naming(text: string): ReadonlyArray<string> {
    return [...this.#files].flatMap(([name, { cached }]) => (cached.includes(text) ? [name] : []))
  }

  /** Octets of files whose name passes, end to end. */
  bytes(isMeant: (name: string) => boolean): number {
    return [...this.#files].reduce((sum, [name, { cached }]) => sum + (isMeant(name) ? cached.length : 0), 0)
  }

  /** Turns over one bit of those files, whatever was synced. */
  flip(isMeant: (name: string) => boolean, octet: number, bit: number): void {
    let at = octet
    for (const [name, file] of this.#files) {
      if (!isMeant(name)) continue
      if (at < file.cached.length) {
        file.cached[at] = (file.cached[at] ?? 0) ^ (1 << bit)
        file.durable = Buffer.from(file.cached)
        return
      }
      at -= file.cached.length
    }
  }

  #after(image: (file: File) => Buffer, chance?: () => boolean): FaultDisk {
    const next = new FaultDisk()
    const left = chance === undefined ? this.#files : new Map(this.#durable)
    for (const changes of chance === undefined ? [] : this.#renamings) if (chance?.() === true) assign(left, changes)
    for (const [name, file] of left) {
      const octets = image(file)
      const kept = { cached: octets, durable: Buffer.from(octets), pending: [] }
      next.#files.set(name, kept)
      next.#durable.set(name, kept)
    }
    this.heal()
    for (const done of this.#hung.splice(0)) done(new Error("the machine has stopped"))
    return next
  }
}
