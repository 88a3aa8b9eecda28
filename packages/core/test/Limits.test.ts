import * as Group from "@lupin/core/Group"
import * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import { describe, expect, it } from "vitest"

describe("Limits", () => {
  it("nest in time: what may enter may travel, what may travel is remembered", () => {
    expect(Limits.injectAgeMillisMax).toBeLessThan(Limits.relayAgeMillisMax)
    expect(Limits.relayAgeMillisMax).toBeLessThan(Limits.sealMillis)
    expect(Limits.sealMillis).toBeLessThan(Limits.historyMillis)
    expect(Limits.injectAheadMillisMax).toBeLessThan(Limits.relayAheadMillisMax)
    expect(Limits.relayAgeMillisMax + Limits.relayAheadMillisMax).toBeLessThanOrEqual(Limits.sealMillis)
  })

  it("leave a Message-ID room in a command line", () => {
    expect(Limits.messageIdBytesMax + "TAKETHIS \r\n".length).toBeLessThanOrEqual(Limits.commandLineBytesMax)
  })
})

describe("Group", () => {
  it("is empty with its low mark one above its high mark (RFC 3977 §6.1.1.2)", () => {
    const group = Group.empty(GroupName.GroupName.make("misc.test"), 10)
    expect(group).toMatchObject({ low: 11, high: 10, count: 0, status: "y" })
  })
})
