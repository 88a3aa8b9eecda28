import * as Path from "@lupin/core/Path"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const site = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}(\.[a-z]{1,4}){0,2}$/)

describe("Path", () => {
  it("names every site that was prepended, in any case, the latest first", () => {
    fc.assert(
      fc.property(fc.array(site, { minLength: 1, maxLength: 8 }), (sites) => {
        const path = sites.reduce((before, name) => Path.prepend(before, name), "")
        expect(Path.sites(path)).toEqual(sites.toReversed())
        expect([...Path.eachSite(path)]).toEqual(Path.sites(path))
        expect(Path.parse(path).tail).toBe("not-for-mail")
        for (const name of sites) expect(Path.names(path, name.toUpperCase())).toBe(true)
      })
    )
  })

  it("names a site just when it is among the sites, whatever the text", () => {
    const text = fc.stringMatching(/^[ab.! ]{0,12}$/)
    fc.assert(
      fc.property(text, fc.constantFrom("a", "b", "ab", "a.b", "b.a"), (path, name) => {
        expect(Path.names(path, name)).toBe(Path.sites(path).includes(name))
        expect([...Path.eachSite(path)]).toEqual(Path.sites(path))
      }),
      { numRuns: 1_000 }
    )
  })

  it("does not take the tail, a part of a name or a diagnostic for a site", () => {
    const path = "h1.boi!.POSTED.client.example!not-for-mail"
    for (const name of ["not-for-mail", "boi", "h1", "client.example", "POSTED", ".POSTED.client.example", ""]) {
      expect(Path.names(path, name)).toBe(false)
    }
  })

  it("knows where an article was injected", () => {
    const path = Path.prepend(Path.prepend("", "h1.boi", { posted: "10.0.0.1" }), "sea")
    expect(path).toBe("sea!h1.boi!.POSTED.10.0.0.1!not-for-mail")
    expect(Path.isInjected(path)).toBe(true)
    expect(Path.parse(path).injectedBy).toBe("h1.boi")
    expect(Path.isInjected("sea!boi!not-for-mail")).toBe(false)
    expect(Path.parse("sea!posted!x").injectedBy).toBeUndefined()
  })

  it("leaves a posting host out that may not stand in a Path", () => {
    expect(Path.prepend("", "a", { posted: "x!y" })).toBe("a!.POSTED!not-for-mail")
  })

  it("notes whether the latest site is the peer that sent it (RFC 5537 §3.2.1)", () => {
    expect(Path.prepend("b!tail", "a", { peers: ["B"] })).toBe("a!!b!tail")
    expect(Path.prepend("b!tail", "a", { peers: ["c"] })).toBe("a!.MISMATCH.c!b!tail")
    expect(Path.prepend("b!tail", "a", { peers: ["b"], address: "192.0.2.1" })).toBe("a!!b!tail")
    expect(Path.prepend("b!tail", "a", { peers: ["c", "b"], address: "192.0.2.1" })).toBe("a!!b!tail")
    expect(Path.prepend("b!tail", "a", { peers: ["c", "d"], address: "192.0.2.1" })).toBe("a!.SEEN.192.0.2.1!b!tail")
    expect(Path.sites("a!.MISMATCH.c!b!!d!tail")).toEqual(["a", "b", "d"])
  })

  it("names the address of a peer that it cannot tell", () => {
    const seen = (address: string) => Path.prepend("b!tail", "a", { address })
    expect(seen("192.0.2.1")).toBe("a!.SEEN.192.0.2.1!b!tail")
    expect(seen("::ffff:192.0.2.1")).toBe("a!.SEEN.192.0.2.1!b!tail")
    expect(seen("2001:db8::1%eth0")).toBe("a!.SEEN.2001:db8::1!b!tail")
    expect(Path.sites(seen("2001:db8::1"))).toEqual(["a", "b"])
    for (const none of ["", "/run/socket", "x!y"]) expect(seen(none)).toBe("a!b!tail")
  })

  it("keeps what stood there, octet for octet", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        site,
        (before, name) => Path.prepend(before, name) === `${name}!${before}`
      )
    )
  })
})
