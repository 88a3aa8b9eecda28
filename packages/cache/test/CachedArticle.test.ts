import { assert, describe, it } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as FastCheck from "fast-check"
import { Buffer } from "node:buffer"
import * as CachedArticle from "../src/CachedArticle.ts"
import * as ArticleScript from "./ArticleScript.ts"

const lake = "clientposts.trailblaze.s2.c.f"

describe("CachedArticle", () => {
  it("keeps the payload of any event as it is", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue(), (payload) => {
        const value: unknown = JSON.parse(JSON.stringify(payload))
        const posted = ArticleScript.event(1, { groups: [lake], payload: value, millis: 1 })
        const kept = CachedArticle.read(posted.id, posted.octets)
        assert.deepStrictEqual(JSON.parse(kept?.event?.payload ?? "0"), value)
        assert.deepStrictEqual(kept?.groups, [GroupName.GroupName.make(lake)])
        assert.strictEqual(kept?.postedMillis, ArticleScript.epochMillis + 1)
      })
    )
  })

  it("shows no event whose content its Message-ID does not bear out", () => {
    const posted = ArticleScript.event(1, { groups: [lake], payload: { text: "honest" } })
    const forged = Buffer.from(Buffer.from(posted.octets).toString("latin1").replace("honest", "forged"), "latin1")
    assert.isDefined(CachedArticle.read(posted.id, posted.octets)?.event)
    const kept = CachedArticle.read(posted.id, forged)
    assert.strictEqual(kept?.messageId, posted.id)
    assert.isUndefined(kept?.event)
  })

  it("takes nothing that is not the article asked for", () => {
    const posted = ArticleScript.plain(1, [lake])
    assert.isUndefined(CachedArticle.read(MessageId.MessageId.make("<other@example.invalid>"), posted.octets))
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array(), (octets) => CachedArticle.read(posted.id, octets) === undefined)
    )
  })

  it("counts an article that is neither event nor digest, and keeps nothing of it", () => {
    const posted = ArticleScript.plain(1, [lake])
    const kept = CachedArticle.read(posted.id, posted.octets)
    assert.strictEqual(kept?.cost, CachedArticle.rowCost)
    assert.isUndefined(kept?.event)
    assert.isUndefined(kept?.digest)
  })
})
