import * as Gazetteer from "@lupin/core/Gazetteer"
import * as GroupName from "@lupin/core/GroupName"
import * as Sha256 from "@lupin/core/Sha256"
import * as Places from "@lupin/testing/Places"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const nameOf = (lat: number, lon: number): string => {
  const { country, region, district } = Gazetteer.regionOf({ lat, lon })
  return [country, region, ...(district === undefined ? [] : [district])].join(".")
}

describe("Gazetteer", () => {
  it.each([
    ["us.washington.king", 47.6, -122.33],
    ["us.idaho.custer", 44.216, -114.938],
    ["us.new-mexico.dona-ana", 32.3, -106.8],
    ["us.alaska.aleutians-west", 52.9, 173],
    ["us.puerto-rico.caguas", 18.2, -66.1],
    ["us.wake-island", 19.28, 166.65],
    ["us.sea", 31.2, -73.2],
    ["gb.eng", 51.5, -0.12],
    ["cn.hk", 22.3, 114.17],
    ["no.svalbard", 78.2, 15.6],
    ["jp.whole", 35.7, 139.7],
    ["xx.bir-tawil", 21.9, 33.7],
    ["xz.sea", 30, -40]
  ])("names %s", (name, lat, lon) => expect(nameOf(lat, lon)).toBe(name))

  it("tells a city from the county of the same name", () => {
    expect(nameOf(39.29, -76.61)).toBe("us.maryland.baltimore-city")
    expect(nameOf(39.4, -76.6)).toBe("us.maryland.baltimore")
  })

  it("gives a boat off the coast the nearest county", () => {
    expect(nameOf(37.7, -123)).toMatch(/^us\.california\./)
    expect(nameOf(43, -87)).toMatch(/^us\.(michigan|wisconsin)\./)
  })

  it("answers at the poles and under both names of the antimeridian alike", () => {
    expect(nameOf(90, 12)).toBe("xz.sea")
    expect(nameOf(-90, -77)).toBe("aq.whole")
    expect(nameOf(-16.5, 180)).toBe("fj.whole")
    fc.assert(
      fc.property(Places.point, ({ lat }) => {
        expect(nameOf(lat, 180)).toBe(nameOf(lat, -180))
      })
    )
  })

  it("gives every point components of a group, none of them reserved", () => {
    fc.assert(
      fc.property(Places.point, ({ lat, lon }) => {
        const name = nameOf(lat, lon)
        expect(name).toMatch(/^[a-z]{2}(\.[a-z0-9]+(-[a-z0-9]+)*){1,2}$/)
        expect(name.split(".").some((part) => ["all", "ctl"].includes(part) || /^\d+$/.test(part))).toBe(false)
        expect(GroupName.parse(`clientposts.trailblaze.geo.${name}`)).toBeDefined()
      }),
      { numRuns: 500 }
    )
  })

  it("spells a name without accents, apostrophes and full stops", () => {
    expect(["Doña Ana", "St. Mary's", "Prince George's", "Åland Islands", "Añasco"].map(Gazetteer.component)).toEqual([
      "dona-ana",
      "st-marys",
      "prince-georges",
      "aland-islands",
      "anasco"
    ])
  })

  it("gives the answers of its version: when this fails, raise gazetteerVersion and the routing version of the apps", () => {
    const names = Array.from({ length: 20_000 }, (_, index) => {
      // Spread by the golden angle, as seeds in a sunflower: even over the globe, and the same on every machine.
      const lat = Math.round(Math.asin(1 - (2 * index + 1) / 20_000) * 57_295.77951) / 1_000
      const lon = Math.round(((index * 137.507764) % 360) * 1_000) / 1_000 - 180
      return nameOf(lat, lon)
    })
    const digest = Sha256.hash(new TextEncoder().encode(names.join("\n")))
    expect({
      version: Gazetteer.gazetteerVersion,
      names: new Set(names).size,
      fingerprint: Buffer.from(digest).toString("hex", 0, 8)
    }).toMatchInlineSnapshot(`
      {
        "fingerprint": "116e26d5e86a47c6",
        "names": 626,
        "version": 1,
      }
    `)
  })
})
