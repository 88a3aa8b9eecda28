/**
 * One process at a time in a directory.
 *
 * An exclusive transaction on an empty SQLite file is a lock that the system itself gives back when the process ends,
 * however it ends: no stale lock is ever in the way.
 */
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"

/** Takes the lock, or throws; gives back the function that lets go. */
export const take = (directory: string): (() => void) => {
  const database = new DatabaseSync(path.join(directory, "lock"), { timeout: 0 })
  try {
    database.exec("BEGIN EXCLUSIVE")
  } catch (error) {
    database.close()
    throw new Error(`another process has ${directory} open; stop it, or choose another directory`, { cause: error })
  }
  return () => database.close()
}
