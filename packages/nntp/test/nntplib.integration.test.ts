import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile, spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { NntpServer } from "../src/NntpServer.ts"
import * as site from "./site.ts"

const script = fileURLToPath(new URL("newsreader.py", import.meta.url))
const probe = spawnSync("python3", ["-W", "ignore", "-c", "import nntplib"], { encoding: "utf8" })
const missing = probe.error?.message ?? (probe.status === 0 ? undefined : probe.stderr.trim().split("\n").at(-1))
const isCi = process.env["CI"] === "true"
if (missing !== undefined && !isCi)
  console.log(`skipped: no newsreader, as python3 with nntplib is missing (${missing})`)

const read = (port: number): Effect.Effect<Record<string, unknown>> =>
  Effect.callback((resume) => {
    execFile("python3", ["-W", "ignore", script, String(port)], { timeout: 15_000 }, (error, stdout, stderr) => {
      if (error === null) resume(Effect.succeed(JSON.parse(stdout) as Record<string, unknown>))
      else resume(Effect.die(new Error(stderr === "" ? error.message : stderr)))
    })
  })

describe("Python's nntplib", () => {
  it.live.skipIf(missing !== undefined && !isCi)("reads a group and posts to it as a person would", () =>
    Effect.gen(function* () {
      expect(missing).toBeUndefined()
      const { address } = yield* NntpServer
      const seen = yield* read(address.port)
      const group = "clientposts.trailblaze.geo.us.idaho.custer"
      const body = ["A dot begins the next line.", ".hidden", "..", "café"]
      expect(seen).toMatchObject({
        welcome: expect.stringMatching(/^200 /),
        capabilities: expect.arrayContaining(["READER", "POST", "OVER", "HDR", "NEWNEWS", "VERSION"]),
        groups: [[group, expect.any(String), expect.any(String), "y"]],
        description: { [group]: expect.any(String) },
        group: [1, true, group],
        subject: "café at the lake",
        numbered: true,
        body,
        byId: body,
        date: new Date().getUTCFullYear(),
        newgroups: [group],
        refused: "411",
        refusedPost: "441"
      })
      expect(seen["over"]).toMatchObject({ ":lines": "4", xref: expect.stringContaining(`alpha.test ${group}:`) })
      expect(seen["newnews"]).toEqual([seen["stat"]])
      expect(seen["header"]).toContain("Subject: =?utf-8?q?caf=C3=A9_at_the_lake?=")
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha")))
  )
})
