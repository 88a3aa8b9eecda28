/**
 * A development fleet run as its user would run it: the command in a process, its lines, its `fleet.json`, its ports.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import type * as FleetFile from "../src/FleetFile.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly output: string
}

/** Runs the command to its end. */
export const lupin = (args: ReadonlyArray<string>): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()))
    child.once("close", (code) => resolve({ code, output }))
  })

/** Asks again until the answer is there; fails with the last one after `millisMax`. */
export const until = async <A>(what: string, ask: () => Promise<A | undefined>, millisMax: number): Promise<A> => {
  const began = performance.now()
  while (true) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() - began > millisMax) throw new Error(`${what}: not within ${millisMax} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export class DevFleet {
  readonly directory: string
  #child: ChildProcess | undefined
  output = ""

  constructor() {
    this.directory = FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-fleet-"))
  }

  /** Resolves once it says that it is ready; gives how long that took, in milliseconds. */
  start(args: ReadonlyArray<string> = []): Promise<number> {
    const began = performance.now()
    this.output = ""
    const child = spawn(process.execPath, [main, "dev", "--dir", this.directory, ...args], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    this.#child = child
    return new Promise((resolve, reject) => {
      const heard = (chunk: Buffer) => {
        this.output += chunk.toString()
        if (this.output.includes("lupin: fleet ready")) resolve(performance.now() - began)
      }
      child.stdout?.on("data", heard)
      child.stderr?.on("data", heard)
      child.once("close", (code) => reject(new Error(`the fleet ended with ${code}: ${this.output}`)))
    })
  }

  /** What Ctrl-C does. */
  async stop(): Promise<number | null> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
    child.kill("SIGINT")
    return ended
  }

  async remove(): Promise<void> {
    await this.stop()
    FileSystem.rmSync(this.directory, { recursive: true, force: true })
  }

  order(verb: string, site: string): Promise<Ended> {
    return lupin(["dev", verb, site, "--dir", this.directory])
  }

  get file(): FleetFile.FleetFile {
    return JSON.parse(FileSystem.readFileSync(Path.join(this.directory, "fleet.json"), "utf8")) as FleetFile.FleetFile
  }

  site(name: string): FleetFile.Site {
    const site = this.file.sites.find((site) => site.name === name)
    if (site === undefined) throw new Error(`no site ${name}`)
    return site
  }

  url(name: string, path: string): string {
    return `http://${this.site(name).json}${path}`
  }

  /** Posts a review, and gives status and body. A host that is gone is status 0. */
  async post(site: string, event: unknown): Promise<{ readonly status: number; readonly body: Posted }> {
    try {
      const answer = await fetch(this.url(site, "/v1/apps/trailblaze/events/review"), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(event)
      })
      return { status: answer.status, body: (await answer.json()) as Posted }
    } catch {
      return { status: 0, body: { messageId: "", groups: [] } }
    }
  }

  /** Message-IDs of all reviews that a site answers with in a group, over all pages; none while it is down. */
  async reviews(site: string, group: string): Promise<ReadonlyArray<string>> {
    const ids: Array<string> = []
    let cursor: string | undefined
    do {
      const query = new URLSearchParams({
        kind: "review",
        group,
        limit: "500",
        ...(cursor === undefined ? {} : { cursor })
      })
      const answer = await fetch(this.url(site, `/v1/apps/trailblaze/events?${query.toString()}`)).catch(
        () => undefined
      )
      if (answer?.status !== 200) return []
      const page = (await answer.json()) as { events: ReadonlyArray<{ messageId: string }>; cursor?: string }
      ids.push(...page.events.map(({ messageId }) => messageId))
      cursor = page.cursor
    } while (cursor !== undefined)
    return ids
  }

  async json(site: string, path: string): Promise<unknown> {
    const answer = await fetch(this.url(site, path)).catch(() => undefined)
    return answer?.status === 200 ? answer.json() : undefined
  }
}

export interface Posted {
  readonly messageId: string
  readonly groups: ReadonlyArray<string>
}

/** A review of a trail on Sawtooth Lake's shore, or elsewhere. */
export const review = (trail: string, rating = 5, at = { lat: 44.1612, lon: -115.0593 }) => ({
  at,
  payload: { trail, name: trail.replaceAll("-", " "), rating, text: "" }
})
