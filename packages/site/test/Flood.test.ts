import * as Flood from "@lupin/site/Flood"
import * as Gateways from "@lupin/site/Gateways"
import * as Primary from "@lupin/site/Primary"
import * as Rendezvous from "@lupin/site/Rendezvous"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Model from "./floodModel.ts"

const places = fc.record({
  zones: fc.integer({ min: 3, max: 6 }),
  zoneHosts: fc.integer({ min: 1, max: 3 }),
  pops: fc.integer({ min: 1, max: 8 }),
  popHosts: fc.integer({ min: 1, max: 5 }),
  pick: fc.nat()
})

/** 100 ms between places, 1 ms within one. */
const latencyMillis = (from: Flood.Host, to: Flood.Host): number =>
  from.kind === to.kind && from.place === to.place ? 1 : 100

const nobody: ReadonlySet<string> = new Set()

const play = (hosts: ReadonlyArray<Flood.Host>, part: Partial<Model.World>, at: string) =>
  Model.run({
    hosts,
    latencyMillis,
    strategy: "hybrid",
    dead: nobody,
    isNoticed: true,
    posts: [{ atMillis: 0, host: at }],
    ...part
  })

const pickOf = <A>(list: ReadonlyArray<A>, pick: number): A => {
  const found = list[pick % list.length]
  if (found === undefined) throw new Error("nothing to pick from")
  return found
}

const quiet = { numRuns: 60 }

describe("Flood", () => {
  it("brings an article to every site once, over three wide links at most, wherever it is posted", () => {
    fc.assert(
      fc.property(places, ({ pick, popHosts, pops, zoneHosts, zones }) => {
        const hosts = Model.fleet(zones, zoneHosts, pops, popHosts)
        const at = pickOf(hosts, pick)
        const { bodies, latenciesMillis, missing } = play(hosts, {}, at.name)
        expect(missing).toBe(0)
        expect(bodies).toBe(hosts.length - 1)
        expect(Math.max(0, ...latenciesMillis)).toBeLessThan(310)
        // Its own place has it at once, by two short links at most.
        const near = hosts.filter(({ kind, place }) => kind === at.kind && place === at.place).length - 1
        expect(latenciesMillis.filter((millis) => millis <= 2)).toHaveLength(near)
      }),
      quiet
    )
  })

  it("sends no more over the wide area, bodies and questions, where POPs have more hosts", () => {
    fc.assert(
      fc.property(places, ({ pick, popHosts, pops, zones }) => {
        const few = Model.fleet(zones, 1, pops, 1)
        const many = Model.fleet(zones, 1, pops, popHosts)
        const at = pickOf(few, pick)
        const inside = pickOf(
          many.filter(({ place }) => place === at.place),
          pick
        )
        const one = play(few, {}, at.name)
        const other = play(many, {}, inside.name)
        expect(other.wideBodies).toBe(one.wideBodies)
        // Zones ask the gateway that the Path does not name also about what came from its own POP.
        expect(other.wideChecks).toBeLessThanOrEqual(one.wideChecks + 2)
      }),
      quiet
    )
  })

  it("reaches every live site with two zones and one host of each POP dead, noticed or not", () => {
    fc.assert(
      fc.property(places, fc.boolean(), fc.nat(), ({ pick, pops, zones }, isNoticed, other) => {
        const hosts = Model.fleet(zones, 1, pops, 3)
        const zoneNames = hosts.filter(({ kind }) => kind === "central").map(({ name }) => name)
        const dead = new Set([pickOf(zoneNames, pick), pickOf(zoneNames, other)])
        if (isNoticed) for (let pop = 0; pop < pops; pop += 1) dead.add(`p${pop}h${(pick + pop) % 3}`)
        const live = hosts.filter(({ name }) => !dead.has(name))
        expect(play(hosts, { dead, isNoticed }, pickOf(live, pick + other).name).missing).toBe(0)
      }),
      quiet
    )
  })

  it("decides the same at both ends of a link between places", () => {
    fc.assert(
      fc.property(places, fc.array(fc.nat(), { maxLength: 6 }), ({ popHosts, pops, zoneHosts, zones }, picks) => {
        const hosts = Model.fleet(zones, zoneHosts, pops, popHosts)
        const dead = new Set(picks.map((pick) => pickOf(hosts, pick).name))
        const live = hosts.filter(({ name }) => !dead.has(name))
        const isAlive = (name: string): boolean => !dead.has(name)
        const part = (from: Flood.Host, to: Flood.Host) => Flood.link(Model.topologyOf(from, hosts), isAlive, to)
        for (const from of live) {
          for (const to of live.filter((other) => Model.knows(from, other))) {
            const [there, back] = [part(from, to), part(to, from)]
            expect(there.isActing).toBe(back.isActing)
            if (from.kind !== to.kind) expect(there.eager === "none").toBe(back.eager === "none")
          }
        }
      }),
      quiet
    )
  })

  it("asks zones late about what came from a zone, the two of a pair at different times, and a POP after its primary", () => {
    const hosts = Model.fleet(6, 1, 4, 1)
    const link = (from: string, to: string) => {
      const [own, peer] = [from, to].map((name) => hosts.find((host) => host.name === name))
      if (own === undefined || peer === undefined) throw new Error("no such host")
      return Flood.link(Model.topologyOf(own, hosts), () => true, peer)
    }
    const [pop = hosts[0]] = hosts.filter(({ kind }) => kind === "pop")
    const [primary = "", second = ""] = pop?.zones ?? []
    const when = (from: string, to: string, origin: Flood.Origin["from"]) => {
      const { asks } = link(from, to)
      return asks === "soon" ? asks : asks({ from: origin, via: undefined })
    }
    const name = pop?.name ?? ""
    expect(when(name, `${second}h0`, "central")).toBe("late")
    expect(when(name, `${second}h0`, "here")).toBe("soon")
    expect(when(`${second}h0`, name, "central")).toBe("soon")
    expect(when(`${second}h0`, name, "pop")).toBe("after")
    expect(when(`${primary}h0`, `${second}h0`, "central")).toBe("late")
    expect(link("z0h0", "z1h0").turn + link("z1h0", "z0h0").turn).toBe(3)
  })

  it("reads where an article came from out of its Path", () => {
    const hosts = Model.fleet(3, 2, 2, 2)
    const zone = Model.topologyOf(pickOf(hosts, 0), hosts)
    const from = (path: string) => Flood.originOf(zone, path)
    expect(from("z0h0!.POSTED!x")).toEqual({ from: "here", via: undefined })
    expect(from("z0h0!!p0h1!p0h0!.POSTED!x")).toEqual({ from: "pop", via: undefined })
    expect(from("z0h0!!z0h1!!P0H1!.POSTED!x")).toEqual({ from: "pop", via: "z0h1" })
    expect(from("z0h0!!z1h1!!p0h1!.POSTED!x")).toEqual({ from: "central", via: undefined })
    expect(from("z0h0!.SEEN.192.0.2.1!elsewhere!z1h1!x")).toEqual({ from: "foreign", via: undefined })
  })
})

describe("Rendezvous", () => {
  it("ranks alike whatever the order, and moves only what a lost host was first for", () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(names, fc.string(), (hosts, key) => {
        const ranked = Rendezvous.rank(hosts, key)
        expect(Rendezvous.rank(hosts.toReversed(), key)).toEqual(ranked)
        const [first, ...rest] = ranked
        expect(
          Rendezvous.rank(
            hosts.filter((host) => host !== first),
            key
          )
        ).toEqual(rest)
      })
    )
  })

  it("gives each of ten hosts its share of the keys", () => {
    const hosts = Array.from({ length: 10 }, (_, at) => `h${at}`)
    const shares = new Map<string, number>()
    for (let key = 0; key < 5_000; key += 1) {
      const [first = ""] = Rendezvous.rank(hosts, `pop${key}`)
      shares.set(first, (shares.get(first) ?? 0) + 1)
    }
    for (const host of hosts) expect(Math.abs((shares.get(host) ?? 0) - 500)).toBeLessThan(100)
  })
})

describe("Gateways", () => {
  it("are two live hosts, and share the links to the zones", () => {
    const hosts = Array.from({ length: 10 }, (_, at) => `h${at}`)
    const zones = ["z0", "z1", "z2"]
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...hosts), { maxLength: 8 }), fc.string(), (dead, pop) => {
        const isAlive = (name: string): boolean => !dead.includes(name)
        const gateways = Gateways.of(pop, hosts, isAlive)
        expect(gateways).toHaveLength(2)
        expect(gateways.every(isAlive)).toBe(true)
        const held = zones.map((zone) => Gateways.toZone(pop, hosts, zones, zone, isAlive))
        expect(new Set(held)).toEqual(new Set(gateways))
      })
    )
  })

  it("are some host also where nobody seems alive, and none for a zone that the POP does not have", () => {
    expect(Gateways.of("boi", ["a"], () => false)).toEqual(["a"])
    expect(Gateways.toZone("boi", ["a"], ["z0"], "z1", () => true)).toBeUndefined()
  })
})

describe("Primary", () => {
  it("is the first live zone, and the first of all where none is", () => {
    expect(Primary.of(["a", "b", "c"], (zone) => zone !== "a")).toBe("b")
    expect(Primary.of(["a", "b", "c"], () => false)).toBe("a")
    expect(Primary.of([], () => true)).toBeUndefined()
  })
})
