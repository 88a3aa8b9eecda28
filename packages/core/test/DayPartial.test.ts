import * as Article from "@lupin/core/Article"
import * as DayPartial from "@lupin/core/DayPartial"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import * as Filing from "@lupin/core/Filing"
import * as Fingerprint from "@lupin/core/Fingerprint"
import * as Fold from "@lupin/core/Fold"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Namespace from "@lupin/core/Namespace"
import * as Events from "@lupin/testing/Events"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

const digestion = Digestion.define({
  app: "notes",
  name: "stars",
  events: { note: { schema: Schema.Struct({ stars: Schema.Int }) } },
  key: () => "lake",
  fold: Fold.count,
  view: (count) => ({ count })
})

const day = Date.UTC(2026, 10, 10)
const partial = fc
  .record({
    key: fc.string({ unit: "binary", minLength: 1, maxLength: 30 }).filter(Digestion.isKey),
    dayMillis: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000),
    events: fc.nat({ max: 1_000_000 }),
    removals: fc.nat({ max: 1_000_000 }),
    fingerprint: fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
    newestMillis: fc.nat()
  })
  .map(({ dayMillis, key, ...rest }) => ({
    digestion,
    key,
    dayMillis,
    sealedMillis: dayMillis + 11 * 24 * 3_600_000,
    part: {
      ...rest,
      state: rest.events,
      removed: [MessageId.MessageId.make("<a.b@notes.client.lupin>")],
      nameless: { count: rest.removals, newestMillis: day }
    }
  }))

const articleOf = (one: DayPartial.Partial<number>) => Events.filed(DayPartial.toArticle(one))

const sample: DayPartial.Partial<number> = {
  digestion,
  key: "lake",
  dayMillis: day,
  sealedMillis: day + 11 * 24 * 3_600_000,
  part: {
    events: 3,
    removals: 0,
    fingerprint: 5n,
    state: 3,
    newestMillis: day,
    removed: [],
    nameless: Fingerprint.noneNameless
  }
}

describe("DayPartial", () => {
  it("reads what was written", () => {
    fc.assert(
      fc.property(partial, (one) => {
        const read = DayPartial.read(articleOf(one))
        if (DayPartial.isNotAPartial(read)) return assert.fail(read.reason)
        const { events, fingerprint, nameless, newestMillis, removals, removed, state } = one.part
        assert.deepEqual(
          [read.key, read.dayMillis, read.events, read.removals, read.sum, read.state, read.newestMillis, read.removed],
          [one.key, one.dayMillis, events, removals, fingerprint, state, newestMillis, removed]
        )
        assert.strictEqual(read.fingerprint, Fingerprint.text(fingerprint))
        assert.strictEqual(read.nameless.count, nameless.count)
      })
    )
  })

  it("has another id and another slot for each day", () => {
    const [one, other] = [articleOf(sample), articleOf({ ...sample, dayMillis: day + 1_000 })]
    assert.notStrictEqual(one.messageId, other.messageId)
    assert.notStrictEqual(Filing.slotOf(one)?.key, Filing.slotOf(other)?.key)
  })

  it("ranks by its inputs within its slot", () => {
    const more = articleOf({ ...sample, part: { ...sample.part, events: 4 } })
    assert.strictEqual(Filing.slotOf(articleOf(sample))?.key, Filing.slotOf(more)?.key)
    assert.isTrue((Filing.slotOf(articleOf(sample))?.rank ?? "") < (Filing.slotOf(more)?.rank ?? ""))
  })

  it("is no digest, stands where zones may write, and is dated at its seal instant", () => {
    const article = articleOf(sample)
    assert.isTrue(DigestArticle.isNotADigest(DigestArticle.read(article)))
    assert.isUndefined(DigestArticle.slot(article))
    const group = GroupName.GroupName.make("digests.notes.days.stars")
    assert.deepEqual([...article.groups], [group])
    assert.isUndefined(Namespace.strayGroup(article.messageId, article.groups))
    assert.isTrue(Namespace.mayWrite("zone", group))
    assert.strictEqual(article.injectedMillis, sample.sealedMillis)
  })

  it("is not read where its header, its sum or its body were changed", () => {
    const text = new TextDecoder().decode(DayPartial.toArticle(sample))
    const changed = (from: string, to: string) => {
      const article = Article.read(new TextEncoder().encode(`Path: here\r\n${text.replace(from, to)}`))
      if (Article.isMalformed(article)) return assert.fail(article.reason)
      assert.isTrue(DayPartial.isNotAPartial(DayPartial.read(article)), to)
    }
    changed("events=3", "events=4")
    changed("day=2026-11-10T00", "day=2026-11-11T00")
    changed('"sum":"00', '"sum":"01')
    changed('"newest":', '"oldest":')
    changed("Lupin-Partial", "Lupin-Other")
  })

  it("leaves the name of its groups to itself", () => {
    assert.throws(() => Digestion.define({ ...digestion, name: "days", events: {}, key: () => "", fold: Fold.count }))
  })
})
