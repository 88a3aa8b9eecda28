import { assert, describe, it } from "@effect/vitest"
import { spawn, spawnSync } from "node:child_process"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

const lupin = (args: ReadonlyArray<string>, input = "") =>
  spawnSync(process.execPath, [main, ...args], { input, encoding: "utf8" })

/** A zone's configuration in a folder of its own. */
const folder = (part: object = {}) => {
  const directory = FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-cli-"))
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
      assert.include(erased.stdout, "<2@test.example> is erased", erased.stderr)
      assert.include(lupin(["erase", "--config", config, "1"]).stderr, "1 is no Message-ID")
    } finally {
      site.kill("SIGTERM")
      await new Promise((resolve) => site.once("exit", resolve))
    }
    const spool = Path.join(directory, "spool")
    const erased = lupin(["spool", "erase", "--dir", spool, "<2@test.example>", "<3@test.example>"])
    assert.include(erased.stdout, "<2@test.example> is erased; before: removed", erased.stderr)
  })
})
