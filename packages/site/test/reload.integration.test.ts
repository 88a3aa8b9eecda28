import { assert, it } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
import * as NntpReader from "@lupin/nntp/NntpReader"
import { NntpServer } from "@lupin/nntp/NntpServer"
import { PeerStats } from "@lupin/nntp/PeerStats"
import * as ConfigFile from "@lupin/site/ConfigFile"
import * as Control from "@lupin/site/Control"
import { Live } from "@lupin/site/Live"
import * as Reload from "@lupin/site/Reload"
import * as Site from "@lupin/site/Site"
import * as SiteAccounts from "@lupin/site/SiteAccounts"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"
import { Buffer } from "node:buffer"
import { spawnSync } from "node:child_process"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as SignedMessages from "@lupin/testing/SignedMessages"

const directory = Effect.acquireRelease(
  Effect.sync(() => FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-site-"))),
  (path) => Effect.sync(() => FileSystem.rmSync(path, { recursive: true, force: true }))
)

const base = (path: string) => ({
  kind: "central",
  zone: "sea",
  zones: ["sea"],
  name: "sea",
  path: "h1.sea.zone.lupin",
  directory: path,
  durability: "kernel",
  listen: { nntp: "127.0.0.1:0", meta: "127.0.0.1:0" }
})
/** Nothing listens there. */
const peer = (name: string) => ({ name, path: `${name}.test`, nntp: "127.0.0.1:9", kind: "foreign" })

/** A site on its own file, and the means to change that file and have it taken. */
const running = Effect.fnUntraced(function* (prepare: (path: string) => object = () => ({})) {
  const path = yield* directory
  const file = Path.join(path, "site.json")
  const write = (part: object) =>
    Effect.sync(() => FileSystem.writeFileSync(file, JSON.stringify({ ...base(path), ...part })))
  yield* write(prepare(path))
  const read = ConfigFile.read(file, SiteConfig.any)
  const config = yield* read
  const built = yield* Layer.build(
    Site.serving(
      config,
      Effect.succeed(() => false)
    ).pipe(Layer.provideMerge(Site.doors(config, [])))
  )
  const told = yield* Effect.provide(
    Effect.gen(function* () {
      yield* Reload.listen(yield* Live, path, read)
      const { address, nntps } = yield* NntpServer
      const { snapshot } = yield* PeerStats
      return { address, nntps, snapshot, spool: yield* Spool }
    }),
    built
  )
  const reload = (part: object) => Effect.andThen(write(part), Control.ask(path, "reload"))
  return { ...told, path, file, config, write, reload }
})

const feeds = (snapshot: Effect.Effect<ReadonlyArray<{ readonly name: string }>>) =>
  Effect.map(snapshot, (all) => all.map(({ name }) => name))

it.live("answers by the operator's lists and descriptions as they are now, on connections that stay", () =>
  Effect.gen(function* () {
    const { address, reload } = yield* running(() => ({ groups: [{ name: "misc.test", description: "Trials" }] }))
    const { client } = yield* NntpReader.connect(address)
    const ask = (line: string) =>
      Effect.map(client.exchange([{ line, blockCodes: new Set([215]) }]), ([reply]) => [
        reply?.code,
        Buffer.from(reply?.block ?? []).toString("utf8")
      ])
    assert.deepStrictEqual(yield* ask("LIST MOTD"), [503, ""])
    assert.deepStrictEqual(yield* ask("LIST NEWSGROUPS"), [215, "misc.test\tTrials\r\n"])
    const told = yield* reload({
      groups: [{ name: "misc.test", description: "Über alles" }],
      lists: { motd: ["Be kind."] }
    })
    assert.isTrue(told.isDone, told.message)
    assert.deepStrictEqual(yield* ask("LIST MOTD"), [215, "Be kind.\r\n"])
    assert.deepStrictEqual(yield* ask("LIST NEWSGROUPS"), [215, "misc.test\tÜber alles\r\n"])
    assert.isFalse((yield* reload({ lists: { motd: "Be kind." } })).isDone)
    assert.deepStrictEqual(yield* ask("LIST MOTD"), [215, "Be kind.\r\n"])
    assert.isTrue((yield* reload({ groups: [{ name: "misc.test" }] })).isDone)
    assert.deepStrictEqual(yield* ask("LIST MOTD"), [503, ""])
    assert.deepStrictEqual(yield* ask("LIST NEWSGROUPS"), [215, "misc.test\tÜber alles\r\n"])
  }).pipe(Effect.scoped)
)

it.live("takes new rules, peers and groups while connections go on", () =>
  Effect.gen(function* () {
    const { address, reload, snapshot } = yield* running()
    const reader = yield* NntpReader.connect(address)
    const group = GroupName.GroupName.make("misc.test")
    assert.isUndefined(yield* reader.group(group))
    const first = yield* reload({ groups: [{ name: "misc.test", status: "m" }], peers: [peer("cape"), peer("mk")] })
    assert.isTrue(first.isDone, first.message)
    assert.isDefined(yield* reader.group(group))
    assert.deepStrictEqual(yield* feeds(snapshot), ["cape", "mk"])

    const second = yield* reload({
      access: [{ from: ["127.0.0.1"], read: "comp.*" }],
      peers: [peer("mk"), peer("oslo")]
    })
    assert.include(second.message, "new: oslo")
    assert.include(second.message, "gone: cape")
    assert.deepStrictEqual(yield* feeds(snapshot), ["mk", "oslo"])
    assert.isUndefined(yield* reader.group(group))
    const [reply] = yield* reader.client.exchange([{ line: "POST" }])
    assert.strictEqual(reply?.code, 440)
    assert.isTrue(reader.client.isOpen())
  }).pipe(Effect.scoped)
)

it.live("takes nothing of a configuration that is wrong in one place, and says in which", () =>
  Effect.gen(function* () {
    const { address, reload, snapshot } = yield* running()
    const reader = yield* NntpReader.connect(address)
    const good = { peers: [peer("cape")], groups: [{ name: "misc.test" }] }
    for (const [wrong, key] of [
      [{ ...good, access: [{ read: "!" }] }, "access[0].read"],
      [{ ...good, access: [{ peers: ["atlantis"] }] }, "access[0].peers"],
      [{ ...good, path: "h2.sea.zone.lupin" }, "path: needs a restart"],
      [{ ...good, tls: { certificate: "no.pem", key: "no.pem" } }, "tls"],
      [{ ...good, peers: [{ ...peer("cape"), login: { user: "us", passwordFile: "none" } }] }, "passwordFile"]
    ] as const) {
      const { isDone, message } = yield* reload(wrong)
      assert.isFalse(isDone)
      assert.include(message, key)
      assert.include(message, "nothing was changed")
    }
    assert.deepStrictEqual(yield* feeds(snapshot), [])
    assert.isUndefined(yield* reader.group(GroupName.GroupName.make("misc.test")))
  }).pipe(Effect.scoped)
)

it.live("erases an article for an operator while it serves, and takes it never again", () =>
  Effect.gen(function* () {
    const { path, spool } = yield* running()
    const one = article(id("secret"), [group("misc.test")])
    yield* spool.store([one])
    const wrong = yield* Control.ask(path, "erase secret")
    assert.deepStrictEqual(wrong, { isDone: false, message: "secret is no Message-ID" })
    const done = yield* Control.ask(path, `erase ${id("secret")}`)
    assert.isTrue(done.isDone, done.message)
    assert.include(done.message, "it was held")
    assert.isUndefined(yield* spool.find(id("secret")))
    assert.deepStrictEqual(yield* spool.store([one]), [{ _tag: "Removed" }])
    assert.isTrue((yield* Control.ask(path, `erase <${"a".repeat(238)}@b.example>`)).isDone)
    assert.include((yield* Control.ask(path, "dance")).message, "no such request")
  }).pipe(Effect.scoped)
)

it.live("holds who comes next to new limits, and sends nobody away who is in", () =>
  Effect.gen(function* () {
    const { address, reload } = yield* running()
    const first = yield* NntpReader.connect(address)
    const second = yield* NntpReader.connect(address)
    const fewer = yield* reload({ limits: { connections: 2 } })
    assert.isTrue(fewer.isDone, fewer.message)
    assert.include((yield* Effect.flip(NntpReader.connect(address))).reason, "400 Too many connections")
    yield* reload({ limits: { connections: 9, connectionsPerAddress: 2 } })
    assert.include((yield* Effect.flip(NntpReader.connect(address))).reason, "from your address")
    yield* reload({ limits: { connectionsPerAddress: 3 } })
    for (const reader of [first, second, yield* NntpReader.connect(address)]) assert.isAbove(yield* reader.date, 0)
  }).pipe(Effect.scoped)
)

it.live("takes the users of another file, and not one that holds no accounts", () =>
  Effect.gen(function* () {
    const access = [{ users: ["*"], tls: false, read: "*" }]
    const { address, config, path, reload } = yield* running()
    const other = Path.join(path, "users.json")
    yield* SiteAccounts.use(config, (accounts) => accounts.add("ann", "secret word"))
    yield* SiteAccounts.use({ ...config, accounts: other }, (accounts) => accounts.add("bob", "other word"))
    const mayEnter = (user: string, password: string) =>
      Effect.isSuccess(Effect.scoped(NntpReader.connect({ ...address, login: { user, password } })))
    yield* reload({ access })
    assert.deepStrictEqual([yield* mayEnter("ann", "secret word"), yield* mayEnter("bob", "other word")], [true, false])
    const done = yield* reload({ access, accounts: other })
    assert.isTrue(done.isDone, done.message)
    assert.deepStrictEqual([yield* mayEnter("ann", "secret word"), yield* mayEnter("bob", "other word")], [false, true])
    FileSystem.writeFileSync(Path.join(path, "broken.json"), "no accounts")
    const broken = yield* reload({ access, accounts: Path.join(path, "broken.json") })
    assert.isFalse(broken.isDone)
    assert.include(broken.message, "accounts: ")
    assert.isTrue(yield* mayEnter("bob", "other word"))
  }).pipe(Effect.scoped)
)

it.live("reloads on SIGHUP", () =>
  Effect.gen(function* () {
    const { snapshot, write } = yield* running()
    yield* write({ peers: [peer("cape")] })
    process.kill(process.pid, "SIGHUP")
    while ((yield* feeds(snapshot)).length === 0) yield* Effect.sleep(5)
  }).pipe(Effect.scoped)
)

it.live("lets a user in as soon as the account is made, on the rule that names users", () =>
  Effect.gen(function* () {
    const { address, config, reload } = yield* running()
    yield* reload({ access: [{ users: ["ann"], tls: false, read: "*", post: "*" }] })
    const login = { user: "ann", password: "secret word" }
    assert.match((yield* Effect.flip(NntpReader.connect({ ...address, login }))).reason, /481/)
    yield* SiteAccounts.use(config, (accounts) => accounts.add("ann", "secret word"))
    const reader = yield* NntpReader.connect({ ...address, login })
    const [reply] = yield* reader.client.exchange([{ line: "AUTHINFO USER ann" }])
    assert.strictEqual(reply?.code, 502)
  }).pipe(Effect.scoped)
)

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0
if (!hasOpenssl && process.env["CI"] === "true")
  throw new Error("openssl is not installed (Debian: apt-get install openssl)")

/** A certificate of its own making, for this machine. */
const certify = (path: string, name: string): void => {
  const made = spawnSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"].concat([
      "-subj",
      "/CN=sea.test",
      "-addext",
      "subjectAltName=IP:127.0.0.1",
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`
    ]),
    { cwd: path }
  )
  assert.strictEqual(made.status, 0, String(made.stderr))
}

it.live.skipIf(!hasOpenssl)(
  "shows a new certificate to new connections, and keeps the old one where the new is none",
  () =>
    Effect.gen(function* () {
      const { nntps, path, reload } = yield* running((folder) => {
        certify(folder, "old")
        certify(folder, "new")
        const { listen } = base(folder)
        return { tls: { certificate: "old.pem", key: "old.key" }, listen: { ...listen, nntps: "127.0.0.1:0" } }
      })
      const { listen } = base(path)
      const changed = (tls: object) => reload({ tls, listen: { ...listen, nntps: "127.0.0.1:0" } })
      const connect = (name: string) =>
        NntpReader.connect({
          host: "127.0.0.1",
          port: nntps?.port ?? 0,
          tls: { mode: "implicit", authorities: FileSystem.readFileSync(Path.join(path, `${name}.pem`), "utf8") }
        })
      const old = yield* connect("old")
      assert.include((yield* changed({ certificate: "new.pem", key: "old.key" })).message, "tls: ")
      yield* connect("old")
      const done = yield* changed({ certificate: "new.pem", key: "new.key" })
      assert.isTrue(done.isDone, done.message)
      yield* connect("new")
      yield* Effect.flip(connect("old"))
      assert.isAbove(yield* old.date, 0)
    }).pipe(Effect.scoped)
)

it.live("takes whose control messages act, and not a keyring that is not there", () =>
  Effect.gen(function* () {
    const { path, reload, spool } = yield* running()
    const message = SignedMessages.message()
    const grants = [{ signer: SignedMessages.fingerprint, groups: "misc.*" }]
    const broken = yield* reload({ control: { keyring: "none.gpg", grants } })
    assert.isFalse(broken.isDone)
    assert.include(broken.message, "control.keyring: ")
    FileSystem.writeFileSync(Path.join(path, "ring.gpg"), SignedMessages.keyring)
    const done = yield* reload({ control: { keyring: "ring.gpg", grants } })
    assert.isTrue(done.isDone, done.message)
    yield* spool.store([message])
    const lupin = GroupName.GroupName.make("misc.lupin")
    for (let head = 0; (yield* spool.group(lupin)) === undefined; yield* spool.changed(head)) head = yield* spool.head
    assert.strictEqual((yield* spool.group(lupin))?.status, "m")
  }).pipe(Effect.scoped)
)

it.live("takes another cancel secret, and not one that is too short", () =>
  Effect.gen(function* () {
    const { path, reload } = yield* running()
    FileSystem.writeFileSync(Path.join(path, "short"), "short")
    const short = yield* reload({ cancelSecret: "short" })
    assert.isFalse(short.isDone)
    assert.include(short.message, "cancelSecret: ")
    FileSystem.writeFileSync(Path.join(path, "long"), "as long as it has to be")
    const done = yield* reload({ cancelSecret: "long" })
    assert.isTrue(done.isDone, done.message)
  }).pipe(Effect.scoped)
)
