/**
 * Tables of octets by octets, in the order of their keys: what the index of a spool lies in.
 *
 * On a real disk they are LMDB's. Only the index uses them, and can make all of them anew from the log.
 */
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import { open as openLmdb } from "lmdb"
import * as path from "node:path"
import * as TextOverwrite from "./internal/TextOverwrite.ts"

/** Keys from `start` on and before `end`; backwards, down from `start` and above `end`. */
export interface Range {
  readonly start?: Buffer
  readonly end?: Buffer
  readonly reverse?: boolean
  readonly limit?: number
}

/** One table. All is synchronous; what is put outside a transaction is one by itself. */
export interface Table {
  readonly get: (key: Buffer) => Buffer | undefined
  /** As `get`, without a copy: the octets, as many as `length` says, are good until the next look, and are not to be changed. */
  readonly look: (key: Buffer) => Buffer | undefined
  /** Within a transaction, key and value may be written over once it returns. */
  readonly putSync: (key: Buffer, value: Buffer) => unknown
  readonly removeSync: (key: Buffer) => unknown
  readonly clearSync: () => void
  /** Nothing may be changed while it is gone through. */
  readonly getRange: (range: Range) => Iterable<{ readonly key: Buffer; readonly value: Buffer }>
  readonly getKeys: (range: Range) => Iterable<Buffer>
}

export interface Tables {
  /** A table by its name; made if it is not there. */
  readonly table: (name: string) => Table
  /** All that `act` puts and removes is kept, or, where it throws, nothing. */
  readonly transactionSync: (act: () => void) => void
  /**
   * Writes others of their length in the place of texts, wherever they stand: in rows, and in what is left of rows that are
   * no more. Looks at so many octets from an offset on, and says where to go on; nothing once it has seen all. A row that
   * moves between two calls may be missed: rows that have such texts are to be changed first. Outside of transactions.
   */
  readonly overwrite: (texts: TextOverwrite.Texts, from: number, bytesMax: number) => number | undefined
  readonly close: () => Promise<void>
}

/** Tables of one directory. */
const tablesMax = 16

const binary = { encoding: "binary", keyEncoding: "binary" } as const

/** Opens the tables of a directory. Throws where they cannot be used: then `drop` them. */
export const open = (directory: string): Tables => {
  if (!isReadable(path.join(directory, "data.mdb"))) throw new Error(`${directory} holds no tables`)
  const environment = openLmdb({ path: directory, maxDbs: tablesMax, noSubdir: false, ...binary })
  return {
    table: (name) => {
      const rows = environment.openDB<Buffer, Buffer>({ name, ...binary })
      return {
        get: (key) => rows.get(key),
        look: (key) => rows.getBinaryFast(key),
        putSync: (key, value) => rows.putSync(key, value),
        removeSync: (key) => rows.removeSync(key),
        clearSync: () => rows.clearSync(),
        getRange: (range) => rows.getRange(range),
        getKeys: (range) => rows.getKeys(range)
      }
    },
    transactionSync: (act) => environment.transactionSync(act),
    overwrite: (texts, from, bytesMax) => overwriteIn(path.join(directory, "data.mdb"), texts, from, bytesMax),
    close: () => environment.close()
  }
}

export const drop = (directory: string): void => fs.rmSync(directory, { recursive: true, force: true })

/** The magic number of LMDB in the first of its meta pages. */
const lmdbMagic = 0xbeefc0de
const lmdbMagicOffset = 24
const lmdbMetaBytes = 8192

/** LMDB maps its file without a look at what it is, and a stranger's octets would end the process. */
const isReadable = (name: string): boolean => {
  if (!fs.existsSync(name)) return true
  const file = fs.openSync(name, "r")
  try {
    const meta = Buffer.alloc(lmdbMetaBytes)
    const bytes = fs.readSync(file, meta, 0, meta.length, 0)
    return bytes === 0 || (bytes === meta.length && meta.readUInt32LE(lmdbMagicOffset) === lmdbMagic)
  } finally {
    fs.closeSync(file)
  }
}

/** LMDB reads its file through a map of it, so it sees what is written here; pages have no checksums. */
const overwriteIn = (name: string, texts: TextOverwrite.Texts, from: number, bytesMax: number): number | undefined => {
  const file = fs.openSync(name, "r+")
  const octets: TextOverwrite.File = {
    size: () => fs.fstatSync(file).size,
    read: (buffer, offset) => fs.readSync(file, buffer, 0, buffer.length, offset),
    write: (piece, offset) => void fs.writeSync(file, piece, 0, piece.length, offset),
    sync: () => fs.fdatasyncSync(file)
  }
  try {
    return TextOverwrite.overwrite(octets, texts, from, bytesMax)
  } finally {
    fs.closeSync(file)
  }
}
