import { describe, expect, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as NntpReader from "../../src/NntpReader.ts"
import * as GroupName from "@lupin/core/GroupName"
import * as site from "../site.ts"
import * as PopHost from "./PopHost.ts"
import * as Programs from "./Programs.ts"
import * as Site from "./Site.ts"
import * as Terminal from "./Terminal.ts"

/** The home of a person who writes with an editor that adds this line. */
const home = (files: Readonly<Record<string, string>>, line: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const made = fs.mkdtempSync(path.join(os.tmpdir(), "home-"))
      const editor = `#!/bin/sh\nfor file; do :; done\nprintf '%s\\n.dots\\n' '${line}' >>"$file"\n`
      for (const [file, text] of Object.entries({ ...files, editor })) {
        fs.mkdirSync(path.dirname(path.join(made, file)), { recursive: true })
        fs.writeFileSync(path.join(made, file), text, { mode: 0o755 })
      }
      return made
    }),
    (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
  )

const tinrc = "metamail_prog=\nask_for_metamail=OFF\nmail_address=Ann Reader <ann@reader.test>\n"

const slrnrc = [
  'set hostname "reader.test"',
  'set username "ann"',
  'set realname "Ann Reader"',
  "set use_metamail 0",
  'set editor_command "$EDITOR %s"'
].join("\n")

const review = (trail: string): PopHost.Review => ({
  trail,
  name: `The ${trail}`,
  rating: 5,
  text: `Snow at the pass of ${trail}`
})

/** The newest article of the group with such a subject, once it is there. */
const posted = (port: number, subject: string) =>
  Effect.gen(function* () {
    const reader = yield* NntpReader.connect({ host: "127.0.0.1", port })
    const group = GroupName.GroupName.make(PopHost.group)
    return yield* Programs.until(
      Effect.gen(function* () {
        const rows = yield* reader.overview(group, 1, 2_147_483_647)
        const row = rows.findLast((candidate) => candidate.subject === subject)
        if (row === undefined) return undefined
        const [octets] = yield* reader.articles([row.messageId])
        return { row, text: Buffer.from(octets ?? []).toString("utf8") }
      }).pipe(Effect.orDie)
    )
  }).pipe(Effect.scoped, Effect.orDie)

const openTin = (directory: string, port: number, ...options: ReadonlyArray<string>) => {
  const editor = path.join(directory, "editor")
  const command = [Programs.file("tin"), ...options, "-r", "-g", "127.0.0.1", "-p", String(port)]
  return Terminal.open(command, { HOME: directory, EDITOR: editor, VISUAL: editor })
}

const openSlrn = (directory: string, port: number) => {
  const files = ["-f", path.join(directory, "newsrc"), "-i", path.join(directory, ".slrnrc")]
  const command = [Programs.file("slrn"), "-h", "127.0.0.1", "-p", String(port), ...files, "--create"]
  return Terminal.open(command, { HOME: directory, EDITOR: path.join(directory, "editor") })
}

/** How somebody at tin cancels the article on top. */
const cancelling: ReadonlyArray<Terminal.Turn> = [
  ["Group Selection", "Enter"],
  ["to be cancelled", "Enter"],
  ["hello", "D"],
  ["(d/s/q)", "d"],
  ["d=delete", "d"]
]

/** What a script saw on the POP host. */
const script = (interpreter: Programs.Name, options: ReadonlyArray<string>, name: string, port: number) =>
  Effect.map(
    Programs.runWell(Programs.file(interpreter), [
      ...options,
      fileURLToPath(new URL(name, import.meta.url)),
      String(port),
      PopHost.group
    ]),
    (text) => JSON.parse(text) as Readonly<Record<string, unknown>>
  )

/** Each person has a POP host of its own, with one review on it. */
const onPop = (
  name: string,
  programs: ReadonlyArray<Programs.Name>,
  test: Effect.Effect<void, never, PopHost.PopHost | Scope.Scope>
) =>
  it.live.skipIf(Programs.isWithout(...programs))(name, () =>
    test.pipe(Effect.scoped, Effect.provide(PopHost.PopHost.layer))
  )

describe("On a POP host", () => {
  onPop(
    "a person with tin reads a review, answers it and posts",
    ["tin", "tmux"],
    Effect.gen(function* () {
      const host = yield* PopHost.PopHost
      const id = yield* host.review(review("tin-lake"))
      const directory = yield* home(
        {
          ".tin/tinrc": tinrc,
          ".newsrc": `${PopHost.group}:\n`
        },
        "I was there with tin."
      )
      const tin = yield* openTin(directory, host.port)
      yield* tin.dialogue(
        ["Group Selection", "Enter"],
        ["review tin-lake", "Enter"],
        ["someone@trailblaze.invalid", "C-h"],
        ["Snow at the pass of tin-lake", "f"],
        ["p=post", "p"]
      )
      const answer = yield* posted(host.port, "Re: review tin-lake")
      expect(answer.row.references).toBe(id)
      expect(answer.text).toContain("I was there with tin.\r\n.dots\r\n")
      yield* tin.dialogue(["f=followup", "w"])
      yield* tin.sees("Post subject")
      yield* tin.type("A word with tin")
      yield* tin.press("Enter")
      yield* tin.dialogue(["p=post", "p"])
      const word = yield* posted(host.port, "A word with tin")
      expect(word.row.from).toBe("Ann Reader <ann@reader.test>")
    })
  )

  onPop(
    "a person with slrn reads a review, answers it and posts",
    ["slrn", "tmux"],
    Effect.gen(function* () {
      const host = yield* PopHost.PopHost
      const id = yield* host.review(review("slrn-lake"))
      const directory = yield* home({ ".slrnrc": slrnrc }, "I was there with slrn.")
      const slrn = yield* openSlrn(directory, host.port)
      yield* slrn.dialogue(
        ["News Groups: 127.0.0.1", "Enter"],
        ["review slrn-lake", "Enter"],
        ["Snow at the pass of slrn-lake", "f"],
        ["want to followup?", "y"],
        ["Crosspost using", "t"],
        ["Post the message?", "y"],
        ["wrap lines with more than 80 characters", "f"]
      )
      const answer = yield* posted(host.port, "Re: review slrn-lake")
      expect(answer.row.references).toBe(id)
      expect(answer.text).toContain("I was there with slrn.\r\n.dots\r\n")
      yield* slrn.dialogue(
        [/Posting\.\.\.\s*done/, "q"],
        ["News Groups: 127.0.0.1", "P"],
        ["sure that you want to post?", "y"],
        ["Newsgroup:", "Enter"]
      )
      yield* slrn.sees("Subject:")
      yield* slrn.type("A word with slrn")
      yield* slrn.press("Enter")
      yield* slrn.dialogue(["Post the message?", "y"])
      const word = yield* posted(host.port, "A word with slrn")
      expect(word.row.from).toBe("Ann Reader <ann@reader.test>")
    })
  )

  onPop(
    "a script with nntplib reads a review, answers it, and cancels what it owns",
    ["Python's nntplib"],
    Effect.gen(function* () {
      const host = yield* PopHost.PopHost
      const id = yield* host.review(review("python-lake"))
      const seen = yield* script("Python's nntplib", ["-W", "ignore"], "newsreader.py", host.port)
      expect(seen).toMatchObject({
        group: PopHost.group,
        groups: expect.arrayContaining([PopHost.group]),
        id,
        from: "someone <someone@trailblaze.invalid>",
        lines: "1",
        event: "Lupin-Event: trailblaze.review; v=2; routing=1",
        review: review("python-lake"),
        owned: ["223", "223", "430"],
        posted: "240"
      })
      const answer = yield* posted(host.port, "Re: review python-lake")
      expect(answer.row.references).toBe(id)
      expect(answer.text).toContain("I was there with Python.\r\n.dots\r\n")
    })
  )

  onPop(
    "a script with Net::NNTP reads a review, answers it, and cancels what it owns",
    ["Perl's Net::NNTP"],
    Effect.gen(function* () {
      const host = yield* PopHost.PopHost
      const id = yield* host.review(review("perl-lake"))
      const seen = yield* script("Perl's Net::NNTP", [], "newsreader.pl", host.port)
      expect(seen).toMatchObject({
        mayPost: 1,
        group: PopHost.group,
        active: expect.arrayContaining([PopHost.group]),
        descriptions: expect.arrayContaining([PopHost.group]),
        newgroups: expect.arrayContaining([PopHost.group]),
        subject: "review perl-lake",
        stat: id,
        over: expect.arrayContaining(["review perl-lake", id]),
        posted: 1,
        refused: 0,
        code: "441",
        owned: [1, 1, 0],
        ihave: 1,
        again: 0
      })
      expect(seen["listgroup"]).toBe(seen["count"])
      expect(String(seen["article"])).toContain("Snow at the pass of perl-lake")
      expect(String(seen["article"]).endsWith(String(seen["body"]))).toBe(true)
      const answer = yield* posted(host.port, "Re: review perl-lake")
      expect(answer.row.references).toBe(id)
      expect(answer.text).toContain("I was there with Perl.\r\n.dots\r\n")
    })
  )
})

describe("In a group of another network", () => {
  it.live.skipIf(Programs.isWithout("tin", "tmux"))("a person with tin cancels a post", () =>
    Effect.gen(function* () {
      const ours = yield* Site.start("ours")
      const id = yield* Site.post(ours, "to be cancelled", "misc.test")
      const directory = yield* home({ ".tin/tinrc": tinrc, ".newsrc": "misc.test:\n" }, "Not needed.")
      const tin = yield* openTin(directory, Site.port(ours))
      yield* tin.dialogue(...cancelling)
      yield* Site.lacks(ours, id)
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(Programs.isWithout("tin", "tmux"))("who has logged in with tin cancels what they posted", () =>
    Effect.gen(function* () {
      const ours = yield* Site.start("ours", {}, Site.withUsers("ann", "eve"))
      const port = Site.port(ours)
      const login = { user: "ann", password: "secret", isClearTextAllowed: true }
      const reader = yield* NntpReader.connect({ host: "127.0.0.1", port, login })
      const id = yield* reader.post(site.proto("to be cancelled", "misc.test"))
      if (id === undefined) return yield* Effect.die(new Error("no id"))
      for (const user of ["eve", "ann"]) {
        const mine = tinrc.replace("Ann Reader <ann@reader.test>", "Ann <ann@example.test>")
        const files = { ".tin/tinrc": mine, ".newsrc": "misc.test:\n", ".newsauth": `127.0.0.1 secret ${user}\n` }
        const directory = yield* home(files, "Not needed.")
        fs.chmodSync(path.join(directory, ".newsauth"), 0o600)
        const tin = yield* openTin(directory, port, "-A")
        yield* tin.dialogue(...cancelling)
        const cancels = yield* Programs.until(
          Effect.map(Site.spool(ours).group(GroupName.GroupName.make("control.cancel")), (group) =>
            (group?.count ?? 0) >= (user === "eve" ? 1 : 2) ? group?.count : undefined
          ).pipe(Effect.orDie)
        )
        expect(cancels).toBe(user === "eve" ? 1 : 2)
        expect(yield* Site.spool(ours).status([id])).toEqual([user === "eve" ? "held" : "removed"])
      }
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(Programs.isWithout("slrn", "tmux"))("a person with slrn cancels a post", () =>
    Effect.gen(function* () {
      const ours = yield* Site.start("ours")
      const id = yield* Site.post(ours, "to be cancelled", "misc.test")
      const directory = yield* home({ ".slrnrc": slrnrc }, "Not needed.")
      const slrn = yield* openSlrn(directory, Site.port(ours))
      yield* slrn.dialogue(
        ["News Groups: 127.0.0.1", "Enter"],
        ["to be cancelled", "Enter"],
        ["hello", "Escape", "C-c"],
        ["want to cancel this article?", "y"]
      )
      yield* Site.lacks(ours, id)
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(Programs.isWithout("tin", "tmux"))(
    "a new person with tin is given the message of the day, the groups to begin with, and what they are for",
    () =>
      Effect.gen(function* () {
        const lists = { MOTD: ["Be kind to hikers."], SUBSCRIPTIONS: ["misc.begin"] }
        const ours = yield* Site.start("ours", { lists: () => lists })
        yield* Site.spool(ours)
          .addGroup(GroupName.GroupName.make("misc.begin"), "y", "Where to begin")
          .pipe(Effect.orDie)
        yield* Site.post(ours, "a first word", "misc.begin")
        yield* Site.post(ours, "another word", "misc.other")
        const directory = yield* home({ ".tin/tinrc": tinrc }, "Not needed.")
        const tin = yield* openTin(directory, Site.port(ours))
        yield* tin.sees("MOTD: Be kind to hikers.")
        const screen = yield* tin.sees("Where to begin")
        expect(screen).toContain("misc.begin")
        expect(screen).not.toContain("misc.other")
      }).pipe(Effect.scoped)
  )
})
