import { describe, expect, it } from "@effect/vitest"
import type * as Article from "@lupin/core/Article"
import * as CancelLock from "@lupin/core/CancelLock"
import * as MessageId from "@lupin/core/MessageId"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Corpus from "./Corpus.ts"
import * as Inn from "./Inn.ts"
import * as Programs from "./Programs.ts"
import * as Site from "./Site.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "pull-"))),
  (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
)

const reply = (group: string, subject: string): string =>
  `From: Ann Reader <ann@reader.test>\nNewsgroups: ${group}\nSubject: ${subject}\n\nA line.\n.dots\n`

const secret = new TextEncoder().encode("a secret of Ann's")
const own = MessageId.MessageId.make("<own@reader.test>")

const withFields = (text: string, fields: string): string => text.replace("\n\n", `\n${fields}\n\n`)

/** An article of one's own, and its cancel, as they wait to be posted. */
const locked = withFields(
  reply("misc.test", "soon cancelled"),
  `Message-ID: ${own}\nCancel-Lock: ${CancelLock.mintLock(secret, own)}`
)
const cancel = withFields(
  reply("misc.test", `cmsg cancel ${own}`),
  `Control: cancel ${own}\nCancel-Key: ${CancelLock.mintKey(secret, own)}`
)

const firstWords = (listing: string): ReadonlyArray<string> =>
  listing.split("\n").flatMap((line) => (line === "" ? [] : [line.split(/[: ]/)[0] ?? ""]))

const texts = (at: Site.Site, ids: ReadonlyArray<MessageId.MessageId>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.forEach(ids, (id) =>
    Effect.map(Site.spool(at).find(id), (held) => Buffer.from(held?.article ?? []).toString("utf8"))
  ).pipe(Effect.orDie)

/** Files below a folder that hold an article, as text. */
const articlesIn = (root: string): ReadonlyArray<string> =>
  fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name), "latin1"))
    .filter((text) => /^Message-ID:/im.test(text))

/** What no site may change of articles that a program keeps with LF. */
const lasting = (texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  texts.map((text) => Corpus.lasting(Buffer.from(text.replaceAll(/\r?\n/g, "\r\n"), "latin1"))).toSorted()

const expected = (articles: ReadonlyArray<Article.Article>): ReadonlyArray<string> =>
  articles.map(({ octets }) => Corpus.lasting(octets)).toSorted()

/** A site with articles, and the name of a group that has some. */
const stocked = Effect.gen(function* () {
  const articles = Corpus.fresh(60, Date.now(), "p")
  const ours = yield* Site.start("ours")
  yield* Site.take(ours, articles)
  const groups = Corpus.groups(articles)
  return { articles, groups, ours, port: Site.port(ours), directory: yield* folder }
})

describe("Programs that pull news from us", () => {
  it.live.skipIf(Programs.isWithout("slrnpull"))(
    "slrnpull fetches every group and posts and cancels what waits in its queue",
    () =>
      Effect.gen(function* () {
        const { articles, directory, groups, ours, port } = yield* stocked
        fs.writeFileSync(path.join(directory, "slrnpull.conf"), groups.map((group) => `${group} 0 0\n`).join(""))
        for (const made of ["out.going", "out.going/rejects", "news"]) fs.mkdirSync(path.join(directory, made))
        // What slrn leaves in the queue is dot-stuffed already.
        const queued = reply("misc.test", "slrnpull posts").replaceAll("\n.", "\n..")
        fs.writeFileSync(path.join(directory, "out.going/Xpost"), queued)
        const env = { NNTPSERVER: `127.0.0.1:${port}`, HOME: directory }
        const pulled = yield* Programs.run(Programs.file("slrnpull"), ["-d", directory, "-h", `127.0.0.1:${port}`], {
          env
        })
        expect(pulled.status).toBe(0)
        expect(new Set(lasting(articlesIn(path.join(directory, "news"))))).toEqual(new Set(expected(articles)))
        const [last = ""] = (yield* texts(ours, yield* Site.holds(ours, articles.length + 1))).slice(articles.length)
        expect(last).toContain("Subject: slrnpull posts\r\n")
        expect(last).toMatch(/\r\n\r\nA line\.\r\n\.dots\r\n$/)
        for (const queue of [locked, cancel]) {
          fs.writeFileSync(path.join(directory, "out.going/Xown"), queue.replaceAll("\n.", "\n.."))
          const args = ["-d", directory, "-h", `127.0.0.1:${port}`, "--post-only"]
          expect(yield* Programs.run(Programs.file("slrnpull"), args, { env })).toMatchObject({ status: 0 })
          expect(yield* Site.spool(ours).status([own])).toEqual([queue === locked ? "held" : "removed"])
        }
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(Programs.isWithout("suck"))("suck fetches every group, and rpost posts and cancels", () =>
    Effect.gen(function* () {
      const { articles, directory, groups, ours, port } = yield* stocked
      const [data, work, kept] = ["data", "tmp", "msgs"].map((name) => path.join(directory, name))
      for (const made of [data, work, kept]) fs.mkdirSync(made ?? "")
      fs.writeFileSync(path.join(data ?? "", "sucknewsrc"), groups.map((group) => `${group} 0\n`).join(""))
      const places = ["-dd", data ?? "", "-dt", work ?? "", "-dm", kept ?? ""]
      const sucked = yield* Programs.run(Programs.file("suck"), ["127.0.0.1", "-N", String(port), "-m", ...places])
      expect(sucked.status).toBe(0)
      expect(lasting(articlesIn(kept ?? ""))).toEqual(expected(articles))
      const rpost = path.join(path.dirname(Programs.file("suck")), "rpost")
      const input = reply("misc.test", "rpost posts")
      const posted = yield* Programs.run(rpost, ["127.0.0.1", "-N", String(port)], { input })
      expect(posted).toMatchObject({ status: 0 })
      const [last = ""] = (yield* texts(ours, yield* Site.holds(ours, articles.length + 1))).slice(articles.length)
      expect(last).toMatch(/Subject: rpost posts\r\n[^]*\r\n\r\nA line\.\r\n\.dots\r\n$/)
      for (const input of [locked, cancel]) {
        yield* Programs.runWell(rpost, ["127.0.0.1", "-N", String(port)], { input })
        expect(yield* Site.spool(ours).status([own])).toEqual([input === locked ? "held" : "removed"])
      }
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(Programs.isWithout("pullnews", ...Inn.programs))("pullnews carries every group into INN", () =>
    Effect.gen(function* () {
      const { articles, directory, groups, port } = yield* stocked
      const inn = yield* Inn.start({ identity: "inn.test", groups })
      fs.chmodSync(directory, 0o777)
      const marks = path.join(directory, "pullnews.marks")
      fs.writeFileSync(marks, `127.0.0.1:${port}\n${groups.map((group) => `\t${group}\n`).join("")}`, { mode: 0o666 })
      fs.chmodSync(marks, 0o666)
      const pulled = yield* inn.run("pullnews", ["-c", marks, "-s", `127.0.0.1:${inn.port}`])
      expect(pulled.status).toBe(0)
      const { lasting: seen } = yield* Inn.articles(inn, articles)
      expect([...seen.values()].toSorted()).toEqual(expected(articles))
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(Programs.isWithout("getlist", "actsync", ...Inn.programs))(
    "getlist and actsync learn our groups",
    () =>
      Effect.gen(function* () {
        const { groups, port } = yield* stocked
        const inn = yield* Inn.start({ identity: "inn.test", groups: groups.slice(0, 2) })
        const listed = yield* inn.run("getlist", ["-h", "127.0.0.1", "-p", String(port), "active", "rec.*,!rec.autos*"])
        const rec = groups.filter((group) => group.startsWith("rec.") && !group.startsWith("rec.autos"))
        expect(firstWords(listed.stdout).toSorted()).toEqual(rec.toSorted())
        const hosts = [`127.0.0.1:${inn.port}`, `127.0.0.1:${port}`]
        const synced = yield* inn.run("actsync", ["-v", "0", "-p", "0", "-k", "-o", "a", ...hosts])
        expect(synced).toMatchObject({ status: 0 })
        expect(firstWords(synced.stdout)).toEqual(expect.arrayContaining([...groups]))
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(Programs.isWithout("inews", ...Inn.programs))("inews posts to us", () =>
    Effect.gen(function* () {
      const ours = yield* Site.start("ours")
      const inn = yield* Inn.start({ identity: "inn.test", groups: [] })
      const post = Buffer.from(reply("misc.test", "inews posts"))
      expect(yield* inn.run("inews", ["-h", "-S", "-p", String(Site.port(ours))], post)).toMatchObject({ status: 0 })
      expect(yield* texts(ours, yield* Site.holds(ours, 1))).toEqual([
        expect.stringMatching(/Subject: inews posts\r\n[^]*\r\n\r\nA line\.\r\n\.dots\r\n/)
      ])
    }).pipe(Effect.scoped)
  )
})
