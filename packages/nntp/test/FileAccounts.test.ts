import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as FileSystem from "node:fs"
import * as os from "node:os"
import * as Path from "node:path"
import { Accounts } from "../src/Accounts.ts"
import * as FileAccounts from "../src/FileAccounts.ts"
import * as Scram from "../src/Scram.ts"

const inDirectory = <A, E>(test: (path: string) => Effect.Effect<A, E>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => FileSystem.mkdtempSync(Path.join(os.tmpdir(), "accounts-"))),
    (directory) => test(Path.join(directory, "within", "accounts.json")),
    (directory) => Effect.sync(() => FileSystem.rmSync(directory, { recursive: true }))
  )

const use = <A, E>(path: string, task: (accounts: Accounts["Service"]) => Effect.Effect<A, E>) =>
  Effect.provide(Effect.flatMap(Accounts, task), Layer.fresh(FileAccounts.layer(path)))

describe("FileAccounts", () => {
  it.live("lets in by the password, and no longer once the account is gone", () =>
    inDirectory((path) =>
      use(path, (accounts) =>
        Effect.gen(function* () {
          expect(yield* accounts.list).toEqual([])
          yield* accounts.add("ann", "secret word")
          yield* accounts.add("bob", "another")
          expect(yield* accounts.list).toEqual(["ann", "bob"])
          expect(yield* accounts.verify("ann", "secret word")).toBe(true)
          expect(yield* accounts.verify("ann", "secret")).toBe(false)
          expect(yield* accounts.verify("eve", "secret word")).toBe(false)
          expect(yield* accounts.verify("__proto__", "secret word")).toBe(false)
          yield* accounts.add("ann", "new secret")
          expect(yield* accounts.verify("ann", "secret word")).toBe(false)
          expect(yield* accounts.remove("ann")).toBe(true)
          expect(yield* accounts.remove("ann")).toBe(false)
          expect(yield* accounts.verify("ann", "new secret")).toBe(false)
        })
      )
    )
  )

  it.live("keeps no password, and lets nobody but its owner read the file", () =>
    inDirectory((path) =>
      Effect.gen(function* () {
        yield* use(path, (accounts) => accounts.add("ann", "secret word"))
        expect(FileSystem.readFileSync(path, "utf8")).not.toContain("secret")
        expect(FileSystem.statSync(path).mode & 0o777).toBe(0o600)
      })
    )
  )

  it.live("sees at once what another process has changed", () =>
    inDirectory((path) =>
      use(path, (accounts) =>
        Effect.gen(function* () {
          expect(yield* accounts.verify("ann", "secret word")).toBe(false)
          yield* use(path, (others) => others.add("ann", "secret word"))
          expect(yield* accounts.verify("ann", "secret word")).toBe(true)
        })
      )
    )
  )

  it.live("gives SCRAM the keys of the password, and of nobody keys that stay the same", () =>
    inDirectory((path) =>
      use(path, (accounts) =>
        Effect.gen(function* () {
          yield* accounts.add("ann", "secret word")
          const first = Scram.clientFirst("ann", "abc")
          const challenge = Scram.challenge(first, yield* accounts.scram("ann"), "def")
          const final = Scram.answer(first, "secret word", challenge.message)?.final ?? ""
          expect(Scram.verify(challenge, final)).toBeDefined()
          expect(yield* accounts.scram("eve")).toEqual(yield* accounts.scram("eve"))
          expect((yield* accounts.scram("eve")).salt).not.toEqual((yield* accounts.scram("adam")).salt)
        })
      )
    )
  )

  it.live("says what is wrong with an account, and with a file", () =>
    inDirectory((path) =>
      use(path, (accounts) =>
        Effect.gen(function* () {
          for (const [user, password] of [
            ["", "secret word"],
            ["*", "secret word"],
            ["a b", "secret word"],
            ["ann", "short"]
          ] as const) {
            expect(yield* Effect.flip(accounts.add(user, password))).toMatchObject({ _tag: "AccountRefused" })
          }
          yield* accounts.add("ann", "secret word")
          FileSystem.writeFileSync(path, "{")
          expect(yield* Effect.flip(accounts.verify("ann", "secret word"))).toMatchObject({
            _tag: "AccountsUnavailable"
          })
        })
      )
    )
  )
})
