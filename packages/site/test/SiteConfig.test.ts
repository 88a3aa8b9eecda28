import { assert, describe, it } from "@effect/vitest"
import * as ConfigFile from "@lupin/site/ConfigFile"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Effect, Result } from "effect"
import * as fc from "fast-check"

const pop = {
  kind: "pop",
  pop: "boi",
  name: "boi1",
  path: "h1.boi.pop.lupin",
  directory: "/var/lib/lupin",
  listen: { nntp: "0.0.0.0:119", json: "[::1]:8080", meta: "127.0.0.1:9100" }
}

const faults = (config: unknown) => {
  const read = SiteConfig.pop(JSON.stringify(config), "site.json")
  return Result.isFailure(read) ? read.failure.faults : []
}

const keys = (config: unknown) => faults(config).map(({ key }) => key)

describe("SiteConfig", () => {
  it("fills in what an operator need not say", () => {
    const read = SiteConfig.pop(JSON.stringify(pop), "site.json")
    if (Result.isFailure(read)) return assert.fail(read.failure.message)
    const { durability, apps, peers, cache } = read.success
    assert.deepStrictEqual({ durability, apps, peers, cache }, { durability: "fsync", apps: [], peers: [], cache: {} })
  })

  it("names every key that is wrong, deep ones too, all at once", () => {
    const peer = { name: "lupin-us-sea", path: "h1.sea", nntp: "sea:119", kind: "central", feed: "!" }
    const config = { ...pop, name: "Boi 1", durabilty: "fsync", peers: [peer, { ...peer, nntp: "sea" }] }
    assert.sameMembers(
      [...new Set(keys(config))],
      ["name", "durabilty", "peers[0].feed", "peers[1].feed", "peers[1].nntp"]
    )
  })

  it("names every field of a feed rule that is none", () => {
    const peer = { name: "sea", path: "h1.sea", nntp: "sea:119", kind: "foreign" }
    const wrong = { feed: "a[", bytesMax: 0, crosspostMax: 1.5, hopsMax: "3", distributions: [] }
    assert.sameMembers(
      keys({ ...pop, peers: [{ ...peer, ...wrong }] }),
      ["feed", "bytesMax", "crosspostMax", "hopsMax", "distributions[0]"].map((key) => `peers[0].${key}`)
    )
    assert.deepStrictEqual(keys({ ...pop, peers: [{ ...peer, distributions: ["world", "!local", "a b"] }] }), [
      "peers[0].distributions[2]"
    ])
  })

  it("takes keys whose control messages act, each for its groups", () => {
    const control = { keyring: "/etc/lupin/control.gpg", grants: [{ signer: "group-admin", groups: "misc.*" }] }
    assert.deepStrictEqual(keys({ ...pop, control }), [])
    assert.deepStrictEqual(keys({ ...pop, control: { ...control, grants: [{ signer: "x", groups: "a[" }] } }), [
      "control.grants[0].groups"
    ])
  })

  it("names a key that is missing", () => {
    const { directory: _, ...without } = pop
    assert.deepStrictEqual(keys(without), ["directory"])
  })

  it("takes ports that there are, and of a peer none that is yet to be chosen", () => {
    const listen = { nntp: "[::1]:0", json: "127.0.0.1:65535", meta: "127.0.0.1:1" }
    const peer = { name: "sea", path: "h1.sea", nntp: "sea:65535", kind: "foreign" }
    assert.deepStrictEqual(faults({ ...pop, listen, peers: [peer] }), [])
    const peers = [
      { ...peer, nntp: "sea:0" },
      { ...peer, nntp: "sea:65536" }
    ]
    assert.deepStrictEqual(faults({ ...pop, listen: { ...listen, nntp: "[::1]:65536", meta: "meta:x" }, peers }), [
      { key: "peers[0].nntp", message: "a port is 1 to 65535" },
      { key: "peers[1].nntp", message: "a port is 1 to 65535" },
      { key: "listen.nntp", message: "a port is 0 to 65535" },
      { key: "listen.meta", message: "an address is host:port" }
    ])
  })

  it.effect("says plainly that a file is not there", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(ConfigFile.read("/nowhere/site.json", SiteConfig.any))
      assert.strictEqual(message, "/nowhere/site.json: the configuration is not there")
      const { message: directory } = yield* Effect.flip(ConfigFile.read("/", SiteConfig.any))
      assert.strictEqual(directory, "/: the configuration is a directory")
    })
  )

  it("tells what is no JSON from what is no configuration", () => {
    const read = SiteConfig.pop("{", "site.json")
    assert.isTrue(Result.isFailure(read) && read.failure.message.includes("not JSON"))
  })

  it("takes a central configuration for a POP's only as a fault of its kind", () => {
    assert.deepStrictEqual(faults({ ...pop, kind: "central" }), [
      { key: "kind", message: 'is "central", which `lupin central` runs' }
    ])
  })

  it("names a key that it does not have, and the one that is missing for it", () => {
    const { directory: _, ...without } = pop
    assert.deepStrictEqual(faults({ ...without, direktory: "/tmp" }), [
      { key: "direktory", message: "is no key here" },
      { key: "directory", message: "is missing" }
    ])
  })

  it("answers any text with a configuration or with faults that name keys", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const decode of [SiteConfig.pop, SiteConfig.central]) {
          const read: Result.Result<SiteConfig.SiteConfig, SiteConfig.ConfigInvalid> = decode(text, "f")
          if (Result.isFailure(read)) assert.isAbove(read.failure.faults.length, 0)
        }
      })
    )
  })

  it("splits host and port, brackets of IPv6 taken off", () => {
    assert.deepStrictEqual(SiteConfig.hostAndPort("[::1]:119"), { host: "::1", port: 119 })
    assert.deepStrictEqual(SiteConfig.hostAndPort("news.example:563"), { host: "news.example", port: 563 })
  })
})
