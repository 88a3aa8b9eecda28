import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Namespace from "@lupin/core/Namespace"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const group = (text: string) => GroupName.GroupName.make(text)
const writers = ["client", "zone", "operator"] as const

describe("Namespace", () => {
  it("gives each of our groups to one writer, and foreign groups to all", () => {
    fc.assert(
      fc.property(Netnews.groupName, (name) => {
        const allowed = writers.filter((writer) => Namespace.mayWrite(writer, name))
        expect(allowed.length).toBe(Namespace.isOurs(name) ? 1 : writers.length)
      })
    )
    for (const root of GroupName.roots) expect(Namespace.isOurs(group(`${root}.x`))).toBe(true)
  })

  it("keeps digests for zones and control for operators", () => {
    expect(Namespace.mayWrite("client", group("digests.trailblaze.x"))).toBe(false)
    expect(Namespace.mayWrite("zone", group("digests.trailblaze.x"))).toBe(true)
    expect(Namespace.mayWrite("zone", group("clientposts.trailblaze.x"))).toBe(false)
    expect(Namespace.mayWrite("zone", group("control.cancel"))).toBe(false)
    expect(Namespace.mayWrite("operator", group("control.cancel"))).toBe(true)
  })

  it("keeps ids in the groups of their kind", () => {
    const stray = (id: string, ...groups: ReadonlyArray<string>) =>
      Namespace.strayGroup(MessageId.MessageId.make(id), groups.map(group))
    expect(stray("<1@x.client.lupin>", "clientposts.x.a", "blobs.x")).toBeUndefined()
    expect(stray("<1@x.client.lupin>", "clientposts.x.a", "misc.test")).toBe("misc.test")
    expect(stray("<1@x.digest.lupin>", "digests.x.a")).toBeUndefined()
    expect(stray("<1@x.digest.lupin>", "clientposts.x.a")).toBe("clientposts.x.a")
    expect(stray("<1@example>", "clientposts.x.a", "digests.x.a")).toBe("digests.x.a")
    expect(stray("<1@example>", "misc.test", "deadletter.x")).toBeUndefined()
  })
})
