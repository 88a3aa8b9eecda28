import { assert, describe, it } from "@effect/vitest"
import { Live } from "@lupin/site/Live"
import * as Mend from "@lupin/site/Mend"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import { configOf, directory, id, peerAt, portOf, site, store } from "./sites.ts"

/** Turns over a bit of each place where the text of an article stands in the log. */
const damage = (path: string, text: string): void => {
  const log = Path.join(path, "spool", "log")
  for (const name of FileSystem.readdirSync(log)) {
    const octets = FileSystem.readFileSync(Path.join(log, name))
    const at = octets.lastIndexOf(text)
    if (at < 0) continue
    octets[at] = (octets[at] ?? 0) ^ 1
    FileSystem.writeFileSync(Path.join(log, name), octets)
  }
}

describe("Mend", () => {
  it.live("asks the peers of now, other news servers too, once no zone has what is damaged", () =>
    Effect.gen(function* () {
      const [here, there] = [yield* directory, yield* directory]
      const healthy = yield* site("mk", there)
      yield* store(healthy, ["old1"])
      yield* Effect.scoped(Effect.flatMap(site("sea", here), (earlier) => store(earlier, ["old1"])))
      damage(here, "old1\r\n")
      const sick = yield* site("sea", here)
      const spool = Context.get(sick, Spool)
      assert.isUndefined(yield* spool.find(id("old1")))
      assert.deepStrictEqual((yield* spool.condition).damaged, [id("old1")])
      assert.strictEqual(yield* Mend.mendFromAll().pipe(Effect.provide(sick)), 0)
      const peers = [peerAt("cape", 9), { ...peerAt("mk", portOf(healthy)), kind: "foreign" }]
      yield* Context.get(sick, Live).apply(configOf("sea", here, peers))
      assert.strictEqual(yield* Mend.mendFromAll().pipe(Effect.provide(sick)), 1)
      assert.strictEqual((yield* spool.condition).damagedRecords, 0)
      assert.isDefined(yield* spool.find(id("old1")))
    }).pipe(Effect.scoped)
  )

  it("tells when a spool begins to refuse, refuses for another reason, and stores again", () => {
    assert.isUndefined(Mend.refusalLine(undefined, undefined))
    assert.strictEqual(Mend.refusalLine(undefined, "full"), "the spool stores nothing: full")
    assert.isUndefined(Mend.refusalLine("full", "full"))
    assert.strictEqual(Mend.refusalLine("full", "read-only"), "the spool stores nothing: read-only")
    assert.strictEqual(Mend.refusalLine("full", undefined), "the spool stores again")
  })
})
