import { assert, describe, it } from "@effect/vitest"
import * as RetentionRule from "@lupin/spool/RetentionRule"
import * as StorageClass from "@lupin/spool/StorageClass"
import * as SiteConfig from "@lupin/site/SiteConfig"
import * as Storage from "@lupin/site/Storage"
import { Result } from "effect"

const dayMillis = 24 * 60 * 60 * 1000

const central = (storage: object) =>
  SiteConfig.central(
    JSON.stringify({
      kind: "central",
      zone: "ams",
      zones: ["ams"],
      name: "ams1",
      path: "h1.ams.zone.lupin",
      directory: "/var/lib/lupin",
      listen: { nntp: "0.0.0.0:119", meta: "127.0.0.1:9100" },
      ...storage
    }),
    "site.json"
  )

const configured = (storage: object) => Result.getOrThrow(central(storage))

const stored = (groups: ReadonlyArray<string>, bytes: number, injectedMillis = 0) => ({
  groups,
  injectedMillis,
  octets: new Uint8Array(bytes)
})

describe("Storage", () => {
  it("puts articles of groups at home on the disk that is named for them, and large or old ones elsewhere", () => {
    const classes = Storage.classesOf(
      configured({
        homes: "clientposts.*.geo.nl.*",
        classes: [
          { name: "large", bytesMin: 100_000, durability: "kernel" },
          { name: "old", ageDaysMin: 5 },
          { name: "fast", groups: "clientposts.*", homed: true, directory: "/fast", segmentMegabytes: 16 }
        ]
      })
    )
    const chosen = (...[groups, bytes, injectedMillis]: Parameters<typeof stored>) =>
      StorageClass.choose(classes, stored(groups, bytes, injectedMillis), 5 * dayMillis)?.name
    assert.strictEqual(chosen(["clientposts.app.geo.nl.utrecht"], 100_000, dayMillis), "large")
    assert.strictEqual(chosen(["clientposts.app.geo.nl.utrecht"], 99_999, 0), "old")
    assert.strictEqual(chosen(["misc.test", "clientposts.app.geo.nl.utrecht"], 99_999, 1), "fast")
    assert.strictEqual(chosen(["clientposts.app.geo.us.idaho"], 99_999, 1), undefined)
    assert.strictEqual(classes[2]?.segmentBytes, 16 * 1024 * 1024)
  })

  it("asks the rules of the site first, and then those of its classes", () => {
    const rules = Storage.rulesOf(
      configured({
        retention: [{ groups: "misc.*", days: 3, daysMax: 30 }],
        classes: [{ name: "large", bytesMin: 5, retention: { days: 1, bytesMax: 1_000 } }]
      })
    )
    const aging = { arrivedMillis: 0, class: "large" }
    assert.strictEqual(RetentionRule.of(rules, { ...aging, groups: ["misc.test"] }).keepMillis, 3 * dayMillis)
    assert.strictEqual(RetentionRule.of(rules, { ...aging, groups: ["other.test"] }).bytesMax, 1_000)
    assert.strictEqual(RetentionRule.of(rules, { groups: ["other.test"], arrivedMillis: 0 }), RetentionRule.last)
  })

  it("names what is wrong", () => {
    const read = central({
      homes: "!",
      classes: [{ name: "Large" }, { name: "a", directory: "" }],
      retention: [{ days: -1 }]
    })
    const keys = Result.isFailure(read) ? read.failure.faults.map(({ key }) => key) : []
    assert.sameMembers([...new Set(keys)], ["homes", "classes[0].name", "classes[1].directory", "retention[0].days"])
  })

  it("does not take two classes of one name", () => {
    assert.isTrue(Result.isFailure(central({ classes: [{ name: "a" }, { name: "a" }] })))
  })

  it.each([
    { name: "a rule of no class", part: { retention: [{ class: "large" }] }, keys: ["retention[0].class"] },
    { name: "no size", part: { classes: [{ name: "a", bytesMin: 2, bytesMax: 1 }] }, keys: ["classes[0].bytesMax"] },
    {
      name: "no age",
      part: { classes: [{ name: "a", ageDaysMin: 2, ageDaysMax: 1 }] },
      keys: ["classes[0].ageDaysMax"]
    },
    { name: "homes of nowhere", part: { classes: [{ name: "a", homed: true }] }, keys: ["classes[0].homed"] },
    {
      name: "a directory of two",
      part: {
        classes: [
          { name: "a", directory: "/fast" },
          { name: "b", directory: "/fast" }
        ]
      },
      keys: ["classes[1].directory"]
    },
    {
      name: "bounds of Expires the wrong way round",
      part: {
        retention: [{ days: 3, daysMin: 4 }],
        classes: [{ name: "a", retention: { daysMin: 2, daysMax: 1 } }]
      },
      keys: ["classes[0].retention.daysMin", "retention[0].daysMin"]
    }
  ])("says of $name which key is wrong", ({ keys, part }) => {
    assert.deepStrictEqual(
      Storage.faults(configured(part)).map(({ key }) => key),
      keys
    )
  })

  it("has nothing against classes and rules that take something", () => {
    const part = {
      homes: "misc.*",
      classes: [
        { name: "a", homed: true, bytesMin: 1, bytesMax: 1 },
        { name: "b", directory: "/fast", retention: { days: 1, daysMin: 1 } }
      ],
      retention: [
        { class: "b", daysMin: 14 },
        { daysMin: 20, daysMax: 20 }
      ]
    }
    assert.deepStrictEqual(Storage.faults(configured(part)), [])
  })
})
