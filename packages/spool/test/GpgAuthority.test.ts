import { assert, describe, it } from "@effect/vitest"
import type * as Article from "@lupin/core/Article"
import * as Wildmat from "@lupin/core/Wildmat"
import { ControlAuthority } from "@lupin/spool/ControlAuthority"
import * as GpgAuthority from "@lupin/spool/GpgAuthority"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as SignedMessages from "@lupin/testing/SignedMessages"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const grants = (
  signed: Article.Article,
  signer: string,
  wildmat = "misc.*",
  names = ["misc.lupin"],
  command?: string
) =>
  Effect.gen(function* () {
    const keyring = path.join(yield* temporaryDirectory, "ring.gpg")
    fs.writeFileSync(keyring, SignedMessages.keyring)
    const groups = Wildmat.compile(wildmat) ?? Wildmat.nothing
    const options = { keyring, grants: [{ signer, groups }], ...(command === undefined ? {} : { command }) }
    return yield* Effect.flatMap(ControlAuthority, (authority) => authority.grants(signed, names.map(group))).pipe(
      Effect.provide(GpgAuthority.layer(() => options))
    )
  })

const { fingerprint, message, userId } = SignedMessages

describe("GpgAuthority", () => {
  it.live("grants what the signer of a message may change, by any of the signer's names", () =>
    Effect.gen(function* () {
      for (const signer of [fingerprint, userId, "news.announce.newgroups"]) {
        assert.isTrue(yield* grants(message(), signer), signer)
      }
      assert.isFalse(yield* grants(message(), "somebody else"))
      assert.isFalse(yield* grants(message(), "group-admin"))
    })
  )

  it.live("grants nothing beyond the groups of the signer", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* grants(message(), fingerprint, "comp.*"))
      assert.isFalse(yield* grants(message(), fingerprint, "misc.*", ["misc.lupin", "comp.lupin"]))
      assert.isFalse(yield* grants(message(), fingerprint, "*", []))
    })
  )

  it.live("grants nothing to a message that was changed, or has no signature, or one over too little", () =>
    Effect.gen(function* () {
      for (const [from, to] of [
        ["Control: newgroup misc.lupin moderated", "Control: newgroup misc.lupin"],
        ["About Lupin", "About lupines"],
        ["<newgroup.1@", "<newgroup.2@"],
        ["X-PGP-Sig:", "X-PGP-Signature:"],
        ["Subject,Control,Message-ID,Date", "Subject,Message-ID,Date"],
        ["\tw1j9E2", "\tw1j9E3"]
      ] as const) {
        assert.isFalse(yield* grants(message(from, to), fingerprint), to)
      }
      assert.isFalse(yield* grants(article(id("1"), [group("misc.lupin")]), fingerprint))
    })
  )

  it.live("says that it cannot tell where the tool is missing", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(grants(message(), fingerprint, "*", ["misc.lupin"], "/nowhere/gpgv"))
      assert.include("reason" in failure ? failure.reason : "", "ENOENT")
    })
  )

  it("takes exactly one good signature by a valid key", () => {
    const good = `[GNUPG:] GOODSIG 9601 ${userId}\n[GNUPG:] VALIDSIG ${fingerprint} 2026-11-21 0\n`
    assert.deepStrictEqual(GpgAuthority.signersIn(good), [fingerprint, userId, "news.announce.newgroups"])
    for (const doubtful of [
      "",
      "[GNUPG:] NODATA 1\n",
      `[GNUPG:] GOODSIG 9601 ${userId}\n`,
      `[GNUPG:] EXPKEYSIG 9601 ${userId}\n[GNUPG:] VALIDSIG ${fingerprint} 2026-11-21 0\n`,
      `[GNUPG:] BADSIG 9602 other\n${good}`,
      good + good
    ]) {
      assert.deepStrictEqual(GpgAuthority.signersIn(doubtful), [])
    }
  })
})
