import * as GroupName from "@lupin/core/GroupName"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const group = (text: string) => GroupName.GroupName.make(text)

describe("GroupName", () => {
  it("takes groups of other networks as they are", () => {
    for (const text of ["comp.lang.c++", "alt.fan.Foo_Bar", "junk", "a.1.b-2"]) expect(GroupName.parse(text)).toBe(text)
  })

  it("refuses what RFC 5536 §3.1.4 does not allow", () => {
    for (const text of ["", ".", "a.", ".a", "a..b", "a b", "a,b", "a!b", "a*", "é", "a\r\nb", "x".repeat(256)]) {
      expect(GroupName.parse(text)).toBeUndefined()
    }
  })

  it("wants lower case under our roots, and nothing that looks like them", () => {
    for (const text of ["clientposts.Trailblaze", "ClientPosts.trailblaze", "DIGESTS", "control.Cancel"]) {
      expect(GroupName.parse(text)).toBeUndefined()
      expect(() => group(text)).toThrow()
    }
    expect(GroupName.parse("Clientpostsx.y")).toBe("Clientpostsx.y")
  })

  it("is within itself and every group above it, and none of them is within it", () => {
    fc.assert(
      fc.property(Netnews.groupName, (name) => {
        const components = name.split(".")
        for (let kept = 1; kept < components.length; kept++) {
          const above = group(components.slice(0, kept).join("."))
          expect(GroupName.isWithin(name, above)).toBe(true)
          expect(GroupName.isWithin(above, name)).toBe(false)
        }
        expect(GroupName.isWithin(name, name)).toBe(true)
      })
    )
  })

  it("is not within a group of which only the letters begin alike", () => {
    expect(GroupName.isWithin(group("a.bc"), group("a.b"))).toBe(false)
  })

  it("finds the app under the roots that apps share", () => {
    expect(GroupName.appOf(group("clientposts.trailblaze.geo.us"))).toBe("trailblaze")
    expect(GroupName.appOf(group("deadletter.trailblaze"))).toBe("trailblaze")
    expect(GroupName.appOf(group("clientposts"))).toBeUndefined()
    expect(GroupName.appOf(group("control.cancel"))).toBeUndefined()
    expect(GroupName.appOf(group("misc.test"))).toBeUndefined()
  })
})
