/**
 * A throw-away INN in a directory of its own, from the Debian package `inn2`, in its fastest configuration.
 *
 * CNFS for articles and tradindexed for overview, no filters, no limits; what concerns durability stays as INN ships it.
 * `innd` takes articles on one port, `nnrpd` serves readers on another. Nothing of the system's own news is touched.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process"
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import * as net from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Corpus from "./Corpus.ts"

const binaries = "/usr/lib/news/bin"
const install = "apt-get install -y inn2 (with its service kept from starting)"
/** Some 520,000 small articles, of 4 kB each, before it begins again at its start. */
const articleFileBytes = 2 * 1024 * 1024 * 1024
/** Articles that its history has room for before it is made anew. */
const historyArticles = 1_000_000
const attemptsMax = 200

export interface Running {
  readonly name: string
  /** Where articles are taken. */
  readonly feedPort: number
  /** Where readers are served. */
  readonly port: number
  /** The processes whose CPU readers cost; a child for each connection comes with them. */
  readonly pids: ReadonlyArray<number>
  /** The process that takes articles. */
  readonly feederPid: number
  /** Where all its files lie. */
  readonly directory: string
  readonly stop: () => Promise<void>
}

interface User {
  readonly uid: number
  readonly gid: number
  readonly name: string
  readonly group: string
}

/** Why INN cannot be started here; nothing if it can. */
export const missing = (): string | undefined => {
  if (!existsSync(join(binaries, "innd"))) return `INN is not installed: ${install}`
  return runner() === undefined ? "innd needs root, or its own user" : undefined
}

/** Starts INN with the groups of the corpus; resolves once both servers take connections. */
export const start = async (): Promise<Running> => {
  const user = runner()
  if (user === undefined) throw new Error(missing())
  const directory = mkdtempSync(join(tmpdir(), "inn-"))
  const [feedPort, port] = await Promise.all([freePort(), freePort()])
  writeFiles(directory, feedPort, user)
  const environment = { INNCONF: join(directory, "etc/inn.conf"), PATH: "/usr/bin:/bin", TZ: "UTC" }
  const as = { env: environment, cwd: directory, ...(process.getuid?.() === 0 ? { uid: user.uid, gid: user.gid } : {}) }
  const made = spawnSync(
    join(binaries, "makedbz"),
    ["-i", "-o", "-s", String(historyArticles), "-f", join(directory, "db/history")],
    as
  )
  if (made.status !== 0) throw new Error(`makedbz: ${String(made.stderr)}`)
  const children = [
    spawn(join(binaries, "innd"), ["-f", "-N"], { ...as, stdio: "ignore" }),
    spawn(join(binaries, "nnrpd"), ["-D", "-f", "-n", "-b", "127.0.0.1", "-p", String(port)], {
      ...as,
      stdio: "ignore"
    })
  ]
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => end(child, feedPort)))
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await Promise.all([feedPort, port].map(listening))
  } catch (error) {
    await stop()
    throw error
  }
  const pids = children.map(({ pid }) => pid ?? 0)
  return { name: "nnrpd", feedPort, port, pids: pids.slice(1), feederPid: pids[0] ?? 0, directory, stop }
}

/** Who innd may run as: the user `news` if we are root, else ourselves if we are that user. */
const runner = (): User | undefined => {
  const found = spawnSync("id", ["news"], { encoding: "utf8" }).stdout
  const [, uid, gid] = /^uid=(\d+)\(news\) gid=(\d+)\(news\)/.exec(found ?? "") ?? []
  if (uid === undefined || gid === undefined) return undefined
  const isAllowed = process.getuid?.() === 0 || userInfo().username === "news"
  return isAllowed ? { uid: Number(uid), gid: Number(gid), name: "news", group: "news" } : undefined
}

const writeFiles = (directory: string, feedPort: number, user: User): void => {
  const write = (name: string, lines: ReadonlyArray<string>): void =>
    writeFileSync(join(directory, name), lines.map((line) => `${line}\n`).join(""))
  const folders = "etc db spool overview log run tmp incoming incoming/bad outgoing filter http archive".split(" ")
  for (const folder of folders) mkdirSync(join(directory, folder))
  write("etc/inn.conf", configuration(directory, feedPort, user))
  write("etc/incoming.conf", ["streaming: true", "max-connections: 0", 'peer LOCAL { hostname: "127.0.0.1" }'])
  write("etc/readers.conf", [
    'auth local { hosts: "127.0.0.1" default: "<local>" }',
    'access local { users: "<local>" newsgroups: "*" access: RPAN addcanlockuser: none }'
  ])
  write("etc/newsfeeds", ["ME:!*::"])
  write("etc/storage.conf", ["method cnfs {", "    newsgroups: *", "    class: 0", "    options: ALL", "}"])
  write("etc/cycbuff.conf", [
    "cycbuffupdate:25",
    "refreshinterval:30",
    `cycbuff:ONE:${join(directory, "spool/one")}:${articleFileBytes / 1024}`,
    "metacycbuff:ALL:ONE"
  ])
  for (const name of ["db/newsgroups", "db/active.times", "db/history", "spool/one"]) write(name, [])
  truncateSync(join(directory, "spool/one"), articleFileBytes)
  write("db/active", [
    ...["control", "control.cancel", "junk"].map((group) => `${group} 0000000000 0000000001 n`),
    ...Corpus.groups.map((group) => `${group} 0000000000 0000000001 y`)
  ])
  chmodSync(directory, 0o755)
  if (process.getuid?.() === 0) chownAll(directory, folders, user)
}

const configuration = (directory: string, feedPort: number, user: User): ReadonlyArray<string> => [
  'mta: "/bin/true %s"',
  "organization: bench",
  "pathhost: inn.bench.invalid",
  "domain: bench.invalid",
  `runasuser: ${user.name}`,
  `runasgroup: ${user.group}`,
  `port: ${feedPort}`,
  "bindaddress: 127.0.0.1",
  "hismethod: hisv6",
  "ovmethod: tradindexed",
  "enableoverview: true",
  "maxconnections: 0",
  "nnrpdloadlimit: 0",
  "noreader: true",
  "docancels: none",
  "pgpverify: false",
  "doinnwatch: false",
  "overcachesize: 1024",
  "hiscachesize: 16384",
  "pathnews: /usr/lib/news",
  `pathbin: ${binaries}`,
  `pathcontrol: ${binaries}/control`,
  `patharticles: ${directory}/spool`,
  `pathspool: ${directory}`,
  ...Object.entries(folderOf).map(([key, folder]) => `${key}: ${directory}/${folder}`)
]

const folderOf: Readonly<Record<string, string>> = {
  pathdb: "db",
  pathetc: "etc",
  pathfilter: "filter",
  pathhttp: "http",
  patharchive: "archive",
  pathincoming: "incoming",
  pathlog: "log",
  pathoutgoing: "outgoing",
  pathoverview: "overview",
  pathrun: "run",
  pathtmp: "tmp"
}

const chownAll = (directory: string, folders: ReadonlyArray<string>, { gid, uid }: User): void => {
  const files = "inn.conf incoming.conf readers.conf newsfeeds storage.conf cycbuff.conf".split(" ")
  const names = [
    "",
    ...folders,
    ...files.map((file) => `etc/${file}`),
    "db/newsgroups",
    "db/active.times",
    "db/history",
    "db/active",
    "spool/one"
  ]
  for (const name of names) chownSync(join(directory, name), uid, gid)
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(address === null || typeof address === "string" ? 0 : address.port))
    })
  })

/** Resolves once a port takes connections. */
const listening = async (port: number): Promise<void> => {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (await isOpen(port)) return
    await sleep(50)
  }
  throw new Error(`INN does not listen on port ${port}`)
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port })
    socket.once("error", () => resolve(false))
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
  })

/** innd looks at a signal only when something happens: a connection is such a thing. */
const end = async (child: ChildProcess, feedPort: number): Promise<void> => {
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  child.kill("SIGTERM")
  for (let attempt = 0; isAlive() && attempt < attemptsMax; attempt++) {
    await isOpen(feedPort)
    await sleep(20)
  }
  if (isAlive()) child.kill("SIGKILL")
}
