/**
 * The files on which the durability of a spool rests, apart so that a test can make them fail as disks do.
 *
 * All but `sync` is synchronous; all throw what the system says.
 */
import { Context } from "effect"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import * as DirectoryLock from "./internal/DirectoryLock.ts"
import * as Tables from "./Tables.ts"

export interface Disk {
  /** What lies in a directory, by name and in no order; the directory is made if it is not there. */
  readonly names: (directory: string) => ReadonlyArray<string>
  /** A number for a file: one that is there, or one that is empty from now on, whatever was there. */
  readonly open: (name: string, how: "create" | "existing") => number
  readonly size: (file: number) => number
  /** Fills the buffer, or its first so many octets, from an offset on, and says how many there were: fewer at the end of the file. */
  readonly read: (file: number, buffer: Uint8Array, offset: number, bytes?: number) => number
  /** Writes all pieces, one after another, at an offset of the file. */
  readonly write: (file: number, pieces: ReadonlyArray<Uint8Array>, offset: number) => void
  /** Makes what was written survive a power cut; off the main thread. */
  readonly sync: (file: number, done: (error: Error | null) => void) => void
  readonly syncNow: (file: number) => void
  readonly truncate: (file: number, bytes: number) => void
  readonly close: (file: number) => void
  /** Makes the names in a directory survive a power cut. */
  readonly syncDirectory: (directory: string) => void
  /** All of a small file, if it is there. */
  readonly load: (name: string) => Uint8Array | undefined
  /** Puts a small file in the place of another, so that a power cut leaves the one or the other. */
  readonly replace: (name: string, octets: Uint8Array) => void
  /** Gives a file another name, in the place of whatever had it; `syncDirectory` makes that safe. */
  readonly rename: (from: string, to: string) => void
  /** Takes a file away; after a power cut it may be there again. */
  readonly remove: (name: string) => void
  /** Opens the tables that lie in a directory. Throws where they cannot be used: then drop them. */
  readonly openTables: (directory: string) => Tables.Tables
  readonly dropTables: (directory: string) => void
  /** Lets no other process into a directory, which is made if it is not there, until what is given is called. */
  readonly lock: (directory: string) => () => void
}

const write: Disk["write"] = (file, pieces, offset) => {
  const [only] = pieces
  // What one call does less is worth it for a piece by itself.
  if (only !== undefined && pieces.length === 1 && fs.writeSync(file, only, 0, only.length, offset) === only.length)
    return
  let bytes = 0
  for (const piece of pieces) bytes += piece.length
  const end = offset + bytes
  let rest: ReadonlyArray<Uint8Array> = pieces
  let at = offset
  while (rest.length > 0) {
    let written = fs.writevSync(file, rest, at)
    at += written
    if (at === end) return
    // A full disk may take a part: what is left is tried again, and then fails with its reason.
    let whole = 0
    while (whole < rest.length && written >= (rest[whole]?.length ?? 0)) written -= rest[whole++]?.length ?? 0
    rest = [...rest.slice(whole, whole + 1).map((piece) => piece.subarray(written)), ...rest.slice(whole + 1)]
  }
}

const syncDirectory: Disk["syncDirectory"] = (directory) => {
  const file = fs.openSync(directory, "r")
  try {
    fs.fsyncSync(file)
  } finally {
    fs.closeSync(file)
  }
}

/** The disk of this machine. */
export const node: Disk = {
  names: (directory) => {
    fs.mkdirSync(directory, { recursive: true })
    return fs.readdirSync(directory)
  },
  open: (name, how) => fs.openSync(name, how === "create" ? "w+" : "r+"),
  size: (file) => fs.fstatSync(file).size,
  read: (file, buffer, offset, bytes = buffer.length) => fs.readSync(file, buffer, 0, bytes, offset),
  write,
  sync: (file, done) => fs.fdatasync(file, done),
  syncNow: (file) => fs.fdatasyncSync(file),
  truncate: (file, bytes) => fs.ftruncateSync(file, bytes),
  close: (file) => fs.closeSync(file),
  syncDirectory,
  load: (name) => (fs.existsSync(name) ? fs.readFileSync(name) : undefined),
  replace: (name, octets) => {
    fs.writeFileSync(`${name}.new`, Buffer.from(octets), { flush: true })
    fs.renameSync(`${name}.new`, name)
    syncDirectory(path.dirname(name))
  },
  rename: (from, to) => fs.renameSync(from, to),
  remove: (name) => fs.unlinkSync(name),
  openTables: Tables.open,
  dropTables: Tables.drop,
  lock: (directory) => {
    fs.mkdirSync(directory, { recursive: true })
    return DirectoryLock.take(directory)
  }
}

/** The disk of this machine, unless something else is provided. */
export const Disk = Context.Reference<Disk>("@lupin/spool/Disk", { defaultValue: () => node })
