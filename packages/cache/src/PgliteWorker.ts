/**
 * Entry of the thread in which `PgliteThread` runs a PGlite backend.
 */
import { parentPort, workerData } from "node:worker_threads"
import * as PgliteEngine from "./PgliteEngine.ts"
import type * as PgliteThread from "./PgliteThread.ts"

const serve = async (): Promise<void> => {
  const { directory } = workerData as PgliteThread.WorkerData
  const say = (said: PgliteThread.Said) => parentPort?.postMessage(said)
  const backend = await PgliteEngine.open(directory)
  parentPort?.on("message", (asked: PgliteThread.Asked) => {
    if (asked._tag === "Close") {
      const end = () => parentPort?.close()
      backend.close().then(end, end)
      return
    }
    const onData = (octets: Uint8Array) => say({ _tag: "Data", octets: Uint8Array.from(octets) })
    backend.execute(asked.messages, onData).then(
      () => say({ _tag: "Done" }),
      (cause: unknown) => say({ _tag: "Failed", reason: String(cause) })
    )
  })
  say({ _tag: "Done" })
}

await serve()
