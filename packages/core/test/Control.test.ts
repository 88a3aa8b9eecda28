import type * as Group from "@lupin/core/Group"
import * as GroupName from "@lupin/core/GroupName"
import * as Control from "@lupin/core/Control"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("Control", () => {
  it("reads the messages of RFC 5537 §5 as they are written", () => {
    fc.assert(
      fc.property(Netnews.messageId, Netnews.groupName, (target, group) => {
        expect(Control.parse(`cancel ${target}`)).toEqual({ _tag: "Cancel", target })
        expect(Control.parse(` CANCEL\t${target} `)).toEqual({ _tag: "Cancel", target })
        expect(Control.parse(`newgroup ${group}`)).toEqual({ _tag: "NewGroup", group, isModerated: false })
        expect(Control.parse(`newgroup ${group} Moderated`)).toEqual({ _tag: "NewGroup", group, isModerated: true })
        expect(Control.parse(`rmgroup ${group}`)).toEqual({ _tag: "RemoveGroup", group })
        expect(Control.parse(`checkgroups ${group} #1`)).toEqual({ _tag: "CheckGroups", scope: [group] })
      })
    )
    expect(Control.parse("checkgroups")).toEqual({ _tag: "CheckGroups", scope: [] })
  })

  it("takes nothing else for one of them, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => Control.parse(text)).not.toThrow()
      })
    )
    for (const text of [
      "",
      "cancel",
      "cancel x",
      "cancel <a@b> <c@d>",
      "newgroup",
      "newgroup a..b",
      "rmgroup !",
      "checkgroups comp !comp.x",
      "sendsys"
    ]) {
      expect(Control.parse(text)._tag).toBe("Unknown")
    }
  })

  it("comes to rest: what a message changes, it does not change again", () => {
    const listed = fc.array(fc.tuple(Netnews.fewGroupNames, fc.boolean()), { maxLength: 6 })
    const there = fc.uniqueArray(fc.tuple(Netnews.fewGroupNames, fc.constantFrom("y" as const, "m" as const)), {
      selector: ([name]) => name,
      maxLength: 6
    })
    fc.assert(
      fc.property(listed, there, fc.subarray(["a", "misc"]), (groups, before, scope) => {
        const body = groups
          .map(([name, isModerated]) => `${name}\tWords${isModerated ? " (Moderated)" : ""}\r\n`)
          .join("")
        const control = Control.parse(`checkgroups ${scope.join(" ")}`)
        const statuses = new Map<string, { readonly status: Group.Status; readonly description?: string }>(
          before.map(([name, status]) => [name, { status }])
        )
        const held = () => [...statuses].map(([name, rest]) => ({ name: name as GroupName.GroupName, ...rest }))
        const { add, remove } = Control.changes(control, body, held())
        for (const { group, ...rest } of add) statuses.set(group, rest)
        for (const group of remove) statuses.delete(group)
        expect(Control.changes(control, body, held())).toEqual({ add: [], remove: [] })
        if (groups.length === 0) expect([add, remove]).toEqual([[], []])
        for (const name of Control.touched({ add, remove })) {
          if (scope.length > 0) expect(scope.some((root) => name === root || name.startsWith(`${root}.`))).toBe(true)
        }
      })
    )
  })

  it("takes the description of a group from a list, and from the line that a newgroup message has for it", () => {
    const group = GroupName.GroupName.make("misc.b")
    const body = "misc.b is for\r\n\r\nFor your newsgroups file:\r\nmisc.b\t\tAbout b  (Moderated)\r\n\r\nmisc.b no\r\n"
    const moderated = { group, status: "m", description: "About b (Moderated)" }
    expect(Control.changes(Control.parse("newgroup misc.b moderated"), body, []).add).toEqual([moderated])
    expect(Control.changes(Control.parse("checkgroups misc"), "misc.b\tAbout b\t(Moderated)\r\n", []).add).toEqual([
      moderated
    ])
    for (const silent of [
      "",
      "misc.b About b\r\n",
      "For your newsgroups file:\r\nmisc.bc About\r\n",
      "For your newsgroups file:"
    ]) {
      expect(Control.changes(Control.parse("newgroup misc.b"), silent, []).add).toEqual([{ group, status: "y" }])
    }
  })
})
