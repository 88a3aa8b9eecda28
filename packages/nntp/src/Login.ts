/**
 * Does what a session's security machine asks of the outside: passwords, keys, TLS, compression.
 */
import { Effect } from "effect"
import { Buffer } from "node:buffer"
import type * as Socket from "effect/socket/Socket"
import type { Accounts, AccountsUnavailable } from "./Accounts.ts"
import type { Secrets } from "./Secrets.ts"
import type * as Security from "./Security.ts"
import type { Transport } from "./Transport.ts"

export interface Login {
  readonly accounts: Accounts["Service"]
  readonly secrets: (typeof Secrets)["Service"]
}

/** Octets of our part of a SCRAM nonce. */
const nonceBytes = 18

export const perform = (
  { accounts, secrets }: Login,
  transport: Transport,
  act: Security.Act
): Effect.Effect<Security.Outcome, Socket.SocketError> => {
  switch (act._tag) {
    case "Verify":
      return accounts.verify(act.user, act.password).pipe(
        Effect.map((isRight): Security.Outcome => ({ _tag: "Verified", user: act.user, isRight })),
        Effect.catchTag("AccountsUnavailable", unavailable)
      )
    case "Lookup":
      return accounts.scram(act.first.user).pipe(
        Effect.map((keys): Security.Outcome => {
          const nonce = Buffer.from(secrets.octets(nonceBytes)).toString("base64")
          return { _tag: "Found", first: act.first, keys, nonce }
        }),
        Effect.catchTag("AccountsUnavailable", unavailable)
      )
    case "StartTls":
      return Effect.as(transport.startTls ?? Effect.void, { _tag: "OnTls" } as const)
    case "Compress":
      return Effect.as(transport.compress, { _tag: "Compressed" } as const)
  }
}

const unavailable = ({ reason }: AccountsUnavailable): Effect.Effect<Security.Outcome> =>
  Effect.succeed({ _tag: "Unavailable", reason })
