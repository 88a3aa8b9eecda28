import { assert, describe, it } from "@effect/vitest"
import * as Doubts from "@lupin/central/Doubts"
import * as Wildmat from "@lupin/core/Wildmat"
import * as RetentionRule from "@lupin/spool/RetentionRule"

const dayMillis = 24 * 60 * 60 * 1000
const posted = ["clientposts.notes.geo.us.idaho", "clientposts.birds.s2.c"]
const { keepMillis } = RetentionRule.last

describe("Doubts", () => {
  it("knows where a zone keeps less than is counted, of what clients post", () => {
    const blobs = { ...RetentionRule.last, groups: Wildmat.ofSubtrees(["blobs"]), keepMillis: dayMillis, countMax: 10 }
    assert.isFalse(Doubts.letsGoBefore([], posted, keepMillis))
    assert.isFalse(
      Doubts.letsGoBefore([blobs, { ...RetentionRule.last, keepMillis: 2 * keepMillis }], posted, keepMillis)
    )
    const short = [
      { ...RetentionRule.last, keepMillis: keepMillis - 1 },
      { ...RetentionRule.last, keepMillisMax: dayMillis },
      { ...RetentionRule.last, groups: Wildmat.ofSubtrees(["clientposts.birds"]), countMax: 1_000 },
      { ...RetentionRule.last, bytesMax: 1_000 }
    ]
    for (const rule of short) assert.isTrue(Doubts.letsGoBefore([blobs, rule], posted, keepMillis))
  })

  it("is content once half of the other zones have told all they hold, whatever POP hosts say", () => {
    const zones = ["z2", "z3", "z4", "z5", "z6"].map((name) => ({ name, kind: "central" as const }))
    const pop = { name: "p1", kind: "pop" as const }
    const told = (names: ReadonlyArray<string>) =>
      [...zones, pop].map(({ name }) => ({ peer: name, ...(names.includes(name) ? {} : { trouble: "no answer" }) }))
    assert.isTrue(Doubts.haveTold([...zones, pop], told(["z2", "z3", "z6"])))
    assert.isFalse(Doubts.haveTold([...zones, pop], told(["z2", "z6", "p1"])))
    assert.isTrue(Doubts.haveTold([pop], told([])))
  })
})
