import { assert, describe, it } from "@effect/vitest"
import * as Path from "@lupin/core/Path"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Result } from "effect"
import * as FleetPlan from "../src/FleetPlan.ts"

const ports = new Map(FleetPlan.sites.map((site, index) => [site.name, FleetPlan.portsWanted(index)]))
const layout = { root: "/tmp/fleet", apps: ["/app.ts"], cacheTemplate: "/tmp/fleet/template" }

const peersOf = (site: FleetPlan.Site): ReadonlyArray<string> => {
  const text = JSON.stringify(FleetPlan.configOf(site, ports, layout))
  const read: Result.Result<SiteConfig.SiteConfig, SiteConfig.ConfigInvalid> =
    site.kind === "pop" ? SiteConfig.pop(text, "f") : SiteConfig.central(text, "f")
  if (Result.isFailure(read)) return assert.fail(read.failure.message)
  return read.success.peers.map(({ name }) => name)
}

/** Sites that a flood from one reaches while some are dead. */
const reached = (from: string, dead: ReadonlySet<string>): ReadonlySet<string> => {
  const seen = new Set([from])
  const next = [from]
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    const site = FleetPlan.find(name)
    for (const peer of site === undefined ? [] : peersOf(site))
      if (!dead.has(peer) && !seen.has(peer)) {
        seen.add(peer)
        next.push(peer)
      }
  }
  return seen
}

describe("FleetPlan", () => {
  it("gives every site a configuration that is one, and peers in both directions", () => {
    for (const site of FleetPlan.sites)
      for (const peer of peersOf(site)) {
        const other = FleetPlan.find(peer) ?? assert.fail(peer)
        assert.include(peersOf(other), site.name)
      }
  })

  it("reaches every live site with any two zones dead", () => {
    const zones = FleetPlan.sites.filter(({ kind }) => kind === "central").map(({ name }) => name)
    for (const a of zones)
      for (const b of zones) {
        const dead = new Set([a, b])
        const live = FleetPlan.sites.map(({ name }) => name).filter((name) => !dead.has(name))
        for (const from of live) assert.sameMembers([...reached(from, dead)], live)
      }
  })

  it("lets every site know each of its peers, who share its address, so that Paths are clean", () => {
    for (const site of FleetPlan.sites) {
      const { peers = [] } = FleetPlan.configOf(site, ports, layout)
      for (const peer of peers) {
        const known = peers.filter(({ accept }) => accept?.addresses?.includes("127.0.0.1")).map(({ path }) => path)
        assert.strictEqual(Path.prefix(`${peer.path}!x`, site.path, { peers: known }), `${site.path}!!`)
      }
    }
  })

  it("asks for ports that do not collide", () => {
    const all = [...ports.values()].flatMap(({ nntp, json, meta }) => [nntp, json, meta])
    assert.strictEqual(new Set(all).size, all.length)
  })
})
