/**
 * The files of a throw-away INN: text by file name, out of what a test wants.
 */
import * as path from "node:path"

/** A peer that INN feeds. */
export interface Feed {
  readonly name: string
  /** Its name in the Path. */
  readonly identity: string
  readonly port: number
  /** `innfeed` sends at once; `file` writes a list of articles for innxmit. */
  readonly by: "innfeed" | "file"
}

export interface Options {
  /** In the Path, and in ids of posts. */
  readonly identity: string
  readonly groups: ReadonlyArray<string>
  readonly feeds?: ReadonlyArray<Feed>
  /** Days after which an article is refused; 0 takes all. */
  readonly cutoffDays?: number
  /** Acts on cancels and Supersedes, those of locked articles with their key, and feeds them; otherwise it does neither. */
  readonly isCancelling?: boolean
  /** Whether peers may stream; otherwise they have IHAVE. */
  readonly isStreaming?: boolean
}

/** Where things are. */
export interface Places {
  readonly root: string
  readonly port: number
  /** Folder of INN's programs. */
  readonly programs: string
  readonly user: string
  readonly group: string
}

/** Folders that INN wants to find, below the root. */
export const folders =
  "etc db spool spool/articles overview log log/OLD run tmp incoming incoming/bad outgoing filter http archive innfeed".split(
    " "
  )

/** Every file, by its path below the root. */
export const files = (options: Options, places: Places): Readonly<Record<string, string>> => ({
  "etc/inn.conf": innConf(options, places),
  "etc/incoming.conf": `streaming: ${options.isStreaming !== false}\nmax-connections: 0\npeer NEIGHBOUR { hostname: "127.0.0.1" }\n`,
  "etc/readers.conf":
    'auth local { hosts: "127.0.0.1" default: "<local>" }\n' +
    'access local { users: "<local>" newsgroups: "*" access: RPAN addcanlockuser: none }\n',
  "etc/newsfeeds": newsfeeds(options, places),
  "etc/innfeed.conf": innfeedConf(options, places),
  "etc/storage.conf": "method tradspool {\n  newsgroups: *\n  class: 0\n}\n",
  "etc/expire.ctl": "/remember/:11\n*:A:1:10:never\n",
  "etc/control.ctl": "all:*:*:drop\n",
  "etc/moderators": "",
  "etc/distrib.pats": "",
  "etc/passwd.nntp": "",
  "etc/actsync.ign": "",
  "db/active": ["control", "control.cancel", "junk"]
    .map((group) => `${group} 0000000000 0000000001 n\n`)
    .concat(options.groups.map((group) => `${group} 0000000000 0000000001 y\n`))
    .join(""),
  "db/newsgroups": options.groups.map((group) => `${group}\tA group\n`).join(""),
  "db/active.times": "",
  "db/history": ""
})

const innConf = (options: Options, { group, port, programs, root, user }: Places): string =>
  Object.entries({
    mta: '"/bin/true %s"',
    organization: '"Interop"',
    pathhost: options.identity,
    domain: options.identity,
    fromhost: options.identity,
    server: "127.0.0.1",
    runasuser: user,
    runasgroup: group,
    port: String(port),
    bindaddress: "127.0.0.1",
    hismethod: "hisv6",
    enableoverview: "true",
    ovmethod: "tradindexed",
    artcutoff: String(options.cutoffDays ?? 10),
    maxartsize: "0",
    nnrpdloadlimit: "0",
    docancels: options.isCancelling === true ? "auth" : "none",
    pgpverify: "false",
    doinnwatch: "false",
    wanttrash: "false",
    xrefslave: "false",
    nnrpdposthost: "127.0.0.1",
    nnrpdpostport: String(port),
    pathnews: path.dirname(programs),
    pathbin: programs,
    pathcontrol: path.join(programs, "control"),
    pathdb: path.join(root, "db"),
    pathetc: path.join(root, "etc"),
    pathfilter: path.join(root, "filter"),
    pathhttp: path.join(root, "http"),
    patharchive: path.join(root, "archive"),
    patharticles: path.join(root, "spool/articles"),
    pathincoming: path.join(root, "incoming"),
    pathlog: path.join(root, "log"),
    pathoutgoing: path.join(root, "outgoing"),
    pathoverview: path.join(root, "overview"),
    pathrun: path.join(root, "run"),
    pathspool: root,
    pathtmp: path.join(root, "tmp")
  })
    .map(([key, value]) => `${key}: ${value}\n`)
    .join("")

const newsfeeds = ({ feeds = [], isCancelling }: Options, { programs }: Places): string =>
  [
    "ME:!*::",
    `innfeed!:!*:Tc,Wnm*:${path.join(programs, "innfeed")}`,
    ...feeds.map(({ by, identity, name }) =>
      by === "innfeed"
        ? `${name}/${identity}:${isCancelling === true ? "*" : "*,!control,!control.*"},!junk:Tm:innfeed!`
        : `${name}/${identity}:*,!control,!control.*,!junk:Tf,Wnm:`
    )
  ]
    .map((line) => `${line}\n`)
    .join("")

const innfeedConf = ({ feeds = [] }: Options, { root }: Places): string =>
  [
    `log-file: ${path.join(root, "log/innfeed.log")}`,
    `pid-file: ${path.join(root, "run/innfeed.pid")}`,
    `status-file: ${path.join(root, "log/innfeed.status")}`,
    `backlog-directory: ${path.join(root, "innfeed")}`,
    "initial-reconnect-time: 1",
    "max-reconnect-time: 1",
    "backlog-rotate-period: 1",
    "backlog-ckpt-period: 1",
    "backlog-newfile-period: 1",
    "no-backlog: false",
    "initial-connections: 1",
    "max-connections: 2",
    "streaming: true",
    ...feeds
      .filter(({ by }) => by === "innfeed")
      .map(({ name, port }) => `peer ${name} {\n  ip-name: 127.0.0.1\n  port-number: ${port}\n}`)
  ]
    .map((line) => `${line}\n`)
    .join("")
