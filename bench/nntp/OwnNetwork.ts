/**
 * A network of its own for one run: a loopback with segments of 8 kB, so that what is measured is the servers.
 *
 * Needs Linux with `unshare` and `ip`, as root or where users may make namespaces. Nothing outside the run is changed.
 */
import { spawnSync } from "node:child_process"

/** Loopback MTU that gives segments of 8,192 octets. */
const mtu = 8_232
/** Set to `plain` it keeps a run on the loopback as it is. */
const variable = "LUPIN_BENCH_NETWORK"
const plain = "plain"
const up = `ip link set lo mtu ${mtu} up`

/** Runs the program again inside a network of its own and gives its status; nothing where that is not to be had. */
export const enter = (): number | undefined => {
  if (process.env[variable] !== undefined || process.platform !== "linux") return undefined
  const form = [["-n"], ["-rn"]].find((flags) => spawnSync("unshare", [...flags, "sh", "-c", up]).status === 0)
  if (form === undefined) return undefined
  const script = `${up} && exec "$0" "$@"`
  const again = [...form, "sh", "-c", script, process.execPath, ...process.argv.slice(1)]
  const { status } = spawnSync("unshare", again, {
    stdio: "inherit",
    env: { ...process.env, [variable]: form.join("") }
  })
  return status ?? 1
}

/** One line about the network of this run. */
export const describe = (): string =>
  (process.env[variable] ?? plain) === plain
    ? "On the loopback as it is: segments of 64 kB, on which a server that leaves Nagle's algorithm on is slow."
    : "On a loopback of its own, with segments of 8 kB."
