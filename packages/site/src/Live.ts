/**
 * The settings of a running site, replaced as a whole when its configuration is read again.
 */
import * as AccessControl from "@lupin/nntp/AccessControl"
import type * as Gate from "@lupin/nntp/Gate"
import type * as Network from "@lupin/nntp/Network"
import { PeerStats } from "@lupin/nntp/PeerStats"
import { Showings } from "@lupin/nntp/Showings"
import * as ServerTls from "@lupin/nntp/ServerTls"
import type * as SiteLists from "@lupin/nntp/SiteLists"
import type * as GpgAuthority from "@lupin/spool/GpgAuthority"
import * as Spool from "@lupin/spool/Spool"
import { Context, Effect, Layer, Semaphore } from "effect"
import type * as CancelSecretFile from "./CancelSecretFile.ts"
import * as Feeds from "./Feeds.ts"
import type { ReconcileRequests } from "./ReconcileRequests.ts"
import * as Settings from "./Settings.ts"
import * as SiteConfig from "./SiteConfig.ts"

export class Live extends Context.Service<
  Live,
  {
    readonly peers: () => ReadonlyArray<SiteConfig.Peer>
    /** How to reach a peer now; undefined where it is no peer any more. */
    readonly endpoint: (peer: string) => Network.Endpoint | undefined
    readonly tls: ServerTls.ServerTls | undefined
    readonly limits: () => Partial<Gate.Limits>
    /** The file of the accounts. */
    readonly accounts: () => string
    /** The same until the configuration is read again. */
    readonly cancelSecret: () => CancelSecretFile.Source
    readonly control: () => GpgAuthority.Options | undefined
    /** The policy in force, for `AccessControl`. */
    readonly policy: () => AccessControl.Policy
    /** What LIST answers with, as the operator wrote it. */
    readonly lists: () => SiteLists.SiteLists
    /**
     * Takes all of a new configuration, or nothing of it; says in a line what is different now. Connections go on;
     * feeds of peers that stay the same are not disturbed.
     */
    readonly apply: (config: SiteConfig.SiteConfig) => Effect.Effect<string, SiteConfig.ConfigInvalid>
  }
>()("@lupin/site/Live") {}

/** The settings of a site, with its feeds and its rules. */
export const layer = (
  config: SiteConfig.SiteConfig
): Layer.Layer<Live | PeerStats | Showings, SiteConfig.ConfigInvalid, Spool.Spool | ReconcileRequests> =>
  Layer.effect(Live, make(config)).pipe(
    Layer.provideMerge(Layer.merge(PeerStats.layer, Showings.layer)),
    Layer.flatMap((context) =>
      Layer.mergeAll(
        Layer.succeedContext(context),
        Layer.succeed(AccessControl.AccessControl, { current: Context.get(context, Live).policy })
      )
    )
  )

const make = Effect.fnUntraced(function* (first: SiteConfig.SiteConfig) {
  const spool = yield* Spool.Spool
  const feeds = yield* Feeds.make
  const lock = yield* Semaphore.make(1)
  let config = first
  let settings = yield* Settings.resolve(first)
  const tls = settings.tls && (yield* ServerTls.make(settings.tls).pipe(Effect.mapError(atTls(first))))
  yield* setGroups(spool, [], settings.groups).pipe(Effect.mapError(atGroups(first)))
  yield* feeds.set(settings.feeds, settings.topology)

  const apply = Effect.fnUntraced(function* (next: SiteConfig.SiteConfig) {
    const fixed = Settings.restartFaults(config, next)
    if (fixed.length > 0) return yield* new SiteConfig.ConfigInvalid({ file: next.name, faults: fixed })
    const resolved = yield* Settings.resolve(next)
    // What may still fail comes first; behind it nothing does.
    yield* setGroups(spool, settings.groups, resolved.groups).pipe(Effect.mapError(atGroups(next)))
    if (tls !== undefined && resolved.tls !== undefined) {
      yield* tls.replace(resolved.tls).pipe(Effect.mapError(atTls(next)))
    }
    const found = yield* feeds.set(resolved.feeds, resolved.topology)
    config = next
    settings = resolved
    return summary(found, resolved)
  }, Effect.uninterruptible)

  return Live.of({
    peers: () => config.peers,
    endpoint: (name) => settings.feeds.find(({ peer }) => peer.name === name)?.peer,
    tls,
    limits: () => settings.limits,
    accounts: () => settings.accounts,
    cancelSecret: () => settings.cancelSecret,
    control: () => settings.control,
    policy: () => settings.policy,
    lists: () => settings.lists,
    apply: (next) => lock.withPermits(1)(apply(next))
  })
})

type Groups = Settings.Settings["groups"]

/** Adds what is new or has another status, and removes what was listed before and is no more. */
const setGroups = Effect.fnUntraced(function* (
  spool: Spool.Spool["Service"],
  before: Groups,
  after: Groups
): Effect.fn.Return<void, Spool.SpoolUnavailable> {
  const held = new Map((yield* spool.groups).map((group) => [group.name, group]))
  const listed = new Set(after.map(({ name }) => name))
  for (const { description, name, status } of after) {
    const there = held.get(name)
    const isSame = there?.status === status && (description ?? there.description) === there.description
    if (!isSame) yield* spool.addGroup(name, status, description)
  }
  for (const { name } of before) if (!listed.has(name)) yield* spool.removeGroup(name)
})

const summary = ({ changed, started, stopped }: Feeds.Difference, { groups, policy }: Settings.Settings): string => {
  const part = (what: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
    names.length === 0 ? [] : [`${what} ${names.join(", ")}`]
  return [
    `${policy.rules.length} rules`,
    `${policy.peers.length} peers`,
    `${groups.length} groups`,
    ...part("new:", started),
    ...part("changed:", changed),
    ...part("gone:", stopped)
  ].join("; ")
}

const fault = (config: SiteConfig.SiteConfig, key: string, message: string): SiteConfig.ConfigInvalid =>
  new SiteConfig.ConfigInvalid({ file: config.name, faults: [{ key, message }] })

const atTls =
  (config: SiteConfig.SiteConfig) =>
  ({ reason }: ServerTls.TlsInvalid): SiteConfig.ConfigInvalid =>
    fault(config, "tls", reason)

const atGroups =
  (config: SiteConfig.SiteConfig) =>
  ({ reason }: Spool.SpoolUnavailable): SiteConfig.ConfigInvalid =>
    fault(config, "groups", `the spool cannot change groups now: ${reason}`)
