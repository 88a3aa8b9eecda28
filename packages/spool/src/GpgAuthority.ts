/**
 * Trusts control messages signed with PGP, as those of the hierarchies of Usenet are, by the tool `gpgv` of GnuPG.
 *
 * The operator keeps a keyring and says which signer may change which groups. `gpgv` is run only for messages that carry
 * a signature and name groups that somebody may change; one at a time, with a limit on its time.
 */
import * as ControlSignature from "@lupin/core/ControlSignature"
import type * as GroupName from "@lupin/core/GroupName"
import * as Wildmat from "@lupin/core/Wildmat"
import { Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { AuthorityUnavailable, ControlAuthority } from "./ControlAuthority.ts"

export interface Grant {
  /** Fingerprint of the key in capitals, or its user id, or the first word of that. */
  readonly signer: string
  readonly groups: Wildmat.Wildmat
}

export interface Options {
  /** The public keys, as `gpg --export` writes them. */
  readonly keyring: string
  readonly grants: ReadonlyArray<Grant>
  /** Where `gpgv` is, if not on the path. */
  readonly command?: string
}

/** How long `gpgv` may take. */
export const gpgvMillisMax = 10_000
/** Octets of its answer that are looked at. */
export const answerBytesMax = 16_384

/** Trusts whom these options name at the time of asking, and nobody where there are none. */
export const layer = (current: () => Options | undefined): Layer.Layer<never> =>
  Layer.succeed(ControlAuthority, {
    grants: (article, groups) =>
      Effect.gen(function* () {
        const options = current()
        if (options === undefined) return false
        const grants = options.grants.filter((grant) => coversAll(grant, groups))
        const signed = grants.length === 0 ? undefined : ControlSignature.read(article)
        if (signed === undefined) return false
        const signers = yield* verify(options, signed)
        return grants.some(({ signer }) => signers.includes(signer))
      })
  })

const coversAll = ({ groups: wildmat }: Grant, groups: ReadonlyArray<GroupName.GroupName>): boolean =>
  groups.length > 0 && groups.every((group) => Wildmat.matches(wildmat, group))

/** All names of the one who signed; none where the signature is not good. */
const verify = Effect.fn("GpgAuthority.verify")(function* (options: Options, signed: ControlSignature.Signed) {
  const directory = yield* Effect.acquireRelease(
    attempt(() => fs.mkdtemp(path.join(os.tmpdir(), "lupin-control-"))),
    (made) => Effect.ignore(attempt(() => fs.rm(made, { recursive: true, force: true })))
  )
  const [text, signature] = [path.join(directory, "text"), path.join(directory, "text.asc")]
  yield* attempt(() => fs.writeFile(text, signed.text))
  yield* attempt(() => fs.writeFile(signature, signed.signature))
  const answer = yield* run(options.command ?? "gpgv", [
    "--quiet",
    "--status-fd=1",
    `--keyring=${path.resolve(options.keyring)}`,
    signature,
    text
  ])
  return signersIn(answer)
}, Effect.scoped)

/** Reads the status lines of GnuPG: exactly one signature, and a good one by a key that is valid now. */
export const signersIn = (answer: string): ReadonlyArray<string> => {
  const lines = answer.split("\n").filter((line) => line.startsWith("[GNUPG:] "))
  const wordsOf = (status: string) =>
    lines.filter((line) => line.startsWith(`[GNUPG:] ${status} `)).map((line) => line.split(" ").slice(2))
  const [good, ...more] = wordsOf("GOODSIG")
  const [valid] = wordsOf("VALIDSIG")
  const isDoubtful = lines.some((line) => /^\[GNUPG:\] (?:BADSIG|ERRSIG|EXPSIG|EXPKEYSIG|REVKEYSIG) /.test(line))
  if (good === undefined || valid?.[0] === undefined || more.length > 0 || isDoubtful) return []
  const [, ...userId] = good
  return [valid[0], userId.join(" "), ...userId.slice(0, 1)]
}

const run = (command: string, words: ReadonlyArray<string>): Effect.Effect<string, AuthorityUnavailable> =>
  Effect.callback<string, AuthorityUnavailable>((resume) => {
    const child = spawn(command, words, { stdio: ["ignore", "pipe", "ignore"] })
    let answer = ""
    child.stdout.setEncoding("utf8")
    child.stdout.on("data", (piece: string) => {
      answer = (answer + piece).slice(0, answerBytesMax)
    })
    child.on("error", (error) => resume(Effect.fail(unavailable(error))))
    child.on("close", () => resume(Effect.succeed(answer)))
    return Effect.sync(() => child.kill("SIGKILL"))
  }).pipe(
    Effect.timeoutOrElse({
      duration: gpgvMillisMax,
      orElse: () => Effect.fail(new AuthorityUnavailable({ reason: `${command} took too long` }))
    })
  )

const attempt = <A>(act: () => Promise<A>): Effect.Effect<A, AuthorityUnavailable> =>
  Effect.tryPromise({ try: act, catch: unavailable })

const unavailable = (error: unknown): AuthorityUnavailable =>
  new AuthorityUnavailable({ reason: error instanceof Error ? error.message : String(error) })
