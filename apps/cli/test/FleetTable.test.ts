import { describe, expect, it } from "vitest"
import type * as FleetFile from "../src/FleetFile.ts"
import * as FleetTable from "../src/FleetTable.ts"

const host = (name: string, port: number): FleetFile.Site => ({
  name,
  kind: "pop",
  dir: name,
  nntp: `127.0.0.1:${port}`,
  json: `127.0.0.1:${port + 1}`,
  meta: `127.0.0.1:${port + 2}`
})
const sites = [host("boi1", 1_000), host("boi2", 2_000), host("lhr1", 3_000)]

describe("what there is to try", () => {
  it("goes from one POP to another with the example's events", () => {
    const trials = FleetTable.trials(sites, true)
    expect(trials).toContain("curl -s http://127.0.0.1:1001/v1/apps/trailblaze/events/review")
    expect(trials).toContain("curl -s http://127.0.0.1:3001/v1/apps/trailblaze/digests/")
  })

  it("asks nothing of the example app where another one runs", () => {
    const trials = FleetTable.trials(sites, false)
    expect(trials).not.toContain("trailblaze")
    expect(trials).toContain("http://127.0.0.1:1001/docs")
    expect(trials).toContain("curl -s http://127.0.0.1:1002/health")
  })
})
