/**
 * What can change while a site runs, worked out of its configuration: rules, peers, certificate, groups, limits, accounts.
 *
 * Everything is read and checked before any of it is used, so that a reload takes all or nothing.
 */
import type * as FeedRule from "@lupin/core/FeedRule"
import * as Group from "@lupin/core/Group"
import * as GroupName from "@lupin/core/GroupName"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Access from "@lupin/nntp/Access"
import type * as AccessControl from "@lupin/nntp/AccessControl"
import * as Cidr from "@lupin/nntp/Cidr"
import * as FileAccounts from "@lupin/nntp/FileAccounts"
import type * as Gate from "@lupin/nntp/Gate"
import type * as Network from "@lupin/nntp/Network"
import * as ServerTls from "@lupin/nntp/ServerTls"
import type * as SiteLists from "@lupin/nntp/SiteLists"
import type * as GpgAuthority from "@lupin/spool/GpgAuthority"
import { Effect } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import type * as AccessConfig from "./AccessConfig.ts"
import * as CancelSecretFile from "./CancelSecretFile.ts"
import type * as Feeds from "./Feeds.ts"
import * as FileTrouble from "./FileTrouble.ts"
import type * as Flood from "./Flood.ts"
import * as Lists from "./Lists.ts"
import * as SiteConfig from "./SiteConfig.ts"
import * as Storage from "./Storage.ts"

export interface Settings {
  readonly policy: AccessControl.Policy
  readonly tls: ServerTls.Material | undefined
  readonly feeds: ReadonlyArray<Feeds.Feed>
  /** The sites that the flood knows. */
  readonly topology: Flood.Topology
  readonly limits: Partial<Gate.Limits>
  /** The file of the accounts. */
  readonly accounts: string
  readonly cancelSecret: CancelSecretFile.Source
  /** Whose control messages act here; nobody's where nothing is said. */
  readonly control: GpgAuthority.Options | undefined
  readonly groups: ReadonlyArray<Pick<Group.Group, "name" | "status" | "description">>
  readonly lists: SiteLists.SiteLists
}

type Fault = SiteConfig.ConfigInvalid["faults"][number]

/** Reads the files that the configuration names. Faults name the keys they are about, all at once. */
export const resolve = Effect.fn("Settings.resolve")(function* (
  config: SiteConfig.SiteConfig
): Effect.fn.Return<Settings, SiteConfig.ConfigInvalid> {
  const rules = rulesOf(config)
  const faults: Array<Fault> = [...strangers(config), ...blind(config, rules), ...Storage.faults(config)]
  const read = (key: string, file: string): string | undefined => {
    try {
      return FileSystem.readFileSync(file, "utf8")
    } catch (cause) {
      faults.push({ key, message: FileTrouble.said(file, cause) })
      return undefined
    }
  }
  const text = (key: string, file: string): string => read(key, file) ?? ""
  const tls = config.tls && {
    certificate: text("tls.certificate", config.tls.certificate),
    key: text("tls.key", config.tls.key),
    ...(config.tls.clientAuthorities === undefined
      ? {}
      : { clientAuthorities: text("tls.clientAuthorities", config.tls.clientAuthorities) })
  }
  if (config.listen.nntps !== undefined && tls === undefined) {
    faults.push({ key: "tls", message: "listen.nntps needs a certificate and its key" })
  }
  const feeds = config.peers.map((peer, at) =>
    feedOf(config, peer, tls, (key, file) => text(`peers[${at}].${key}`, file))
  )
  const wrong =
    tls === undefined || faults.length > 0 ? undefined : yield* Effect.option(Effect.flip(ServerTls.check(tls)))
  const secret = config.cancelSecret === undefined ? undefined : read("cancelSecret", config.cancelSecret)
  if (secret !== undefined && secret.length < CancelSecretFile.secretBytesMin) {
    faults.push({ key: "cancelSecret", message: `wants at least ${CancelSecretFile.secretBytesMin} octets` })
  }
  if (config.control !== undefined) read("control.keyring", config.control.keyring)
  const accounts = accountsFile(config)
  // A file that the operator names is looked at now; the site's own one when somebody logs in.
  const check = config.accounts === undefined ? Effect.void : FileAccounts.check(accounts)
  const unfit = yield* Effect.option(Effect.flip(check))
  if (unfit._tag === "Some") faults.push({ key: "accounts", message: `${accounts}: ${unfit.value.reason}` })
  if (wrong?._tag === "Some") faults.push({ key: "tls", message: wrong.value.reason })
  if (faults.length > 0)
    return yield* new SiteConfig.ConfigInvalid({ file: `the configuration of ${config.name}`, faults })
  return {
    policy: { rules, peers: config.peers.map(identityOf) },
    tls,
    feeds,
    limits: {
      connectionsMax: config.limits.connections,
      connectionsPerAddressMax: config.limits.connectionsPerAddress,
      idleMillisMax: config.limits.idleSeconds * 1000
    },
    accounts,
    cancelSecret: { file: CancelSecretFile.fileOf(config) },
    control: config.control && authorityOf(config.control),
    topology: topologyOf(config),
    groups: config.groups.flatMap(({ description, name, status }) => {
      const group = GroupName.parse(name)
      if (group === undefined || !Group.isStatus(status)) return []
      return [{ name: group, status, ...(description === undefined ? {} : { description }) }]
    }),
    lists: Lists.rows(config.lists ?? {})
  }
})

/** The configuration was checked, so its wildmats are some. */
const authorityOf = ({ grants, keyring }: NonNullable<SiteConfig.SiteConfig["control"]>): GpgAuthority.Options => ({
  keyring,
  grants: grants.map(({ groups, signer }) => ({ signer, groups: wildmat(groups) }))
})

/** How to talk to a peer; texts of files are read by `read`. */
export const endpointOf = (
  peer: SiteConfig.Peer,
  own: ServerTls.Material | undefined,
  read: (key: string, file: string) => string
): Network.Endpoint => ({
  ...SiteConfig.hostAndPort(peer.nntp),
  isCompressed: peer.compress,
  ...(peer.tls === undefined
    ? {}
    : {
        tls: {
          mode: peer.tls,
          ...(peer.serverName === undefined ? {} : { serverName: peer.serverName }),
          ...(peer.authorities === undefined ? {} : { authorities: read("authorities", peer.authorities) }),
          ...(own === undefined ? {} : { certificate: own.certificate, key: own.key })
        }
      }),
  ...(peer.login === undefined
    ? {}
    : {
        login: {
          user: peer.login.user,
          password: read("login.passwordFile", peer.login.passwordFile).trimEnd(),
          isClearTextAllowed: peer.login.isClearTextAllowed
        }
      })
})

/** The configuration with the files it names as absolute paths; relative ones start at `folder`. */
export const at = <C extends SiteConfig.SiteConfig>(folder: string, config: C): C => {
  const absolute = (file: string): string => Path.resolve(folder, file)
  const { accounts, cancelSecret, classes, control, tls } = config
  return {
    ...config,
    directory: absolute(config.directory),
    ...("cache" in config && config.cache.template !== undefined
      ? { cache: { ...config.cache, template: absolute(config.cache.template) } }
      : {}),
    ...(classes === undefined
      ? {}
      : {
          classes: classes.map((one) =>
            one.directory === undefined ? one : { ...one, directory: absolute(one.directory) }
          )
        }),
    ...(accounts === undefined ? {} : { accounts: absolute(accounts) }),
    ...(cancelSecret === undefined ? {} : { cancelSecret: absolute(cancelSecret) }),
    ...(control === undefined ? {} : { control: { ...control, keyring: absolute(control.keyring) } }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            certificate: absolute(tls.certificate),
            key: absolute(tls.key),
            ...(tls.clientAuthorities === undefined ? {} : { clientAuthorities: absolute(tls.clientAuthorities) })
          }
        }),
    peers: config.peers.map((peer) => ({
      ...peer,
      ...(peer.authorities === undefined ? {} : { authorities: absolute(peer.authorities) }),
      ...(peer.login === undefined ? {} : { login: { ...peer.login, passwordFile: absolute(peer.login.passwordFile) } })
    }))
  }
}

/** Where a site keeps its accounts. */
export const accountsFile = (config: SiteConfig.SiteConfig): string =>
  config.accounts ?? Path.join(config.directory, "accounts.json")

/** What may be different in a configuration that is taken without a restart. */
const changeable = new Set([
  "access",
  "peers",
  "flood",
  "tls",
  "groups",
  "lists",
  "limits",
  "accounts",
  "cancelSecret",
  "control"
])

/** One fault that names all keys which need a restart; a certificate can be replaced, not come or go. */
export const restartFaults = (before: SiteConfig.SiteConfig, after: SiteConfig.SiteConfig): ReadonlyArray<Fault> => {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  const of = (config: SiteConfig.SiteConfig, key: string): string =>
    JSON.stringify(Object.entries(config).find(([name]) => name === key)?.[1]) ?? ""
  const fixed = [...keys].filter((key) =>
    key === "tls"
      ? (before.tls === undefined) !== (after.tls === undefined)
      : !changeable.has(key) && of(before, key) !== of(after, key)
  )
  return fixed.length === 0 ? [] : [{ key: fixed.toSorted().join(", "), message: "needs a restart" }]
}

const wildmat = (text: string | undefined): Wildmat.Wildmat =>
  text === undefined ? Wildmat.nothing : (Wildmat.compile(text) ?? Wildmat.nothing)

const ranges = (texts: ReadonlyArray<string>): ReadonlyArray<Cidr.Cidr> =>
  texts.flatMap((text) => Cidr.parse(text) ?? [])

/** A site reads its own spool through its own port, and so does this machine, unless a rule before says otherwise. */
const rulesOf = ({ access, listen }: SiteConfig.SiteConfig): Access.Rules => {
  const { host } = SiteConfig.hostAndPort(listen.nntp)
  const own = [...Access.loopbackRanges, ...ranges([host])]
  if (access === undefined) return [{ ...Access.everything, from: own }, peersOnly]
  return [...access.map(ruleOf), { ...Access.nothing, read: Wildmat.everything, newnews: true, from: own }]
}

const peersOnly: Access.Rule = {
  ...Access.everything,
  post: Wildmat.nothing,
  approve: Wildmat.nothing,
  peers: ["*"]
}

const ruleOf = (rule: AccessConfig.Rule): Access.Rule => {
  const tls = rule.tls ?? (rule.users === undefined ? undefined : true)
  return {
    read: wildmat(rule.read),
    post: wildmat(rule.post),
    approve: wildmat(rule.approve),
    feed: wildmat(rule.feed),
    newnews: rule.newnews,
    control: rule.control,
    ...(rule.from === undefined ? {} : { from: ranges(rule.from) }),
    ...(tls === undefined ? {} : { tls }),
    ...(rule.users === undefined ? {} : { users: rule.users }),
    ...(rule.peers === undefined ? {} : { peers: rule.peers })
  }
}

const identityOf = ({ accept, name, path }: SiteConfig.Peer): AccessControl.PeerIdentity => ({
  name,
  path,
  addresses: ranges(accept.addresses),
  certificates: accept.certificates,
  users: accept.users
})

const feedOf = (
  { flood = {} }: SiteConfig.SiteConfig,
  peer: SiteConfig.Peer,
  own: ServerTls.Material | undefined,
  read: (key: string, file: string) => string
): Feeds.Feed => ({
  peer: { name: peer.name, identities: [peer.path], ...endpointOf(peer, own, read) },
  rule: ruleOfFeed(peer),
  ...flood,
  eager: peer.eager ?? false,
  isFlooding: peer.eager === undefined && SiteConfig.isOurs(peer),
  isOurs: SiteConfig.isOurs(peer)
})

/** This site and its peers as the flood sees them; of a POP's zones, the one that is named first is wanted most. */
const topologyOf = (config: SiteConfig.SiteConfig): Flood.Topology => {
  const zones = new Set(config.peers.flatMap(({ kind, name, zone }) => (kind === "central" ? [zone ?? name] : [])))
  const own = { name: config.name, kind: config.kind }
  const place = config.kind === "pop" ? { place: config.pop, zones: [...zones] } : { place: config.zone, zones: [] }
  return {
    own: { ...own, ...place },
    hosts: config.peers.flatMap(({ kind, name, path, pop, zone, zones: theirs = [] }) => {
      if (kind === "foreign") return []
      const ownPop = config.kind === "pop" ? config.pop : name
      const host =
        kind === "pop" ? { kind, place: pop ?? ownPop, zones: theirs } : { kind, place: zone ?? name, zones: [] }
      return [{ ...host, name, identities: [path.toLowerCase()] }]
    })
  }
}

const ruleOfFeed = ({ bytesMax, crosspostMax, distributions, feed, hopsMax }: SiteConfig.Peer): FeedRule.FeedRule => ({
  wildmat: wildmat(feed),
  ...(bytesMax === undefined ? {} : { bytesMax }),
  ...(crosspostMax === undefined ? {} : { crosspostMax }),
  ...(hopsMax === undefined ? {} : { hopsMax }),
  ...(distributions === undefined ? {} : { distributions })
})

/** A POP host that may not read its own spool would answer every query with nothing. */
const blind = ({ kind, listen }: SiteConfig.SiteConfig, rules: Access.Rules): ReadonlyArray<Fault> => {
  const { host } = SiteConfig.hostAndPort(listen.nntp)
  const isAny =
    Cidr.parse(host) === undefined || Cidr.normal(host) === "0.0.0.0" || Cidr.normal(host) === "0:0:0:0:0:0:0:0"
  const own = { address: isAny ? "127.0.0.1" : host, isSecure: false, user: undefined, peers: [] }
  return kind === "central" || Access.isUnbounded(Access.grants(rules, own).read)
    ? []
    : [
        {
          key: "access",
          message: `a POP host reads its own spool: begin with a rule for ${own.address} that reads "*"`
        }
      ]
}

/** Rules that name a peer who is none, and peers of one name: an operator's slip. */
const strangers = ({ access = [], peers }: SiteConfig.SiteConfig): ReadonlyArray<Fault> => {
  const names = new Set(peers.map(({ name }) => name))
  const unknown = access.flatMap((rule, at) =>
    (rule.peers ?? [])
      .filter((name) => name !== "*" && !names.has(name))
      .map((name) => ({ key: `access[${at}].peers`, message: `${name} is no peer of this configuration` }))
  )
  const twice = peers.flatMap(({ name }, at) =>
    peers.findIndex((other) => other.name === name) === at
      ? []
      : [{ key: `peers[${at}].name`, message: `${name} is the name of another peer` }]
  )
  return [...unknown, ...twice]
}
