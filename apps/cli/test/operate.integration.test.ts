import { afterAll, assert, describe, it } from "@effect/vitest"
import * as SpoolTools from "@lupin/site/SpoolTools"
import { spawn, spawnSync } from "node:child_process"
import * as FileSystem from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

const lupin = (args: ReadonlyArray<string>, input = "") =>
  spawnSync(process.execPath, [main, ...args], { input, encoding: "utf8" })

const folders: Array<string> = []
afterAll(() => {
  for (const one of folders) FileSystem.rmSync(one, { recursive: true, force: true })
})

/** A zone's configuration in a folder of its own. */
const folder = (part: object = {}) => {
  const directory = FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-cli-"))
  folders.push(directory)
  const config = Path.join(directory, "site.json")
  const write = (changed: object) =>
    FileSystem.writeFileSync(
      config,
      JSON.stringify({
        kind: "central",
        zone: "sea",
        zones: ["sea"],
        name: "sea",
        path: "h1.sea.zone.lupin",
        directory,
        durability: "kernel",
        listen: { nntp: "127.0.0.1:0", meta: "127.0.0.1:0" },
        ...changed
      })
    )
  write(part)
  return { directory, config, write }
}

describe("lupin accounts", () => {
  it("adds, lists and removes, and reads the password from standard input alone", () => {
    const { config, directory } = folder()
    assert.include(lupin(["accounts", "add", "--config", config, "ann"], "secret word\n").stdout, "ann may log in")
    assert.strictEqual(lupin(["accounts", "list", "--config", config]).stdout, "ann\n")
    assert.notInclude(FileSystem.readFileSync(Path.join(directory, "accounts.json"), "utf8"), "secret")
    assert.strictEqual(lupin(["accounts", "add", "--config", config, "bob"], "short\n").status, 1)
    assert.strictEqual(lupin(["accounts", "remove", "--config", config, "ann"]).status, 0)
    assert.strictEqual(lupin(["accounts", "remove", "--config", config, "ann"]).status, 1)
    assert.strictEqual(lupin(["accounts", "list", "--config", config]).stdout, "")
  })
})

describe("lupin reload", () => {
  it("has a running site take what is right, and says what is wrong without asking it", async () => {
    const { config, directory, write } = folder()
    assert.include(lupin(["reload", "--config", config]).stderr, "Is the site running?")
    const site = spawn(process.execPath, [main, "central", "--config", config], {
      stdio: ["ignore", "ignore", "inherit", "ipc"]
    })
    try {
      await new Promise((resolve) => site.once("message", resolve))
      write({ groups: [{ name: "misc.test" }] })
      assert.include(lupin(["reload", "--config", config]).stdout, "1 groups")
      write({ access: [{ read: "!" }] })
      const wrong = lupin(["reload", "--config", config])
      assert.strictEqual(wrong.status, 1)
      assert.include(wrong.stderr, "access[0].read")
      write({ path: "h2.sea.zone.lupin" })
      assert.include(lupin(["reload", "--config", config]).stderr, "path: needs a restart")
      const erased = lupin(["erase", "--config", config, "<1@test.example>", "<2@test.example>"])
      assert.include(erased.stdout, "<2@test.example> was never here", erased.stderr)
      const misspelt = lupin(["erase", "--config", config, "<3@test.example>", "1"])
      assert.strictEqual(misspelt.stderr, "lupin: 1 is no Message-ID; nothing is erased\n")
      assert.strictEqual(misspelt.stdout, "")
    } finally {
      site.kill("SIGTERM")
      const status = await new Promise((resolve) => site.once("exit", resolve))
      assert.strictEqual(status, 0, "a site that is asked to stop has not failed")
    }
    const spool = Path.join(directory, "spool")
    const erased = lupin(["spool", "erase", "--dir", spool, "<2@test.example>", "<3@test.example>"])
    assert.include(erased.stdout, "<2@test.example> was erased before", erased.stderr)
  })
})

describe("a storage class", () => {
  it("whose directory cannot be made keeps a site from starting, and says which it is", () => {
    const { config, directory, write } = folder()
    const file = Path.join(directory, "file")
    FileSystem.writeFileSync(file, "")
    write({ classes: [{ name: "a" }, { name: "b", directory: file }] })
    const { status, stderr } = lupin(["central", "--config", config])
    assert.strictEqual(
      stderr,
      `lupin: ${config}:\n  classes[1].directory: ${file} is no directory, or lies below a file\n`
    )
    assert.strictEqual(status, 1)
  })
})

describe("lupin spool import", () => {
  it("says in one line what it cannot read, and makes no spool for nothing", () => {
    const { directory } = folder()
    const spool = Path.join(directory, "spool")
    const from = (path: string) => lupin(["spool", "import", "--dir", spool, "--path", "a.example", path])
    const nowhere = Path.join(directory, "nowhere")
    const missing = from(nowhere)
    assert.strictEqual(missing.stderr, `lupin: nothing is imported: ${nowhere} is not there\n`)
    assert.strictEqual(missing.status, 1)
    assert.isFalse(FileSystem.existsSync(spool))
    FileSystem.symlinkSync(nowhere, Path.join(directory, "1"))
    const torn = from(directory)
    assert.match(torn.stderr, /^lupin: ENOENT: .*\n$/)
    assert.strictEqual(torn.status, 1)
  })

  it.each([
    { name: "an empty file", text: "", said: /is no rnews batch, no mailbox and no article with a Message-ID\n$/ },
    { name: "a file of something else", text: "{}\n", said: /is no rnews batch, no mailbox and no article/ },
    { name: "what is compressed", text: "#! cunbatch\n", said: /is compressed: unpack it first\n$/ }
  ])("refuses $name in one line", ({ said, text }) => {
    const { directory } = folder()
    const [file, spool] = [Path.join(directory, "from"), Path.join(directory, "spool")]
    FileSystem.writeFileSync(file, text)
    const { status, stderr } = lupin(["spool", "import", "--dir", spool, "--path", "a.example", file])
    assert.match(stderr, /^lupin: nothing is imported: [^\n]*\n$/)
    assert.match(stderr, said)
    assert.strictEqual(status, 1)
    assert.isFalse(FileSystem.existsSync(spool))
  })

  it("puts articles into the classes of a configured site, and says which it refuses", () => {
    const { config, directory } = folder({ classes: [{ name: "all" }] })
    const from = Path.join(directory, "from")
    const header =
      "Path: x\nFrom: a@b.example\nNewsgroups: misc.test\nSubject: s\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n"
    FileSystem.writeFileSync(
      from,
      `From a\n${header}Message-ID: <1@test.example>\n\nwords\n\nFrom b\n${header}\nwords\n`
    )
    const imported = lupin(["spool", "import", "--config", config, from])
    assert.strictEqual(
      imported.stdout,
      `refused article 2 of ${from}: it has no Message-ID\n1 articles taken, 0 known already, 1 refused\n`,
      imported.stderr
    )
    const spool = Path.join(directory, "spool")
    assert.match(lupin(["spool", "stats", "--dir", spool]).stdout, /^class all 0\.0 MiB$/m)
    const out = Path.join(directory, "out")
    assert.strictEqual(lupin(["spool", "export", "--dir", spool, out]).stdout, `1 articles in ${out}\n`)
    assert.match(lupin(["spool", "rebuild", "--dir", spool]).stderr, /^lupin: took 1 records of the log into the index/)
  })

  it.each([
    {
      name: "a configuration and a directory",
      args: ["--config", "x", "--dir", "y"],
      said: /name the site by --config/
    },
    { name: "no path identity", args: ["--dir", "y"], said: /name the site by --config, or by --dir and --path\n$/ },
    { name: "a bad path identity", args: ["--dir", "y", "--path", "a b"], said: /a b is no path identity/ }
  ])("refuses $name in one line", ({ args, said }) => {
    const { status, stderr } = lupin(["spool", "import", ...args, "from"])
    assert.match(stderr, /^lupin: [^\n]*\n$/)
    assert.match(stderr, said)
    assert.strictEqual(status, 1)
  })
})

describe("lupin spool verify", () => {
  it("tells what is to be fetched again from a stretch of which nothing is known", () => {
    assert.match(SpoolTools.advice({ damaged: [], missing: ["<1@test.example>"] }), /lupin spool rebuild/)
    assert.match(SpoolTools.advice({ damaged: ["<1@test.example>"], missing: [] }), /^the site fetches them again/)
    assert.match(SpoolTools.advice({ damaged: [], missing: [] }), /^all that is known here is whole/)
  })
})

describe("lupin spool rebuild", () => {
  it("says what of the log cannot be read", () => {
    const { directory } = folder()
    const [from, spool] = [Path.join(directory, "from"), Path.join(directory, "spool")]
    const header =
      "Path: x\nFrom: a@b.example\nNewsgroups: misc.test\nSubject: s\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n"
    const bodies = ["first", "second", "third"]
    FileSystem.writeFileSync(
      from,
      bodies.map((body) => `From a\n${header}Message-ID: <${body}@test.example>\n\nbody ${body}\n\n`).join("")
    )
    lupin(["spool", "import", "--dir", spool, "--path", "a.example", from])
    const log = Path.join(spool, "log", "segment-00000001.log")
    const octets = FileSystem.readFileSync(log)
    const [one = 0, two = 0] = bodies.map((body) => octets.indexOf(`body ${body}`) + `body ${body}\r\n`.length)
    FileSystem.writeFileSync(log, octets.fill(0, one, two))
    assert.strictEqual(
      lupin(["spool", "rebuild", "--dir", spool]).stdout,
      "the index is new: 1 groups with 2 numbers\n" +
        "1 unreadable stretches of the log were passed over; the site's hourly audit asks its peers for the rest\n"
    )
  })
})

describe("lupin spool", () => {
  it.each(["verify", "stats", "rebuild", "erase", "export"])("makes no spool where %s finds none", (verb) => {
    const { directory } = folder()
    const spool = Path.join(directory, "spool")
    const further = { erase: ["<1@test.example>"], export: [Path.join(directory, "out")] }[verb] ?? []
    const { status, stderr } = lupin(["spool", verb, "--dir", spool, ...further])
    assert.strictEqual(stderr, `lupin: ${spool} holds no spool\n`)
    assert.strictEqual(status, 1)
    assert.isFalse(FileSystem.existsSync(spool))
  })
})

describe("a command line", () => {
  it.each([
    { name: "with a command that is not there", args: ["frob"], said: /^lupin: Unknown subcommand "frob".*\n$/ },
    { name: "without what a command needs", args: ["pop"], said: /^lupin: Missing required flag: --config.*\n$/ },
    { name: "with a word for a number", args: ["read", "--limit", "x", "trailblaze"], said: /^lupin: .*--limit.*\n$/ }
  ])("$name gets one line and status 2", ({ args, said }) => {
    const { status, stderr, stdout } = lupin(args)
    assert.strictEqual(status, 2)
    assert.match(stderr, said)
    assert.strictEqual(stdout, "")
  })

  it("gets its help where it asks for it, and status 0", () => {
    const { status, stderr, stdout } = lupin(["pop", "--help"])
    assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
    assert.include(stdout, "--config")
  })
})

describe("a site that cannot run", () => {
  it("says in one line that its port is taken, and that its directory is none", async () => {
    const taken = Net.createServer()
    const port = await new Promise<number>((resolve) =>
      taken.listen(0, "127.0.0.1", () => resolve((taken.address() as Net.AddressInfo).port))
    )
    try {
      for (const listen of [
        { nntp: `127.0.0.1:${port}`, meta: "127.0.0.1:0" },
        { nntp: "127.0.0.1:0", meta: `127.0.0.1:${port}` }
      ]) {
        const { status, stderr } = lupin(["central", "--config", folder({ listen }).config])
        assert.strictEqual(status, 1)
        assert.strictEqual(stderr, `lupin: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`)
      }
    } finally {
      taken.close()
    }
    const { config, write } = folder()
    write({ directory: `${config}/below` })
    const { status, stderr } = lupin(["central", "--config", config])
    assert.strictEqual(status, 1)
    assert.strictEqual(stderr, `lupin: ${config}:\n  directory: ${config} is no directory, or lies below a file\n`)
  })
})
