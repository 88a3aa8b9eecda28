import { assert, it } from "@effect/vitest"
import type * as MessageId from "@lupin/core/MessageId"
import type { Held } from "@lupin/spool/Spool"
import type { Fault, TablesLeft } from "@lupin/testing/SimDisk"
import { Effect, Exit } from "effect"
import * as fc from "fast-check"
import { articleOf, ids, same, Trial } from "./Faults.ts"

/** Histories; `LUPIN_TEST_FAULTS=5000` takes minutes, and `LUPIN_TEST_FAULTS_SEED` draws those of a failure again. */
const runs = Number(process.env["LUPIN_TEST_FAULTS"] ?? 60)
const seedText = process.env["LUPIN_TEST_FAULTS_SEED"]
const drawn = { numRuns: runs, timeout: 10_000, ...(seedText === undefined ? {} : { seed: Number(seedText) }) }

type Deed =
  | { readonly _tag: "Store" | "Expire" | "Erase"; readonly articles: ReadonlyArray<ReturnType<typeof articleOf>> }
  /** As many slices of compaction. */
  | { readonly _tag: "Reclaim"; readonly slices: number }
  | { readonly _tag: "Fault"; readonly fault: Fault }
  | { readonly _tag: "Kill"; readonly index: TablesLeft }
  | { readonly _tag: "PowerCut"; readonly index: TablesLeft; readonly chances: ReadonlyArray<boolean> }

const articles = fc.array(
  fc
    .tuple(fc.nat(ids.length - 1), fc.subarray([0, 1, 2], { minLength: 1 }), fc.constantFrom(1, 1, 30, 200))
    .map(([at, some, lines]) => articleOf(at, some, lines)),
  { minLength: 1, maxLength: 3 }
)
const index = fc.constantFrom<TablesLeft>("kept", "lost", "older")
const store = fc.record({ _tag: fc.constant("Store" as const), articles })
const deed: fc.Arbitrary<Deed> = fc.oneof(
  store,
  store,
  store,
  fc.record({ _tag: fc.constantFrom("Expire" as const, "Erase" as const), articles }),
  fc.record({ _tag: fc.constant("Reclaim" as const), slices: fc.nat(10) }),
  fc.record({
    _tag: fc.constant("Fault" as const),
    fault: fc.oneof(
      fc.record({
        _tag: fc.constantFrom("WriteFails", "SyncFails", "CreateFails", "TruncateFails"),
        times: fc.integer({ min: 1, max: 3 })
      }),
      fc.record({ _tag: fc.constant("WriteIsShort" as const), octets: fc.nat(3_000) })
    )
  }),
  fc.record({ _tag: fc.constant("Kill" as const), index }),
  fc.record({
    _tag: fc.constant("PowerCut" as const),
    index,
    chances: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 })
  })
)

type Seen = ReadonlyMap<MessageId.MessageId, Held>

/** What is served, each article under its own numbers. */
const look = async ({ copies, spool }: Trial): Promise<Seen> => {
  const seen = new Map<MessageId.MessageId, Held>()
  for (const one of ids) {
    const held = await Effect.runPromise(spool.find(one))
    if (held === undefined) continue
    seen.set(one, held)
    assert.isTrue(copies.get(one)?.some(({ octets }) => same(octets, held.article)))
    for (const [name, number] of held.numbers) {
      assert.isTrue(same((await Effect.runPromise(spool.at(name, number)))?.article, held.article))
    }
  }
  return seen
}

/** Whoever had numbers before has them still, and nobody else. */
const isStill = (before: Seen, after: Seen): void => {
  for (const [one, held] of before) {
    assert.deepStrictEqual(after.get(one)?.numbers, held.numbers, one)
    assert.isTrue(same(after.get(one)?.article, held.article))
  }
}

const act = async (trial: Trial, deed: Deed): Promise<void> => {
  switch (deed._tag) {
    case "Fault":
      return trial.disk.arm(deed.fault)
    case "Store":
      for (const one of deed.articles) {
        trial.copies.set(one.messageId, [...(trial.copies.get(one.messageId) ?? []), one])
      }
      await Effect.runPromise(Effect.exit(trial.spool.store(deed.articles)))
      return
    case "Reclaim":
      for (let slice = 0; slice < deed.slices; slice++) await Effect.runPromise(Effect.exit(trial.spool.reclaim))
      return
    case "Erase":
    case "Expire": {
      const names = deed.articles.map(({ messageId }) => messageId)
      const removal = deed._tag === "Erase" ? trial.spool.erase(names) : trial.spool.remove(names, "expired")
      const exit = await Effect.runPromise(Effect.exit(removal))
      if (Exit.isFailure(exit)) for (const one of names) trial.removing.set(one, deed._tag)
      else if (deed._tag === "Erase") for (const one of names) trial.nothingIsLeft(`about ${one}`)
      return
    }
    case "Kill": {
      const before = new Map(await look(trial))
      // A removal that was refused may have come to the disk.
      for (const one of trial.removing.keys()) before.delete(one as MessageId.MessageId)
      await trial.crash((disk) => disk.killed(deed.index))
      return isStill(before, await look(trial))
    }
    case "PowerCut": {
      let at = 0
      const chance = (): boolean => deed.chances[at++ % deed.chances.length] ?? false
      await trial.crash((disk) => disk.cutOff(chance, deed.index))
      await look(trial)
    }
  }
}

const live = async (deeds: ReadonlyArray<Deed>, hasClasses = false): Promise<void> => {
  const trial = new Trial("kernel", hasClasses)
  try {
    await trial.open()
    for (const deed of deeds) await act(trial, deed)
  } finally {
    await trial.close()
  }
}

it("keeps through kills whatever a power cut has left, where nothing was synced", { timeout: 0 }, () =>
  fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 16 }), index, fc.boolean(), (deeds, index, hasClasses) =>
      live([...deeds, { _tag: "Kill", index }], hasClasses)
    ),
    drawn
  )
)

it("makes an index anew that knows what the log has lost, though others lie there now", () => {
  const store = (...articles: ReadonlyArray<ReturnType<typeof articleOf>>): Deed => ({ _tag: "Store", articles })
  return live([
    store(articleOf(0, [2], 1), articleOf(1, [1], 200)),
    store(articleOf(2, [2], 1), articleOf(3, [2], 1)),
    store(articleOf(0, [2], 1)),
    { _tag: "PowerCut", index: "kept", chances: [false] },
    store(articleOf(0, [1], 30), articleOf(0, [0], 1)),
    { _tag: "Kill", index: "older" }
  ])
})
