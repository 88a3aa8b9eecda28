/**
 * A newsreader on a screen: what a person types, and what then stands there.
 */
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Programs from "./Programs.ts"

export interface Terminal {
  /** Presses keys, by the names that tmux has for them; returns at once. */
  readonly press: (...keys: ReadonlyArray<string>) => Effect.Effect<void>
  /** Types text as it is. */
  readonly type: (text: string) => Effect.Effect<void>
  /** Returns the screen once this stands there; fails with the screen where it never does. */
  readonly sees: (text: string | RegExp) => Effect.Effect<string>
  /** Waits for each text in turn, and presses the keys that answer it. */
  readonly dialogue: (...turns: ReadonlyArray<Turn>) => Effect.Effect<void>
  /** Returns once the program has ended. */
  readonly ended: Effect.Effect<void>
}

/** What stands on the screen, and the keys that are pressed then. */
export type Turn = readonly [sees: string | RegExp, ...press: ReadonlyArray<string>]

const columns = 160
const rows = 50

/** How long a screen may take to show what is awaited. */
const seenMillisMax = 6_000

/** Starts a program on a screen of its own; both end with the scope. */
export const open = Effect.fnUntraced(function* (
  command: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>>
): Effect.fn.Return<Terminal, never, Scope.Scope> {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "screen-"))),
    (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
  )
  const tmux = (...args: ReadonlyArray<string>): Effect.Effect<Programs.Ended> =>
    Programs.run(Programs.file("tmux"), ["-S", path.join(directory, "tmux"), "-f", "/dev/null", ...args])
  const variables = Object.entries({ TERM: "screen", LC_ALL: "C.UTF-8", ...environment }).map((pair) => pair.join("="))
  const size = ["-x", String(columns), "-y", String(rows)]
  yield* Effect.acquireRelease(
    tmux(
      "set-option",
      "-g",
      "remain-on-exit",
      "on",
      ";",
      "new-session",
      "-d",
      ...size,
      "env",
      ...variables,
      ...command
    ),
    // Without its screen a program may run on, as slrn does: it is ended first.
    () => Effect.andThen(Effect.flatMap(tmux("list-panes", "-a", "-F", "#{pane_pid}"), endAll), tmux("kill-server"))
  )
  const screen = Effect.map(tmux("capture-pane", "-p"), ({ stdout }) => Buffer.from(stdout, "latin1").toString("utf8"))
  const press: Terminal["press"] = (...keys) => Effect.asVoid(tmux("send-keys", ...keys))
  const sees: Terminal["sees"] = (text) =>
    Programs.until(
      Effect.map(screen, (shown) => {
        const isThere = typeof text === "string" ? shown.includes(text) : text.test(shown)
        return isThere ? shown : undefined
      })
    ).pipe(
      Effect.timeoutOption(seenMillisMax),
      Effect.flatMap((seen) =>
        seen._tag === "Some"
          ? Effect.succeed(seen.value)
          : Effect.flatMap(screen, (shown) => Effect.die(new Error(`${text} is not on the screen:\n${shown}`)))
      )
    )
  return {
    press,
    type: (text) => Effect.asVoid(tmux("send-keys", "-l", text)),
    sees,
    dialogue: (...turns) =>
      Effect.forEach(turns, ([text, ...keys]) => Effect.andThen(sees(text), press(...keys)), { discard: true }),
    ended: Programs.until(
      Effect.map(tmux("display-message", "-p", "#{pane_dead}"), ({ stdout, status }) =>
        status !== 0 || stdout.trim() === "1" ? true : undefined
      )
    ).pipe(Effect.asVoid)
  }
})

const endAll = ({ stdout }: Programs.Ended): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const pid of stdout.split("\n").filter((line) => line !== "")) {
      try {
        process.kill(Number(pid), "SIGKILL")
      } catch {
        // It has ended by itself.
      }
    }
  })
