/**
 * What processes have used of the machine, as Linux tells in /proc.
 */
import { readdirSync, readFileSync } from "node:fs"

/** Nanoseconds of CPU that these processes and their children alive have used, all threads together. */
export const cpuNanos = (pids: ReadonlyArray<number>): number =>
  pids.reduce((sum, pid) => sum + ofThreads(pid) + cpuNanos(childrenOf(pid)), 0)

/** Memory of a process that no file backs, in octets. */
export const anonymousBytes = (pid: number): number => {
  const [, kilobytes] = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? []
  return Number(kilobytes) * 1024
}

const ofThreads = (pid: number): number =>
  threadsOf(pid).reduce((sum, thread) => {
    const [nanos] = read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")
    return sum + Number(nanos)
  }, 0)

const childrenOf = (pid: number): ReadonlyArray<number> =>
  threadsOf(pid).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`)
      .split(" ")
      .flatMap((child) => (child.trim() === "" ? [] : [Number(child)]))
  )

const threadsOf = (pid: number): ReadonlyArray<string> => {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** What has ended meanwhile is read as nothing. */
const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1")
  } catch {
    return ""
  }
}
