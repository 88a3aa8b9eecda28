/**
 * The cancel secret of a site in a file: one that the configuration names, or one made at its first use.
 */
import { CancelSecret } from "@lupin/nntp/CancelSecret"
import { Secrets } from "@lupin/nntp/Secrets"
import { Effect, Layer } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import type * as SiteConfig from "./SiteConfig.ts"

/** Octets of a secret that is made here, and of one that is taken, at least. */
const secretBytes = 32
export const secretBytesMin = 16

/** Where a site keeps its secret. */
export const fileOf = ({ cancelSecret, directory }: SiteConfig.SiteConfig): string =>
  cancelSecret ?? Path.join(directory, "cancel-secret")

/** Where the secret is, as of one reading of the configuration: another value, though of the same file, is read again. */
export interface Source {
  readonly file: string
}

/** Reads the file when a user posts first. Without it, posts are taken, and not locked. */
export const layer = (source: () => Source): Layer.Layer<never> =>
  Layer.effect(
    CancelSecret,
    Effect.gen(function* () {
      const { octets } = yield* Secrets
      const read = ({ file }: Source) =>
        Effect.try({
          try: () => {
            try {
              FileSystem.writeFileSync(file, octets(secretBytes), { flag: "wx", mode: 0o600, flush: true })
            } catch (cause) {
              if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause
            }
            const secret = new Uint8Array(FileSystem.readFileSync(file))
            if (secret.length < secretBytesMin) throw new Error(`${file} holds no secret: remove it`)
            return secret
          },
          catch: String
        }).pipe(
          Effect.catch((reason) => Effect.as(Effect.logWarning(`posts of users are not locked: ${reason}`), undefined))
        )
      let known: { readonly of: Source; readonly secret: Effect.Effect<Uint8Array | undefined> } | undefined
      const current = Effect.gen(function* () {
        const now = source()
        if (known?.of !== now) known = { of: now, secret: yield* Effect.cached(read(now)) }
        return yield* known.secret
      })
      return { current }
    })
  )
