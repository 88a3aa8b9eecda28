/**
 * Accounts in one JSON file: a scrypt hash of each password, and its keys for SCRAM-SHA-256.
 *
 * The file is read again when it has changed, and written whole beside its place and then renamed, so that a reader
 * sees the accounts of before or of after. Only its owner may read it.
 */
import { Effect, Layer, Schema, Semaphore } from "effect"
import { Buffer } from "node:buffer"
import * as crypto from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import * as FileSystem from "node:fs/promises"
import * as Path from "node:path"
import { AccountRefused, Accounts, AccountsUnavailable, fault } from "./Accounts.ts"
import * as Scram from "./Scram.ts"
import { Secrets } from "./Secrets.ts"

/** Cost of one scrypt: N, r, p (RFC 7914); 16 MB of memory for about 50 ms. */
const cost = { N: 16_384, r: 8, p: 1 } as const

/** Passwords checked at a time; the rest wait, so that a flood of logins takes bounded memory. */
const checksMax = 2

const hashBytes = 32
const saltBytes = 16

const Account = Schema.Struct({
  scrypt: Schema.Struct({
    N: Schema.Int,
    r: Schema.Int,
    p: Schema.Int,
    salt: Schema.String,
    hash: Schema.String
  }),
  scram: Schema.Struct({
    salt: Schema.String,
    iterations: Schema.Int,
    storedKey: Schema.String,
    serverKey: Schema.String
  })
})
const AccountsFile = Schema.fromJsonString(Schema.Record(Schema.String, Account))
type Account = typeof Account.Type
type Entries = Readonly<Record<string, Account>>

/** Accounts of the file at `path`; a file that is not there is one without accounts. */
export const layer = (path: string): Layer.Layer<Accounts> => layerAt(() => path)

/** Fails where there is a file at `path` that holds no accounts. At once, as a configuration is read. */
export const check = (path: string): Effect.Effect<void, AccountsUnavailable> =>
  Effect.try({
    try: () => {
      if (existsSync(path)) Schema.decodeUnknownSync(AccountsFile)(readFileSync(path, "utf8"))
    },
    catch: unavailable
  })

/** Accounts of the file whose place is asked for each time, as it may change. */
export const layerAt = (path: () => string): Layer.Layer<Accounts> =>
  Layer.effect(
    Accounts,
    Effect.gen(function* () {
      const secrets = yield* Secrets
      const checking = yield* Semaphore.make(checksMax)
      const writing = yield* Semaphore.make(1)
      // Keys of users who do not exist must not change between two tries, or they could be told from real ones.
      const secret = secrets.octets(hashBytes)
      let seen: Seen | undefined

      const read = attempt(async () => {
        seen = await load(path(), seen)
        return seen.entries
      })
      const find = Effect.fnUntraced(function* (user: string) {
        const prepared = Scram.prepare(user)
        const entries = yield* read
        return prepared !== undefined && Object.hasOwn(entries, prepared) ? entries[prepared] : undefined
      })
      const change = <A>(edit: (entries: Entries) => readonly [Entries, A]) =>
        Effect.flatMap(read, (entries) => {
          const [changed, answer] = edit(entries)
          return attempt(async () => {
            await replace(path(), `${JSON.stringify(changed, undefined, 1)}\n`)
            return answer
          })
        }).pipe(writing.withPermits(1))

      return Accounts.of({
        verify: (user, password) =>
          Effect.flatMap(find(user), (account) =>
            attempt(async () => {
              const { hash, salt, ...params } = account?.scrypt ?? { ...cost, salt: "", hash: "" }
              const computed = await scrypt(password, Buffer.from(salt, "base64"), params)
              const kept = Buffer.from(hash, "base64")
              return account !== undefined && kept.length === computed.length && crypto.timingSafeEqual(kept, computed)
            }).pipe(checking.withPermits(1))
          ),
        scram: (user) => Effect.map(find(user), (account) => account?.scram ?? keysOfNobody(secret, user)),
        add: (user, password) =>
          Effect.gen(function* () {
            const prepared = Scram.prepare(user)
            const reason = fault(prepared ?? "", Scram.prepare(password) ?? "")
            if (prepared === undefined || reason !== undefined) {
              return yield* new AccountRefused({ reason: reason ?? "not a user" })
            }
            const account = yield* attempt(() =>
              accountOf(password, secrets.octets(saltBytes), secrets.octets(saltBytes))
            )
            return yield* change((entries) => [{ ...entries, [prepared]: account }, undefined])
          }),
        remove: (user) =>
          change((entries) => {
            const { [user]: gone, ...rest } = entries
            return [rest, gone !== undefined]
          }),
        list: Effect.map(read, (entries) => Object.keys(entries).toSorted())
      })
    })
  )

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, AccountsUnavailable> =>
  Effect.tryPromise({
    try: run,
    catch: unavailable
  })

/** What a file held, and by what it is known again. */
interface Seen {
  readonly path: string
  readonly stamp: string
  readonly entries: Entries
}

/** The accounts of a file, read only where it is not as it was seen before. */
const load = async (path: string, seen?: Seen): Promise<Seen> => {
  const stamp = await stampOf(path)
  if (seen?.path === path && seen.stamp === stamp) return seen
  if (stamp === absent) return { path, stamp, entries: {} }
  return { path, stamp, entries: Schema.decodeUnknownSync(AccountsFile)(await FileSystem.readFile(path, "utf8")) }
}

const unavailable = (cause: unknown): AccountsUnavailable =>
  new AccountsUnavailable({ reason: cause instanceof Error ? cause.message : String(cause) })

const absent = "absent"

/** Changes whenever the file does. */
const stampOf = async (path: string): Promise<string> => {
  try {
    const { ctimeNs, ino, size } = await FileSystem.stat(path, { bigint: true })
    return `${ino} ${size} ${ctimeNs}`
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return absent
    throw cause
  }
}

const replace = async (path: string, text: string): Promise<void> => {
  await FileSystem.mkdir(Path.dirname(path), { recursive: true })
  const fresh = `${path}.new`
  const file = await FileSystem.open(fresh, "w", 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await FileSystem.rename(fresh, path)
}

const accountOf = async (password: string, salt: Uint8Array, scramSalt: Uint8Array): Promise<Account> => {
  const hash = await scrypt(password, salt, cost)
  return {
    scrypt: { ...cost, salt: Buffer.from(salt).toString("base64"), hash: hash.toString("base64") },
    scram: Scram.keysOf(password, scramSalt, Scram.iterationsDefault)
  }
}

const scrypt = (password: string, salt: Uint8Array, params: crypto.ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    crypto.scrypt(Scram.prepare(password) ?? "", salt, hashBytes, params, (error, hash) =>
      error === null ? resolve(hash) : reject(error)
    )
  })

const keysOfNobody = (secret: Uint8Array, user: string): Scram.Keys => {
  const part = (what: string): string =>
    crypto.createHmac("sha256", secret).update(`${what}\n${user}`).digest().toString("base64")
  return {
    salt: Buffer.from(part("salt"), "base64").subarray(0, saltBytes).toString("base64"),
    iterations: Scram.iterationsDefault,
    storedKey: part("stored"),
    serverKey: part("server")
  }
}
