/**
 * The users of a site who may log in, each with a password that only they know.
 */
import { Context, Effect, Schema } from "effect"
import type * as Scram from "./Scram.ts"

/** The store cannot be read or written now; a login is answered 403, to be tried again. */
export class AccountsUnavailable extends Schema.TaggedError<AccountsUnavailable>()("AccountsUnavailable", {
  reason: Schema.String
}) {}

/** No name for an account: 1 to 64 visible characters, none of them a colon or a comma. */
export class AccountRefused extends Schema.TaggedError<AccountRefused>()("AccountRefused", {
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

const name = /^[^\s\p{C}:,]{1,64}$/u

/** What is wrong with an account, if anything. */
export const fault = (user: string, password: string): string | undefined =>
  !name.test(user) || user === "*"
    ? "a user has 1 to 64 visible characters, no colon and no comma"
    : password.length < passwordLengthMin || password.length > passwordLengthMax
      ? `a password has ${passwordLengthMin} to ${passwordLengthMax} characters`
      : undefined

export const passwordLengthMin = 6
export const passwordLengthMax = 256

export class Accounts extends Context.Service<
  Accounts,
  {
    /** Whether the password is the user's. Takes as long for a user who does not exist. */
    readonly verify: (user: string, password: string) => Effect.Effect<boolean, AccountsUnavailable>
    /** Keys of SCRAM-SHA-256; for a user who does not exist, keys that fit no password, always the same. */
    readonly scram: (user: string) => Effect.Effect<Scram.Keys, AccountsUnavailable>
    /** Adds an account, or gives it a new password. */
    readonly add: (user: string, password: string) => Effect.Effect<void, AccountsUnavailable | AccountRefused>
    /** Says whether there was such an account. */
    readonly remove: (user: string) => Effect.Effect<boolean, AccountsUnavailable>
    /** Names, in order. */
    readonly list: Effect.Effect<ReadonlyArray<string>, AccountsUnavailable>
  }
>()("@lupin/nntp/Accounts") {}

/** Of a site without accounts: every login fails. */
export const noAccounts: Accounts["Service"] = {
  verify: () => Effect.succeed(false),
  scram: () => Effect.fail(without),
  add: () => Effect.fail(without),
  remove: () => Effect.succeed(false),
  list: Effect.succeed([])
}

const without = new AccountsUnavailable({ reason: "this site has no accounts" })
