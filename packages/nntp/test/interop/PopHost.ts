/**
 * A POP host as an operator starts it, with the example app, on free ports and an empty directory.
 */
import { Context, Effect, Layer } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as Ports from "./Ports.ts"
import * as Programs from "./Programs.ts"

const root = fileURLToPath(new URL("../../../../", import.meta.url))

export interface Review {
  readonly trail: string
  readonly name: string
  readonly rating: number
  readonly text: string
}

export class PopHost extends Context.Service<
  PopHost,
  {
    readonly port: number
    /** Posts a review as the app on a phone does; its Message-ID. */
    readonly review: (review: Review) => Effect.Effect<string>
  }
>()("interop/PopHost") {
  static readonly layer: Layer.Layer<PopHost> = Layer.effect(
    PopHost,
    Effect.gen(function* () {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "pop-"))),
        (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
      )
      const [nntp, json, meta] = [yield* Ports.free, yield* Ports.free, yield* Ports.free]
      const config = path.join(directory, "config.json")
      fs.writeFileSync(config, JSON.stringify(configOf(directory, nntp, json, meta)))
      const log = path.join(directory, "log")
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const output = fs.openSync(log, "a")
          const child = spawn(process.execPath, ["apps/cli/src/main.ts", "pop", "--config", config], {
            cwd: root,
            stdio: ["ignore", output, output]
          })
          fs.closeSync(output)
          return child
        }),
        (child) => Programs.end(child, "SIGTERM")
      ).pipe(Effect.tap((child) => Effect.raceFirst(Ports.answering(nntp), died(child, log))))
      return PopHost.of({
        port: nntp,
        review: (payload) =>
          Programs.until(
            Effect.promise(async () => {
              const body = JSON.stringify({ at: { lat: 44.16, lon: -115.05 }, payload })
              const url = `http://127.0.0.1:${json}/v1/apps/trailblaze/events/review`
              const init = { method: "POST", headers: { "content-type": "application/json" }, body }
              const answer = await fetch(url, init).catch(() => undefined)
              if (answer === undefined) return undefined
              const told = (await answer.json()) as { readonly messageId?: string }
              if (told.messageId === undefined) throw new Error(JSON.stringify(told))
              return told.messageId
            })
          )
      })
    })
  )
}

/** Where the reviews posted here appear. */
export const group = "clientposts.trailblaze.geo.us.idaho.custer"

const configOf = (directory: string, nntp: number, json: number, meta: number) => ({
  kind: "pop",
  pop: "boi",
  name: "boi1",
  path: "h1.boi.pop.lupin",
  directory: path.join(directory, "site"),
  apps: [path.join(root, "examples/trailblaze/src/app.ts")],
  listen: { nntp: `127.0.0.1:${nntp}`, json: `127.0.0.1:${json}`, meta: `127.0.0.1:${meta}` }
})

const died = (child: ChildProcess, log: string): Effect.Effect<never> =>
  Effect.callback<never>((resume) => {
    const tell = (): void => resume(Effect.die(new Error(`the POP host ended: ${fs.readFileSync(log, "utf8")}`)))
    child.once("exit", tell)
    return Effect.sync(() => child.off("exit", tell))
  })
