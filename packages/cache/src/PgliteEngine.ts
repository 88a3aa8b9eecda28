/**
 * Opens PGlite: Postgres in WebAssembly, in the thread that calls.
 *
 * Nothing imports this module but those who run queries in their own thread: loading it takes time and memory.
 */
import { PGlite } from "@electric-sql/pglite"
import type * as PgliteBackend from "./PgliteBackend.ts"

/** A cache is small and can be lost: little memory, short logs, rough statistics that are gathered in no time. */
const settings = [
  "shared_buffers=32MB",
  "wal_buffers=1MB",
  "max_wal_size=64MB",
  "min_wal_size=32MB",
  "default_statistics_target=20"
]

/** Opens the database in `directory`, and makes one first if the directory is empty or absent (seconds of CPU). */
export const open = async (directory: string): Promise<PgliteBackend.PgliteBackend> => {
  const database = await PGlite.create({ dataDir: directory, postgresqlconf: settings, relaxedDurability: true })
  return {
    execute: (messages, onData) =>
      database.runExclusive(() => database.execProtocolRawStream(messages, { onRawData: onData })),
    close: () => database.close()
  }
}
