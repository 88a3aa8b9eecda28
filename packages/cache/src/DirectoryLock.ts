/**
 * Keeps two processes from opening the same directory.
 *
 * The lock is a file beside it that names its owner. A process that was killed leaves the file, and a start finds that
 * its owner is gone.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"

/** Another live process has the directory. Stop that one first, or use another directory. */
export class DirectoryInUse extends Schema.TaggedError<DirectoryInUse>()("DirectoryInUse", {
  directory: Schema.String,
  pid: Schema.Int
}) {
  override get message(): string {
    return `${this.directory} is in use by process ${this.pid}`
  }
}

/** Looks at a lock file left behind: at most so often is it replaced by that of another start. */
const triesMax = 5

/** Takes the lock until the scope closes. The directory's parent exists. */
export const acquire = (directory: string): Effect.Effect<void, DirectoryInUse, Scope.Scope> => {
  const file = `${directory}.lock`
  return Effect.acquireRelease(
    Effect.suspend(() => {
      for (let tries = 0; tries < triesMax; tries++) {
        if (write(file)) return Effect.void
        const owner = readOwner(file)
        if (owner !== undefined && isAlive(owner)) return new DirectoryInUse({ directory, pid: owner.pid })
        Fs.rmSync(file, { force: true })
      }
      return new DirectoryInUse({ directory, pid: readOwner(file)?.pid ?? 0 })
    }),
    () => Effect.sync(() => Fs.rmSync(file, { force: true }))
  )
}

interface Owner {
  readonly pid: number
  /** When the process began, as the system tells it; empty where it does not. Ids of processes are used again. */
  readonly began: string
}

const write = (file: string): boolean => {
  try {
    Fs.writeFileSync(file, `${process.pid} ${beganOf(process.pid)}\n`, { flag: "wx" })
    return true
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false
    throw cause
  }
}

const readOwner = (file: string): Owner | undefined => {
  try {
    const [pid, began = ""] = Fs.readFileSync(file, "utf8").trim().split(" ")
    const number = Number(pid)
    return Number.isSafeInteger(number) && number > 0 ? { pid: number, began } : undefined
  } catch {
    return undefined
  }
}

const isAlive = ({ pid, began }: Owner): boolean => {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EPERM")) return false
  }
  return began === beganOf(pid)
}

/** The 22nd field of /proc/<pid>/stat, counted behind the command's closing bracket (proc(5)). */
const beganOf = (pid: number): string => {
  try {
    const stat = Fs.readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  } catch {
    return ""
  }
}
