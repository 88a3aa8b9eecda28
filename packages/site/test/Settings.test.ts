import { assert, describe, it } from "@effect/vitest"
import * as FeedRule from "@lupin/core/FeedRule"
import * as Access from "@lupin/nntp/Access"
import * as AccessControl from "@lupin/nntp/AccessControl"
import * as Feeds from "@lupin/site/Feeds"
import * as Settings from "@lupin/site/Settings"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Effect, Result } from "effect"
import * as fc from "fast-check"

const zone = {
  kind: "central",
  zone: "sea",
  zones: ["sea"],
  name: "sea",
  path: "h1.sea.zone.lupin",
  directory: "/nonexistent",
  listen: { nntp: "0.0.0.0:119", meta: "127.0.0.1:9100" }
}
const peer = { name: "cape", path: "h1.cape.zone.lupin", nntp: "cape.test:119", kind: "central" }

const config = (part: object): SiteConfig.SiteConfig => {
  const read = SiteConfig.any(JSON.stringify({ ...zone, ...part }), "site.json")
  return Result.isSuccess(read) ? read.success : assert.fail(read.failure.message)
}
const resolved = (part: object) => Effect.runPromise(Settings.resolve(config(part)))
const faults = async (part: object) => (await Effect.runPromise(Effect.flip(Settings.resolve(config(part))))).faults

const shown = { address: "192.0.2.1", isSecure: false, user: undefined, certificates: [] }
const standing = (policy: AccessControl.Policy, part: Partial<AccessControl.Shown>) =>
  Access.standing(policy.rules, AccessControl.subjectOf(policy, { ...shown, ...part }))

describe("Settings", () => {
  it("starts every relative path at the folder of the configuration", () => {
    const one = {
      kind: "pop",
      pop: "boi",
      name: "boi1",
      path: "h1.boi.pop.lupin",
      directory: "./boi1",
      cache: { template: "template" },
      listen: { nntp: "127.0.0.1:119", json: "127.0.0.1:80", meta: "127.0.0.1:9100" }
    }
    const read = SiteConfig.pop(JSON.stringify(one), "site.json")
    if (Result.isFailure(read)) return assert.fail(read.failure.message)
    const { cache, directory } = Settings.at("/etc/lupin", read.success)
    return assert.deepStrictEqual([directory, cache.template], ["/etc/lupin/boi1", "/etc/lupin/template"])
  })

  it("opens a site without rules to its own machine and its peers alone", async () => {
    const { policy } = await resolved({ peers: [{ ...peer, accept: { addresses: ["198.51.100.0/24"] } }] })
    assert.strictEqual(standing(policy, { address: "127.0.0.1" }).post, "allowed")
    const known = standing(policy, { address: "198.51.100.7" })
    assert.deepStrictEqual(
      [known.read, known.feed, known.newnews, known.post],
      ["allowed", "allowed", "allowed", "never"]
    )
    assert.isTrue(Access.isHopeless(standing(policy, {})))
  })

  it("lets this machine post although its peers are on it", async () => {
    const { policy } = await resolved({ peers: [{ ...peer, accept: { addresses: ["127.0.0.1"] } }] })
    assert.strictEqual(standing(policy, { address: "127.0.0.1" }).post, "allowed")
  })

  it("wants TLS wherever a rule names users, unless it says otherwise", async () => {
    const rule = { users: ["*"], read: "*", post: "misc.*" }
    const { policy } = await resolved({ access: [rule] })
    assert.strictEqual(standing(policy, {}).post, "tls")
    assert.strictEqual(standing(policy, { isSecure: true }).post, "login")
    const clear = await resolved({ access: [{ ...rule, tls: false }] })
    assert.strictEqual(standing(clear.policy, {}).post, "login")
  })

  it("names the key of every file that cannot be read, and of every peer that is none", async () => {
    const found = await faults({
      tls: { certificate: "/no/cert.pem", key: "/no/key.pem" },
      access: [{ peers: ["atlantis"], feed: "*" }],
      peers: [
        { ...peer, tls: "starttls", authorities: "/no/ca.pem" },
        { ...peer, login: { user: "us", passwordFile: "/no/word" } }
      ]
    })
    assert.sameMembers(
      found.map(({ key }) => key),
      [
        "access[0].peers",
        "peers[1].name",
        "tls.certificate",
        "tls.key",
        "peers[0].authorities",
        "peers[1].login.passwordFile"
      ]
    )
    assert.deepStrictEqual(
      (await faults({ listen: { ...zone.listen, nntps: "0.0.0.0:563" } })).map(({ key }) => key),
      ["tls"]
    )
  })

  it("feeds a peer by all that its configuration says, and by nothing that it does not say", async () => {
    const limits = { bytesMax: 32_000, crosspostMax: 5, hopsMax: 8, distributions: ["world", "!local"] }
    const { feeds } = await resolved({
      peers: [
        { ...peer, feed: "misc.*,!misc.private,@misc.poison", ...limits },
        { ...peer, name: "plain" }
      ]
    })
    const offered = { groups: ["misc.test"], path: "a!b!x", bytes: 32_000, injectedMillis: 0 }
    const verdict = (part: Partial<FeedRule.Offered>, at = 0) => {
      const feed = feeds[at] ?? assert.fail("no such feed")
      const found = FeedRule.wants(feed.rule, { ...offered, ...part }, feed.peer)
      return found._tag === "Wanted" ? "Wanted" : found.reason
    }
    const unwanted: ReadonlyArray<Partial<FeedRule.Offered>> = [
      { groups: ["misc.private"] },
      { groups: ["misc.test", "misc.poison"] },
      { bytes: 32_001 },
      { groups: Array.from({ length: 6 }, (_, index) => `misc.g${index}`) },
      { path: `${"s!".repeat(9)}x` },
      { distribution: "local" }
    ]
    assert.strictEqual(verdict({}), "Wanted")
    assert.deepStrictEqual(
      unwanted.map((part) => verdict(part)),
      ["GroupNotWanted", "GroupPoisoned", "TooLarge", "TooManyGroups", "TooManyHops", "DistributionNotWanted"]
    )
    for (const part of unwanted) assert.strictEqual(verdict(part, 1), "Wanted")
    assert.strictEqual(verdict({ path: "h1.cape.zone.lupin!x" }, 1), "PeerInPath")
  })

  it("holds articles back as the configuration says, and can be told otherwise without a restart", async () => {
    const { feeds } = await resolved({ peers: [peer], flood: { paceMillis: 150 } })
    assert.strictEqual(feeds[0]?.paceMillis, 150)
    assert.isUndefined(feeds[0]?.gatherMillis)
    assert.deepStrictEqual(Settings.restartFaults(config({}), config({ flood: { gatherMillis: 1_000 } })), [])
  })

  it("takes no rules that keep a POP host from its own spool", async () => {
    const { zone: _, zones: __, ...rest } = zone
    const pop = { ...rest, kind: "pop", pop: "boi", listen: { ...zone.listen, json: "127.0.0.1:0" } }
    const read = (access: ReadonlyArray<object>) => {
      const decoded = SiteConfig.any(JSON.stringify({ ...pop, access }), "site.json")
      return Result.isSuccess(decoded) ? Settings.resolve(decoded.success) : assert.fail(decoded.failure.message)
    }
    const blind = await Effect.runPromise(Effect.flip(read([{ read: "misc.*" }])))
    assert.deepStrictEqual(
      blind.faults.map(({ key }) => key),
      ["access"]
    )
    await Effect.runPromise(read([{ from: ["127.0.0.1"], read: "*" }, { read: "misc.*" }]))
    await Effect.runPromise(read([{ users: ["*"], read: "*" }]))
  })

  it("wants a restart for all but rules, peers, groups, limits, accounts and the certificate's files", () => {
    const tls = { certificate: "a", key: "b" }
    const before = config({})
    const keys = (part: object, from = before) => Settings.restartFaults(from, config(part)).map(({ key }) => key)
    assert.deepStrictEqual(keys({ access: [], peers: [peer], groups: [{ name: "misc.test" }] }), [])
    assert.deepStrictEqual(keys({ limits: { connections: 7 }, accounts: "/other/users" }), [])
    const moved = { name: "other", listen: { ...zone.listen, nntp: "0.0.0.0:1119" }, durability: "kernel" }
    assert.deepStrictEqual(keys(moved), ["durability, listen, name"])
    assert.deepStrictEqual(keys({ tls }), ["tls"])
    assert.deepStrictEqual(keys({ tls: { ...tls, key: "c" } }, config({ tls })), [])
  })

  it("starts the files of a configuration at its folder", () => {
    const found = Settings.at("/etc/lupin", config({ tls: { certificate: "a.pem", key: "/b.pem" }, accounts: "users" }))
    assert.deepStrictEqual(found.tls, { certificate: "/etc/lupin/a.pem", key: "/b.pem" })
    assert.strictEqual(Settings.accountsFile(found), "/etc/lupin/users")
    assert.strictEqual(Settings.accountsFile(before()), "/nonexistent/accounts.json")
  })
})

const before = () => config({})

describe("Feeds", () => {
  it("comes from any feeds to any others by stopping, starting and changing, each once", async () => {
    const { feeds } = await resolved({
      peers: ["a", "b", "c", "d"].map((name) => ({ ...peer, name, path: `${name}.test` }))
    })
    const some = fc.uniqueArray(
      fc.tuple(fc.constantFrom(...feeds), fc.boolean()).map(([options, eager]) => ({ ...options, eager })),
      { selector: ({ peer }) => peer.name }
    )
    fc.assert(
      fc.property(some, some, (running, wanted) => {
        const { changed, started, stopped } = Feeds.difference(running, wanted)
        const names = new Set([...running, ...wanted].map((options) => options.peer.name))
        for (const name of names) {
          const had = running.find((options) => options.peer.name === name)
          const has = wanted.find((options) => options.peer.name === name)
          assert.strictEqual(started.includes(name), had === undefined)
          assert.strictEqual(stopped.includes(name), has === undefined)
          assert.strictEqual(changed.includes(name), had !== undefined && has !== undefined && had.eager !== has.eager)
        }
      })
    )
  })
})
