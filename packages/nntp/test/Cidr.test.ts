import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Cidr from "../src/Cidr.ts"

const contains = (range: string, address: string): boolean => {
  const parsed = Cidr.parse(range)
  return parsed !== undefined && Cidr.contains(parsed, address)
}

describe("Cidr", () => {
  it("holds the addresses that share the bits of its prefix", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (network, address, bits) => {
        const bitsOf = (text: string): string =>
          text
            .split(".")
            .map((octet) => Number(octet).toString(2).padStart(8, "0"))
            .join("")
        const isWithin = bitsOf(network).slice(0, bits) === bitsOf(address).slice(0, bits)
        expect(contains(`${network}/${bits}`, address)).toBe(isWithin)
        expect(contains(`${network}/${bits}`, network)).toBe(true)
      })
    )
  })

  it("holds every IPv6 address it is written with, however that is written", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, bits) => {
        expect(contains(address, address.toUpperCase())).toBe(true)
        const parsed = Cidr.parse(`${address}/${bits}`)
        if (parsed !== undefined) expect(Cidr.contains(parsed, address)).toBe(true)
        expect(Cidr.normal(Cidr.normal(address))).toBe(Cidr.normal(address))
      })
    )
    expect(contains("2001:db8::/32", "2001:db8:1::5")).toBe(true)
    expect(contains("2001:db8::/32", "2001:db9::5")).toBe(false)
    expect(contains("fe80::/10", "fe80::1%eth0")).toBe(true)
  })

  it("takes a mapped IPv4 address for the IPv4 address", () => {
    expect(contains("10.0.0.0/8", "::ffff:10.1.2.3")).toBe(true)
    expect(contains("::ffff:10.0.0.0/104", "10.1.2.3")).toBe(true)
    expect(contains("::/0", "10.1.2.3")).toBe(false)
    expect(Cidr.normal("::ffff:127.0.0.1")).toBe("127.0.0.1")
  })

  it("reads nothing else, and holds nothing else", () => {
    for (const text of [
      "",
      "/8",
      "10.0.0.0/33",
      "10.0.0/8",
      "::/129",
      "a.b.c.d",
      "10.0.0.0/",
      "10.0.0.0/-1",
      "fe80::%eth0/10"
    ]) {
      expect(Cidr.parse(text)).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(contains("0.0.0.0/0", text)).toBe(/^\d+\.\d+\.\d+\.\d+$/.test(text))
      })
    )
  })
})
