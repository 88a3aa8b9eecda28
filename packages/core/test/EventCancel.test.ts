import type * as Article from "@lupin/core/Article"
import type * as CancelLock from "@lupin/core/CancelLock"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import * as EventCancel from "@lupin/core/EventCancel"
import * as Filing from "@lupin/core/Filing"
import * as GroupName from "@lupin/core/GroupName"
import * as Injection from "@lupin/core/Injection"
import * as MessageId from "@lupin/core/MessageId"
import * as Events from "@lupin/testing/Events"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const secret = fc.uint8Array({ minLength: 16, maxLength: 32 })
const group = GroupName.GroupName.make("clientposts.app.topic.note")

const inject = (proto: Uint8Array, nowMillis: number): Article.Article => {
  const injected = Injection.inject(proto, {
    site: "h1.boi",
    writer: "client",
    nowMillis,
    apps: "any",
    mintId: () => MessageId.MessageId.make("<never@h1.boi>"),
    verify: EventArticle.verify
  })
  if (injected._tag === "Refused") throw new Error(injected.message)
  return injected.article
}

describe("EventCancel", () => {
  it("makes of a secret the cancel that may remove its own event, and no other's", () => {
    fc.assert(
      fc.property(Events.event, secret, secret, (event, mine, other) => {
        const nowMillis = Event.mintedMillis(event)
        const from = EventArticle.mailbox(event.app, "someone")
        const lock = EventCancel.lockOf(mine, event.id)
        const owners = Filing.owners(inject(EventArticle.toProto(event, { groups: [group], from, lock }), nowMillis))
        const cancelWith = (key: CancelLock.Key) => {
          const proto = EventCancel.toProto(Event.messageId(event), key)
          if (proto === undefined) throw new Error("no cancel was made")
          return Filing.claim(inject(proto, nowMillis))
        }
        expect(cancelWith(EventCancel.keyOf(mine, event.id))).toMatchObject({
          target: Event.messageId(event),
          why: "cancelled"
        })
        const may = (key: CancelLock.Key) => cancelWith(key)?.opens.some((mark) => owners.includes(mark))
        expect(may(EventCancel.keyOf(mine, event.id))).toBe(true)
        expect(may(EventCancel.keyOf(mine, `${event.id}x`))).toBe(false)
        expect(may(EventCancel.keyOf(other, event.id))).toBe(other.join() === mine.join())
      })
    )
  })

  it("makes the same article of the same key, and none for what is no event", () => {
    fc.assert(
      fc.property(Events.event, secret, (event, mine) => {
        const key = EventCancel.keyOf(mine, event.id)
        const id = Event.messageId(event)
        expect(EventCancel.toProto(id, key)).toEqual(EventCancel.toProto(id, key))
      })
    )
    expect(EventCancel.toProto(MessageId.MessageId.make("<a@b.example>"), "sha256:A")).toBeUndefined()
  })
})
