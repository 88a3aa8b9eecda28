import { assert, describe, it } from "@effect/vitest"
import * as Site from "@lupin/core/Site"
import type * as FileSpool from "@lupin/spool/FileSpool"
import type { Fault } from "@lupin/testing/SimDisk"
import { Effect } from "effect"
import * as fc from "fast-check"
import { articleOf, ids, isLog, recovered, same, type Step, Trial } from "./Faults.ts"

/** Histories of each kind; `LUPIN_TEST_FAULTS=5000` takes minutes. */
const runs = Number(process.env["LUPIN_TEST_FAULTS"] ?? 60)
/** Other histories each time. A failure prints its seed, by which `LUPIN_TEST_FAULTS_SEED` draws the same ones again. */
const seedText = process.env["LUPIN_TEST_FAULTS_SEED"]
const drawn = { numRuns: runs, ...(seedText === undefined ? {} : { seed: Number(seedText) }) }
/** Every octet of a commit where there is time, else every fifth. */
const stride = runs < 1_000 ? 5 : 1

const anyArticle = fc
  .tuple(fc.nat(ids.length - 1), fc.subarray([0, 1, 2], { minLength: 1 }), fc.constantFrom(1, 1, 30, 200))
  .map(([at, some, lines]) => articleOf(at, some, lines))
const index = fc.constantFrom("kept", "lost", "older")
const times = fc.integer({ min: 1, max: 3 })

const store: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("Store"),
  batches: fc.array(fc.array(anyArticle, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
})
const remove: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("Remove"),
  ids: fc.subarray(ids, { minLength: 1, maxLength: 2 })
})
const some = fc.subarray(ids, { minLength: 1, maxLength: 6 })
const expire: fc.Arbitrary<Step> = fc.record({ _tag: fc.constant("Expire"), ids: some })
const erase: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("Erase"),
  ids: fc.subarray(ids, { minLength: 1, maxLength: 2 })
})
const reclaim: fc.Arbitrary<Step> = fc.record({ _tag: fc.constant("Reclaim"), slices: fc.nat(30) })
const dayMillis = 24 * 60 * 60 * 1000
const wait: fc.Arbitrary<Step> = fc.constant({ _tag: "Wait", millis: 8 * dayMillis })
const forget: fc.Arbitrary<Step> = fc.constant({ _tag: "Forget" })
const stop: fc.Arbitrary<Step> = fc
  .nat(60)
  .map((operations) => ({ _tag: "Fault", fault: { _tag: "Stops", operations } }))
const fault: fc.Arbitrary<Step> = fc
  .oneof(
    fc.record({
      _tag: fc.constantFrom(
        "WriteFails",
        "SyncFails",
        "CreateFails",
        "TruncateFails",
        "RenameFails",
        "RemoveFails",
        "ReplaceFails"
      ),
      times
    }),
    fc.record({ _tag: fc.constant("WriteIsShort"), octets: fc.nat(3_000) }),
    fc.constant({ _tag: "SyncHangs" } as const)
  )
  .map((fault: Fault) => ({ _tag: "Fault", fault }))
const pace: fc.Arbitrary<Step> = fc.record({ _tag: fc.constant("Pace"), isInPlace: fc.boolean() })
const opening = fc.option(fc.nat(40), { nil: undefined, freq: 3 })
const kill: fc.Arbitrary<Step> = fc.record({ _tag: fc.constant("Kill"), index, opening })
const powerCut: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("PowerCut"),
  index,
  opening,
  chances: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 })
})

/** A sync that hangs is followed by the end of the process: nothing else happens on that machine. */
const settled = (steps: ReadonlyArray<Step>, end: Step): ReadonlyArray<Step> => {
  const hang = steps.findIndex((step) => step._tag === "Fault" && step.fault._tag === "SyncHangs")
  if (hang < 0) return steps
  const crash = steps.findIndex((step, at) => at > hang && (step._tag === "Kill" || step._tag === "PowerCut"))
  const store = steps.slice(hang + 1).find(({ _tag }) => _tag === "Store")
  const rest = crash < 0 ? [] : settled(steps.slice(crash + 1), end)
  return [...steps.slice(0, hang + 1), ...(store === undefined ? [] : [store]), steps[crash] ?? end, ...rest]
}

/** What lets go of articles, among what brings them. */
const letting = [store, store, expire, erase, reclaim, reclaim, wait, forget, stop, fault]

const history = (
  crashes: ReadonlyArray<fc.Arbitrary<Step>>,
  kinds: ReadonlyArray<fc.Arbitrary<Step>> = [store, store, store, remove, fault],
  beginning: fc.Arbitrary<ReadonlyArray<Step>> = fc.constant([])
): fc.Arbitrary<ReadonlyArray<Step>> =>
  fc
    .tuple(pace, beginning, fc.array(fc.oneof(...kinds, pace, ...crashes), { maxLength: 15 }), ...crashes)
    .map(([how, first, steps, end]) => [how, ...first, ...settled(steps, end as Step), end as Step])

/** Some files of articles, a part of which has gone. */
const worn: fc.Arbitrary<ReadonlyArray<Step>> = fc
  .tuple(fc.array(anyArticle, { maxLength: 16 }), some, fc.boolean())
  .map(([articles, ids, isLong]) => [
    { _tag: "Store", batches: articles.map((one) => [one]) },
    { _tag: "Expire", ids },
    { _tag: "Wait", millis: isLong ? 8 * dayMillis : 1_000 }
  ])

/** A life, which bit of its log turns over, what is left of its index, and whether some of it lies in classes. */
const rotting = [
  fc.array(fc.oneof(store, store, remove, expire, reclaim, wait), { minLength: 1, maxLength: 8 }),
  fc.nat(),
  fc.nat(7),
  fc.constantFrom("kept", "lost"),
  fc.boolean()
] as const

/** A bit of the log turns over, and the process is killed. */
const turnOver = (trial: Trial, octet: number, bit: number, index: "kept" | "lost"): Promise<void> => {
  trial.disk.flip(isLog, octet % trial.disk.bytes(isLog), bit)
  return trial.crash((disk) => disk.killed(index))
}

const tried = async <A>(
  durability: FileSpool.Options["durability"],
  steps: ReadonlyArray<Step>,
  then: (trial: Trial) => Promise<A>,
  hasClasses = false
): Promise<A> => {
  const trial = new Trial(durability, hasClasses)
  try {
    await trial.open()
    for (const step of steps) await trial.step(step)
    trial.disk.heal()
    return await then(trial)
  } finally {
    await trial.close()
  }
}

describe("a spool on a disk of faults", () => {
  it("keeps what it acknowledged through kills and power cuts, whatever the disk refused", { timeout: 0 }, () =>
    fc.assert(
      fc.asyncProperty(history([kill, powerCut]), (steps) => tried("fsync", steps, (trial) => trial.check())),
      { ...drawn, timeout: 10_000 }
    )
  )

  for (const hasClasses of [false, true]) {
    it(
      `lets go of articles for good, and of nothing else, ${hasClasses ? "in classes" : "in one log"}`,
      { timeout: 0 },
      () =>
        fc.assert(
          fc.asyncProperty(history([kill, powerCut], letting, worn), (steps) =>
            tried("fsync", steps, (trial) => trial.settle(), hasClasses)
          ),
          { ...drawn, timeout: 20_000 }
        )
    )
  }

  it("erases what a power cut left of a record that nobody was told of, though nothing tells what it is", () => {
    const torn = [[articleOf(0, [1, 2], 30), articleOf(4, [0, 1, 2], 1)], [articleOf(1, [1], 1)]]
    const steps: ReadonlyArray<Step> = [
      { _tag: "Expire", ids: ids.slice(11) },
      { _tag: "Fault", fault: { _tag: "SyncHangs" } },
      { _tag: "Store", batches: torn },
      { _tag: "PowerCut", index: "kept", chances: [false, false, false, true, true] }
    ]
    return tried("fsync", steps, async (trial) => {
      const line = `Message-ID: ${ids[4]}`
      assert.isNotEmpty(trial.disk.naming(line))
      await trial.step({ _tag: "Erase", ids: ids.slice(4, 5) })
      trial.nothingIsLeft(line)
      await trial.check()
      await trial.settle()
    })
  })

  it("shows nothing again of what was erased, wherever the machine stops as its names go too", async () => {
    const ends: ReadonlyArray<Step> = [
      { _tag: "Kill", index: "kept" },
      { _tag: "PowerCut", index: "kept", chances: [true] },
      { _tag: "PowerCut", index: "kept", chances: [false, true] },
      { _tag: "PowerCut", index: "kept", chances: [true, false] }
    ]
    for (const end of ends) {
      for (let operations = 1; operations <= 40; operations += 1) {
        const steps: ReadonlyArray<Step> = [
          { _tag: "Store", batches: [[articleOf(11, [2], 1)]] },
          { _tag: "Forget" },
          { _tag: "Fault", fault: { _tag: "Stops", operations } },
          { _tag: "Erase", ids: ids.slice(11, 12) },
          { _tag: "Forget" },
          end
        ]
        await tried("fsync", steps, (trial) => trial.settle())
      }
    }
  })

  it("keeps what it acknowledged wherever the machine stops while an index is emptied to be made anew", async () => {
    for (let operations = 1; operations <= 12; operations += 1) {
      for (let opening = 0; opening <= 8; opening += 1) {
        const steps: ReadonlyArray<Step> = [
          { _tag: "Store", batches: [[articleOf(0, [1], 1)]] },
          { _tag: "Fault", fault: { _tag: "Stops", operations } },
          { _tag: "Forget" },
          { _tag: "PowerCut", index: "kept", opening, chances: [false] }
        ]
        await tried("fsync", steps, (trial) => trial.settle())
      }
    }
  })

  it("leaves no name of what was erased in a file that a compaction writes at the same time", () => {
    const steps: ReadonlyArray<Step> = [
      { _tag: "Erase", ids: ids.slice(11) },
      { _tag: "Fault", fault: { _tag: "SyncHangs" } },
      { _tag: "Store", batches: [[articleOf(0, [2], 200)], [articleOf(1, [2], 1)]] },
      { _tag: "PowerCut", index: "kept", chances: [true, false, true] },
      { _tag: "Store", batches: [[articleOf(0, [1], 1)]] }
    ]
    return tried("fsync", steps, (trial) => trial.settle())
  })

  it("lets go of what a power cut left in a class whose own end it has torn", () => {
    const torn = [
      [articleOf(2, [0, 1, 2], 200), articleOf(1, [0, 1, 2], 1)],
      [articleOf(3, [0], 1), articleOf(0, [2], 1)],
      [articleOf(4, [2], 1)]
    ]
    const steps: ReadonlyArray<Step> = [
      { _tag: "Expire", ids: ids.slice(11) },
      { _tag: "Store", batches: [[articleOf(0, [1, 2], 1), articleOf(0, [0], 1)]] },
      { _tag: "Fault", fault: { _tag: "SyncHangs" } },
      { _tag: "Store", batches: torn },
      { _tag: "PowerCut", index: "kept", chances: [true, false] }
    ]
    return tried("fsync", steps, (trial) => trial.settle(), true)
  })

  it("stores nothing in the place of an article of a class of which a power cut left the event alone", () => {
    const steps: ReadonlyArray<Step> = [
      { _tag: "Store", batches: [[articleOf(0, [0], 1)]] },
      { _tag: "Fault", fault: { _tag: "SyncHangs" } },
      { _tag: "Store", batches: [[articleOf(4, [0], 200)]] },
      { _tag: "PowerCut", index: "kept", chances: [false, false, true, true, false, false, false, false] },
      { _tag: "Store", batches: [[articleOf(5, [0], 200)]] },
      { _tag: "Erase", ids: ids.slice(4, 5) },
      { _tag: "Kill", index: "kept" }
    ]
    return tried("fsync", steps, (trial) => trial.check(), true)
  })

  it("tells followers of a copy that came in the place of one that a power cut tore", () => {
    const hang: Step = { _tag: "Fault", fault: { _tag: "SyncHangs" } }
    const articles = [articleOf(0, [2], 220), articleOf(1, [0], 220), articleOf(2, [2], 1), articleOf(3, [2], 1)]
    const store: Step = { _tag: "Store", batches: [articles] }
    const steps: ReadonlyArray<Step> = [
      hang,
      store,
      { _tag: "PowerCut", index: "kept", chances: [true, false, true] },
      hang,
      store,
      { _tag: "Kill", index: "kept" }
    ]
    return tried("fsync", steps, async (trial) => {
      const { changes } = await Effect.runPromise(trial.spool.changes(0, 99))
      assert.deepStrictEqual(
        changes.filter(({ id }) => id === ids[1]).map(({ _tag }) => _tag),
        ["Filed", "Filed"]
      )
      await trial.check()
    })
  })

  it("keeps what it acknowledged through kills where the kernel was to write it", { timeout: 0 }, () =>
    fc.assert(
      fc.asyncProperty(history([kill]), (steps) => tried("kernel", steps, (trial) => trial.check())),
      { ...drawn, timeout: 10_000 }
    )
  )

  it("stores again once the disk does, without being opened anew", { timeout: 0 }, () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(store, store, remove, expire, erase, reclaim, fault, pace), { maxLength: 13 }),
        anyArticle,
        (steps, one) => {
          const running = steps.filter((step) => step._tag !== "Fault" || step.fault._tag !== "SyncHangs")
          return tried("fsync", running, async ({ site, spool }) => {
            assert.isUndefined((await Effect.runPromise(spool.condition)).refuses)
            assert.isAtLeast((await Effect.runPromise(spool.store([one]))).length, 1)
            assert.isAtLeast(await Effect.runPromise(spool.head), site.position)
          })
        }
      ),
      { ...drawn, timeout: 10_000 }
    )
  )

  it("opens after a power cut that the kernel had not written for, and serves nothing else", { timeout: 0 }, () =>
    fc.assert(
      fc.asyncProperty(history([kill]), powerCut, (steps, cut) =>
        tried("kernel", steps, async (trial) => {
          if (cut._tag !== "PowerCut") return
          let at = 0
          const chance = (): boolean => cut.chances[at++ % cut.chances.length] ?? false
          await trial.crash((disk) => disk.cutOff(chance, cut.index))
          await serveOnly(trial)
        })
      ),
      { ...drawn, timeout: 10_000 }
    )
  )

  it("opens after a power cut where the head of a segment had been written again", () => {
    const store = (...articles: ReadonlyArray<ReturnType<typeof articleOf>>): Step => ({
      _tag: "Store",
      batches: [articles]
    })
    const steps: ReadonlyArray<Step> = [
      store(articleOf(0, [1], 200), articleOf(2, [1], 1), articleOf(3, [2], 1), articleOf(4, [2], 1)),
      { _tag: "Kill", index: "kept" },
      { _tag: "Fault", fault: { _tag: "WriteIsShort", octets: 0 } },
      store(articleOf(5, [1], 1)),
      { _tag: "Kill", index: "kept" },
      store(articleOf(1, [2], 200)),
      store(articleOf(5, [2], 1)),
      store(articleOf(6, [2], 1), articleOf(0, [2], 1)),
      { _tag: "Kill", index: "kept" }
    ]
    return tried("kernel", steps, async (trial) => {
      const chances = [false, false, true, false]
      let at = 0
      await trial.crash((disk) => disk.cutOff(() => chances[at++ % chances.length] ?? false, "kept"))
      await serveOnly(trial)
    })
  })

  it("opens after a power cut between two segments of which neither was made in one go", () => {
    const short: Step = { _tag: "Fault", fault: { _tag: "WriteIsShort", octets: 0 } }
    const steps: ReadonlyArray<Step> = [
      { _tag: "Store", batches: [[articleOf(1, [2], 1), articleOf(0, [2], 200)]] },
      short,
      { _tag: "Remove", ids: ids.slice(9, 10) },
      { _tag: "Kill", index: "kept" },
      { _tag: "Store", batches: [[articleOf(2, [1], 200)], [articleOf(3, [1], 1)]] },
      short,
      { _tag: "Store", batches: [[articleOf(4, [2], 1)]] },
      { _tag: "Kill", index: "kept" }
    ]
    return tried("kernel", steps, async (trial) => {
      const chances = [false, true, false]
      let at = 0
      await trial.crash((disk) => disk.cutOff(() => chances[at++ % chances.length] ?? false, "kept"))
      await serveOnly(trial)
    })
  })

  it("does not bring back after a power cut what was cut off before others came in its place", () => {
    const store = (...batches: ReadonlyArray<ReadonlyArray<ReturnType<typeof articleOf>>>): Step => ({
      _tag: "Store",
      batches
    })
    const steps: ReadonlyArray<Step> = [
      store([articleOf(2, [2], 1)], [articleOf(0, [2], 30)]),
      { _tag: "Kill", index: "kept" },
      { _tag: "Kill", index: "kept" },
      { _tag: "Fault", fault: { _tag: "WriteIsShort", octets: 1_067 } },
      store([articleOf(1, [2], 30), articleOf(3, [2], 1), articleOf(0, [2], 1)], [articleOf(1, [1], 1)]),
      store([articleOf(3, [2], 1)]),
      { _tag: "Kill", index: "kept" }
    ]
    return tried("kernel", steps, async (trial) => {
      const chances = [false, false, false, true, true, true, true]
      let at = 0
      await trial.crash((disk) => disk.cutOff(() => chances[at++ % chances.length] ?? false, "kept"))
      await serveOnly(trial)
    })
  })

  it("finds a bit that turned over, serves it to nobody, and is mended by another copy", { timeout: 0 }, () =>
    fc.assert(
      fc.asyncProperty(...rotting, (steps, octet, bit, index, hasClasses) =>
        tried(
          "fsync",
          steps,
          async (trial) => {
            await turnOver(trial, octet, bit, index)
            const { articles, site, spool } = trial
            await serveOnly(trial)
            const held = [...articles.values()].filter(({ messageId }) => Site.status(site, messageId) === "held")
            const statuses = await Effect.runPromise(spool.status(held.map(({ messageId }) => messageId)))
            const missing = held.filter((_, at) => statuses[at] === "unknown")
            assert.isAtMost(missing.length, 1)
            for (const one of missing) {
              const [stored] = await Effect.runPromise(spool.store([one]))
              assert.strictEqual(stored?._tag, "Filed")
              const again = await Effect.runPromise(spool.find(one.messageId))
              assert.isTrue(same(again?.article, one.octets))
              for (const [name, number] of again?.numbers ?? []) {
                assert.isTrue(same((await Effect.runPromise(spool.at(name, number)))?.article, one.octets))
              }
              assert.notInclude((await Effect.runPromise(spool.condition)).damaged, one.messageId)
            }
            await Effect.runPromise(spool.erase(ids))
            for (const one of ids) trial.nothingIsLeft(`about ${one}`)
          },
          hasClasses
        )
      ),
      { ...drawn, timeout: 10_000 }
    )
  )

  it("lets go in time of what it cannot read, be it that nobody has tried", { timeout: 0 }, () =>
    fc.assert(
      fc.asyncProperty(...rotting, fc.boolean(), (steps, octet, bit, index, hasClasses, isRead) =>
        tried(
          "fsync",
          steps,
          async (trial) => {
            await turnOver(trial, octet, bit, index)
            if (isRead) await serveOnly(trial)
            await trial.letGo()
          },
          hasClasses
        )
      ),
      { ...drawn, timeout: 10_000 }
    )
  )

  it("keeps all but the last commit, wherever in it the power went", { timeout: 0 }, async () => {
    const before = [articleOf(0, [0], 1), articleOf(1, [0, 1], 1)]
    const last = [articleOf(2, [0], 1), articleOf(3, [1], 1)]
    const bytesOf = (steps: ReadonlyArray<Step>) => tried("fsync", steps, async ({ disk }) => disk.bytes(isLog))
    const first: Step = { _tag: "Store", batches: [before] }
    const [from, to] = [await bytesOf([first]), await bytesOf([first, { _tag: "Store", batches: [last] }])]
    for (let octets = 0; octets < to - from; octets += stride) {
      const steps: ReadonlyArray<Step> = [
        first,
        { _tag: "Fault", fault: { _tag: "TruncateFails", times: 2 } },
        { _tag: "Fault", fault: { _tag: "WriteIsShort", octets } },
        { _tag: "Store", batches: [last] },
        { _tag: "Kill", index: octets % 2 === 0 ? "kept" : "lost" }
      ]
      await tried("fsync", steps, (trial) => trial.check())
    }
  })
})

/** Whatever is served is as it was offered once. */
const serveOnly = async ({ copies, spool }: Trial): Promise<void> => {
  for (const one of ids) {
    const held = await Effect.runPromise(spool.find(one))
    if (held !== undefined) assert.isTrue(copies.get(one)?.some(({ octets }) => same(held.article, octets)))
    for (const [name, number] of held?.numbers ?? []) {
      assert.isTrue(same((await Effect.runPromise(spool.at(name, number)))?.article, held?.article))
    }
  }
  await Effect.runPromise(spool.changes(0, 1_000))
}

describe("a spool that is stopped halfway", () => {
  it("gives up a compaction that is under way when something is erased, and finishes it later", () => {
    const before = recovered.times("compaction-given-up")
    const batches = Array.from({ length: 8 }, (_, at) => [articleOf(at, [0], 60)])
    const steps: ReadonlyArray<Step> = [
      { _tag: "Store", batches },
      { _tag: "Expire", ids: ids.slice(0, 3) },
      { _tag: "Wait", millis: 8 * dayMillis },
      { _tag: "Reclaim", slices: 1 },
      { _tag: "Erase", ids: ids.slice(4, 5) }
    ]
    return tried("fsync", steps, async (trial) => {
      assert.isAbove(recovered.times("compaction-given-up"), before)
      await trial.settle()
    })
  })

  it("does again on opening what it was overwriting, wherever in it the machine stopped", async () => {
    const before = recovered.times("overwrite-redone")
    for (let operations = 1; operations <= 40; operations += 1) {
      const steps: ReadonlyArray<Step> = [
        { _tag: "Store", batches: [[articleOf(0, [0, 1], 20), articleOf(1, [0], 20)]] },
        { _tag: "Fault", fault: { _tag: "Stops", operations } },
        { _tag: "Erase", ids: ids.slice(0, 1) },
        { _tag: "Kill", index: "kept" }
      ]
      await tried("fsync", steps, (trial) => trial.settle())
    }
    assert.isAbove(recovered.times("overwrite-redone"), before)
  })
})
