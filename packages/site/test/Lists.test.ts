import { assert, describe, it } from "@effect/vitest"
import * as Lists from "@lupin/site/Lists"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Result } from "effect"

const central = {
  kind: "central",
  zone: "sea",
  zones: ["sea"],
  name: "sea",
  path: "h1.sea.zone.lupin",
  directory: "/var/lib/lupin",
  listen: { nntp: "127.0.0.1:0", meta: "127.0.0.1:0" }
}

const read = (part: object) => SiteConfig.central(JSON.stringify({ ...central, ...part }), "site.json")
const keys = (part: object): ReadonlyArray<string> => {
  const result = read(part)
  return Result.isFailure(result) ? result.failure.faults.map(({ key }) => key) : []
}

describe("Lists", () => {
  it("become the rows that NNTP has for them", () => {
    const rows = Lists.rows({
      motd: ["Be kind.", ""],
      subscriptions: ["misc.test"],
      distributions: [{ name: "local", description: "This town" }],
      distribPats: [{ weight: 5, groups: "local.*", distribution: "local" }],
      moderators: [{ groups: "*", address: "%s@moderators.test" }]
    })
    assert.deepStrictEqual(rows, {
      MOTD: ["Be kind.", ""],
      SUBSCRIPTIONS: ["misc.test"],
      DISTRIBUTIONS: ["local\tThis town"],
      "DISTRIB.PATS": ["5:local.*:local"],
      MODERATORS: ["*:%s@moderators.test"]
    })
    assert.deepStrictEqual(Lists.rows({}), {})
    assert.deepStrictEqual(Lists.rows({ motd: [] }), { MOTD: [] })
  })

  it("name the key of whatever would break a row", () => {
    assert.deepStrictEqual(keys({ lists: { motd: ["fine"], moderators: [] } }), [])
    const wrong = {
      motd: ["fine", "two\r\nlines", "x".repeat(501)],
      subscriptions: ["misc..test"],
      distributions: [{ name: "two words", description: "a\tb" }],
      distribPats: [{ weight: -1, groups: "[", distribution: "" }],
      moderators: [{ groups: "*", address: "nobody" }],
      modt: []
    }
    assert.sameMembers(
      [...keys({ lists: wrong })],
      [
        "lists.motd[1]",
        "lists.motd[2]",
        "lists.subscriptions[0]",
        "lists.distributions[0].name",
        "lists.distributions[0].description",
        "lists.distribPats[0].weight",
        "lists.distribPats[0].groups",
        "lists.distribPats[0].distribution",
        "lists.moderators[0].address",
        "lists.modt"
      ]
    )
  })

  it("describe groups beside their status, of which there are six", () => {
    const groups = ["y", "n", "m", "x", "j", "=misc.test"].map((status) => ({
      name: "misc.a",
      status,
      description: "Ä"
    }))
    assert.deepStrictEqual(keys({ groups }), [])
    assert.deepStrictEqual(keys({ groups: [{ name: "misc.a", status: "=no..group" }] }), ["groups[0].status"])
    assert.deepStrictEqual(keys({ groups: [{ name: "misc.a", description: "a\nb" }] }), ["groups[0].description"])
  })
})
