import * as CancelLock from "@lupin/core/CancelLock"
import * as Filing from "@lupin/core/Filing"
import * as OwnerMark from "@lupin/core/OwnerMark"
import * as Netnews from "@lupin/testing/Netnews"
import { article, digest, digestId, group, id } from "@lupin/testing/SampleArticles"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const misc = group("misc.test")
const ours = group("clientposts.app.topic.note")
const lock = CancelLock.lockOf("sha256:key") ?? ""
const author = "author:someone@app.invalid"

describe("Filing", () => {
  it("files an article in its groups, and a control message apart", () => {
    fc.assert(
      fc.property(Netnews.article, (one) => {
        expect(Filing.command(one, 7)).toMatchObject({
          _tag: "File",
          id: one.messageId,
          groups: one.groups,
          atMillis: 7
        })
      })
    )
    const groupsOf = (control: string) => Filing.command(article(id("1"), [misc], "", [["Control", control]]), 0).groups
    expect(groupsOf("cancel <a@b>")).toEqual(["control.cancel"])
    expect(groupsOf("newgroup misc.new")).toEqual(["control.newgroup"])
    expect(groupsOf("cancel all")).toEqual(["control"])
  })

  it("gives an article to its lock, else outside our roots to its author", () => {
    const locked = [["Cancel-Lock", `sha1:old  ${lock}`]] as const
    expect(Filing.owners(article(id("1"), [misc], "", locked))).toEqual(["sha1:old", lock])
    expect(Filing.owners(article(id("1"), [misc], "", [["Cancel-Lock", "none"]]))).toEqual([])
    expect(Filing.owners(article(id("1"), [misc]))).toEqual([author])
    expect(Filing.owners(article(id("1"), [misc], "", [["Sender", "Agent@Host.example"]]))).toEqual([
      author,
      "author:agent@host.example"
    ])
    expect(Filing.owners(article(id("1"), [ours]))).toEqual([])
  })

  it("reads what a cancel or Supersedes claims, and with which marks", () => {
    const claimOf = (fields: ReadonlyArray<readonly [string, string]>) =>
      Filing.claim(article(id("1"), [misc], "", fields))
    const keys = ["Cancel-Key", "sha256:key md5:other"] as const
    expect(claimOf([["Control", "cancel <a@b>"], keys])).toEqual({
      target: "<a@b>",
      why: "cancelled",
      opens: [lock, OwnerMark.claimed(author)]
    })
    expect(claimOf([["Supersedes", "<a@b>"]])).toEqual({
      target: "<a@b>",
      why: "superseded",
      opens: [OwnerMark.claimed(author)]
    })
    expect(
      claimOf([
        ["Control", "newgroup x"],
        ["Supersedes", "<a@b>"]
      ])
    ).toBeUndefined()
    expect(claimOf([["Supersedes", "all"]])).toBeUndefined()
    expect(claimOf([keys])).toBeUndefined()
  })

  it("knows a digest's slot, and whether an article is approved", () => {
    expect(Filing.command(digest(digestId("a"), "lake", 2), 0).slot?.key).toBe("digest app/ratings/lake")
    expect(Filing.command(article(id("1"), [misc]), 0).isApproved).toBe(false)
    expect(Filing.command(article(id("1"), [misc], "", [["approved", "x@y"]]), 0).isApproved).toBe(true)
  })
})
