/**
 * The few writes on which the durability of a spool rests, apart so that a test can make them fail.
 */
import { Context } from "effect"
import * as fs from "node:fs"

export interface Disk {
  /** Writes all pieces, one after another, at an offset of the file. Throws what the system says. */
  readonly write: (file: number, pieces: ReadonlyArray<Uint8Array>, offset: number) => void
  /** Makes what was written survive a power cut; off the main thread. */
  readonly sync: (file: number, done: (error: Error | null) => void) => void
}

const write: Disk["write"] = (file, pieces, offset) => {
  let rest: ReadonlyArray<Uint8Array> = pieces
  let at = offset
  while (rest.length > 0) {
    let written = fs.writevSync(file, rest, at)
    at += written
    // A full disk may take a part: what is left is tried again, and then fails with its reason.
    let whole = 0
    while (whole < rest.length && written >= (rest[whole]?.length ?? 0)) written -= rest[whole++]?.length ?? 0
    rest = [...rest.slice(whole, whole + 1).map((piece) => piece.subarray(written)), ...rest.slice(whole + 1)]
  }
}

export const node: Disk = { write, sync: (file, done) => fs.fdatasync(file, done) }

/** The disk of this machine, unless something else is provided. */
export const Disk = Context.Reference<Disk>("@lupin/spool/Disk", { defaultValue: () => node })
