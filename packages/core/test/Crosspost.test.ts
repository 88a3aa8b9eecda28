import * as Crosspost from "@lupin/core/Crosspost"
import * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const check = (...names: ReadonlyArray<string>) => Crosspost.check(names.map((name) => GroupName.GroupName.make(name)))

describe("Crosspost", () => {
  it("lets an event stand beside itself on another axis", () => {
    expect(check("clientposts.trailblaze.geo.us.idaho", "clientposts.trailblaze.s2.c.f.k.a.e")).toBeUndefined()
  })

  it("refuses a group together with one above it, in either order", () => {
    const [above, below] = ["clientposts.x.geo", "clientposts.x.geo.us.idaho"] as const
    expect(check(above, below)).toEqual({ _tag: "Ancestor", group: above, of: below })
    expect(check(below, above)).toEqual({ _tag: "Ancestor", group: above, of: below })
    expect(check("clientposts.x.geo", "clientposts.x.geode")).toBeUndefined()
  })

  it("lets other networks crosspost upwards, as real articles do", () => {
    expect(check("comp.os.ms-windows", "comp.os.ms-windows.misc")).toBeUndefined()
  })

  it("does not mix namespaces", () => {
    expect(check("clientposts.x.a", "digests.x.a")).toMatchObject({ _tag: "MixedNamespaces" })
    expect(check("misc.test", "clientposts.x.a")).toMatchObject({ _tag: "MixedNamespaces" })
  })

  it("takes eight groups and no more, but one at least", () => {
    const names = Array.from({ length: Limits.crosspostMax + 1 }, (_, index) => `clientposts.x.n${index}`)
    expect(check(...names.slice(1))).toBeUndefined()
    expect(check(...names)).toEqual({ _tag: "TooManyGroups", count: 9 })
    expect(check()).toEqual({ _tag: "NoGroup" })
  })

  it("judges without regard to order, and says each fault in one line", () => {
    const shuffled = fc
      .uniqueArray(Netnews.groupName, { maxLength: 10 })
      .chain((groups) => fc.tuple(fc.constant(groups), fc.shuffledSubarray(groups, { minLength: groups.length })))
    fc.assert(
      fc.property(shuffled, ([groups, others]) => {
        const fault = Crosspost.check(groups)
        expect(Crosspost.check(others) === undefined).toBe(fault === undefined)
        expect(fault === undefined ? "fine" : Crosspost.describe(fault)).toMatch(/^[ -~]+$/)
      })
    )
  })
})
