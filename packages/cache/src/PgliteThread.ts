/**
 * A PGlite backend in a thread of its own, so that its queries hold up nothing here.
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Worker } from "node:worker_threads"
import * as PgliteBackend from "./PgliteBackend.ts"

export interface WorkerData {
  readonly directory: string
}

/** What the thread is asked; the next `Execute` follows the answer to the one before. */
export type Asked = { readonly _tag: "Execute"; readonly messages: Uint8Array } | { readonly _tag: "Close" }

/** What it says: any number of `Data`, then `Done` or `Failed`. Once open it says `Done` unasked. */
export type Said =
  | { readonly _tag: "Data"; readonly octets: Uint8Array }
  | { readonly _tag: "Done" }
  | { readonly _tag: "Failed"; readonly reason: string }

/** Opens the database in `directory` in a new thread, which ends with the scope. */
export const inThread = (
  directory: string
): Effect.Effect<PgliteBackend.PgliteBackend, PgliteBackend.PgliteFailed, Scope.Scope> =>
  PgliteBackend.scoped(directory, () => open(directory))

interface Waiting {
  readonly onData: (octets: Uint8Array) => void
  readonly resolve: () => void
  readonly reject: (cause: Error) => void
}

const open = async (directory: string): Promise<PgliteBackend.PgliteBackend> => {
  // Sources run as they are in development, and as .js in a package.
  const entry = new URL(import.meta.url.endsWith(".ts") ? "./PgliteWorker.ts" : "./PgliteWorker.js", import.meta.url)
  const worker = new Worker(entry, { workerData: { directory } satisfies WorkerData })
  let waiting: Waiting | undefined
  let ended: Error | undefined
  const ask = (asked: Asked | undefined, onData: (octets: Uint8Array) => void) =>
    new Promise<void>((resolve, reject) => {
      if (ended !== undefined) return reject(ended)
      waiting = { onData, resolve, reject }
      if (asked !== undefined) worker.postMessage(asked)
    })
  const end = (cause: Error) => {
    ended ??= cause
    waiting?.reject(ended)
    waiting = undefined
  }
  worker.on("error", (cause) => end(cause instanceof Error ? cause : new Error(String(cause))))
  worker.on("exit", () => end(new Error("the database's thread has ended")))
  worker.on("message", (said: Said) => {
    if (said._tag === "Data") return waiting?.onData(said.octets)
    const current = waiting
    waiting = undefined
    if (said._tag === "Done") current?.resolve()
    else current?.reject(new Error(said.reason))
  })
  await ask(undefined, () => undefined)

  let last: Promise<void> = Promise.resolve()
  return {
    execute: (messages, onData) => {
      const mine = last.then(() => ask({ _tag: "Execute", messages }, onData))
      last = mine.catch(() => undefined)
      return mine
    },
    close: async () => {
      await last
      const exit = new Promise((resolve) => worker.once("exit", resolve))
      if (ended !== undefined) return
      worker.postMessage({ _tag: "Close" } satisfies Asked)
      await exit
    }
  }
}
