/**
 * The services of a site as one connection may use them: what its grants do not cover is not there.
 */
import type * as GroupName from "@lupin/core/GroupName"
import * as GroupNames from "@lupin/core/GroupName"
import * as Headers from "@lupin/core/Headers"
import * as Namespace from "@lupin/core/Namespace"
import * as Prompt from "@lupin/core/Prompt"
import * as Wildmat from "@lupin/core/Wildmat"
import { InjectionRefused, type Injector } from "@lupin/spool/Injector"
import type { Received, Relayer } from "@lupin/spool/Relayer"
import type { Held, OverviewText, Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { Effect } from "effect"
import * as Access from "./Access.ts"
import * as Columns from "./Columns.ts"
import type { Reconciler } from "./Reconciler.ts"

/**
 * What a session may ask of a spool. Named one by one, so that a new method of the spool is out of its reach until it is
 * guarded here: nothing in this list stores, removes, or moves a follower.
 */
export type ReadableSpool = Pick<
  Spool["Service"],
  | "generation"
  | "status"
  | "isErased"
  | "find"
  | "findAll"
  | "at"
  | "group"
  | "groups"
  | "numbers"
  | "neighbour"
  | "overview"
  | "overviewText"
  | "overviewOf"
  | "changes"
  | "arrivedSince"
>

/** A spool in which only groups of `read` exist. */
export const spool = (whole: ReadableSpool, read: Wildmat.Wildmat): ReadableSpool => {
  if (Access.isUnbounded(read)) return whole
  const isRead = (group: GroupName.GroupName): boolean => Wildmat.matches(read, group)
  const isReadAny = ({ groups }: { readonly groups: ReadonlyArray<GroupName.GroupName> }): boolean =>
    groups.some(isRead)
  const ifRead = (held: Held | undefined): Held | undefined =>
    held?.numbers.some(([group]) => isRead(group)) === true ? held : undefined
  const find: ReadableSpool["find"] = (id) => Effect.map(whole.find(id), ifRead)
  return {
    generation: whole.generation,
    isErased: whole.isErased,
    find,
    findAll: (ids, bytesMax) => Prompt.map(whole.findAll(ids, bytesMax), (found) => found.map(ifRead)),
    at: (group, number) => (isRead(group) ? whole.at(group, number) : Effect.succeed(undefined)),
    group: (name) => (isRead(name) ? whole.group(name) : Effect.succeed(undefined)),
    groups: Effect.map(whole.groups, (groups) => groups.filter(({ name }) => isRead(name))),
    numbers: (group, low, high, limit) =>
      isRead(group) ? whole.numbers(group, low, high, limit) : Effect.succeed(none),
    neighbour: (group, number, direction) =>
      isRead(group) ? whole.neighbour(group, number, direction) : Effect.succeed(undefined),
    overview: (group, low, high, limit) =>
      isRead(group) ? whole.overview(group, low, high, limit) : Effect.succeed(none),
    overviewText: (group, low, high, limit) =>
      isRead(group) ? whole.overviewText(group, low, high, limit) : Effect.succeed(noText),
    overviewOf: (ids) =>
      Effect.flatMap(whole.overviewOf(ids), (lines) =>
        Effect.forEach(ids, (id, at) =>
          lines[at] === undefined
            ? Effect.succeed(undefined)
            : Effect.map(find(id), (held) => (held === undefined ? undefined : lines[at]))
        )
      ),
    changes: (after, limit) =>
      Effect.map(whole.changes(after, limit), (page) => ({ ...page, changes: page.changes.filter(isReadAny) })),
    arrivedSince: (sinceMillis, limit, after) =>
      Effect.map(whole.arrivedSince(sinceMillis, limit, after), (arrivals) =>
        // None is left out: a page that is not full is the last.
        arrivals.map((arrival) => ({ ...arrival, groups: arrival.groups.filter(isRead) }))
      ),
    status: (ids) =>
      Effect.flatMap(whole.status(ids), (statuses) =>
        Effect.forEach(ids, (id, at) =>
          statuses[at] === "held"
            ? Effect.map(find(id), (held) => (held === undefined ? ("unknown" as const) : ("held" as const)))
            : Effect.succeed(statuses[at] ?? "unknown")
        )
      )
  }
}

const none: ReadonlyArray<never> = []
const noText: OverviewText = { rows: 0, last: 0, pieces: none }

/** The door for posts alone: digests of this zone do not come from a session. */
export type PostInjector = Pick<Injector["Service"], "inject">

/**
 * Takes posts to groups of `post` alone, in the name of the user, who alone may withdraw them; a controller writes as operator where groups want one.
 * Who may write Approved is a moderator of a group of the post, and of all its moderated groups (RFC 5537 §3.5, step 6).
 */
export const injector = (
  whole: PostInjector,
  groups: Pick<ReadableSpool, "group">,
  grants: Access.Grants,
  user: string | undefined,
  secret: Effect.Effect<Uint8Array | undefined>
): PostInjector => ({
  inject: (proto, poster) => {
    const names = field(proto, "newsgroups")
    const stray = names.find((name) => !Wildmat.matches(grants.post, name))
    if (stray !== undefined) {
      const reason = { _tag: "NotPermitted", field: "Newsgroups" }
      return Effect.fail(new InjectionRefused({ reason, message: `you may not post to ${stray}` }))
    }
    const isOperator = grants.control && names.length > 0 && names.every((name) => mayWriteAsOperator(name))
    const from = user ?? poster.from
    const inject = (mayApprove: boolean) =>
      Effect.flatMap(user === undefined ? Effect.succeed(undefined) : secret, (known) =>
        whole.inject(proto, {
          writer: isOperator ? "operator" : poster.writer,
          mayApprove: mayApprove && poster.mayApprove !== false,
          ...(from === undefined ? {} : { from }),
          ...(user === undefined || known === undefined ? {} : { owner: { name: user, secret: known } })
        })
      )
    // A field that is not there needs no look at the groups.
    if (field(proto, "approved").length === 0) return inject(false)
    return isOperator || Access.isUnbounded(grants.approve)
      ? inject(true)
      : Effect.flatMap(isModerator(groups, grants.approve, names), inject)
  }
})

/** A group that is not known here may be moderated elsewhere. */
const isModerator = Effect.fnUntraced(function* (
  groups: Pick<ReadableSpool, "group">,
  approve: Wildmat.Wildmat,
  names: ReadonlyArray<string>
): Effect.fn.Return<boolean, SpoolUnavailable> {
  if (!names.some((name) => Wildmat.matches(approve, name))) return false
  for (const name of names) {
    if (Wildmat.matches(approve, name)) continue
    const parsed = GroupNames.parse(name)
    const group = parsed && (yield* groups.group(parsed))
    if (group === undefined || group.status === "m") return false
  }
  return true
})

/** The door for articles of peers; the connection's end is told to it by the server. */
export type PeerRelayer = Pick<Relayer["Service"], "offer" | "isHere" | "receive">

/** Takes articles of which every group is one of `feed`; others are refused, and nothing is remembered of them. */
export const relayer = (whole: PeerRelayer, feed: Wildmat.Wildmat): PeerRelayer => {
  if (Access.isUnbounded(feed)) return whole
  return {
    offer: whole.offer,
    isHere: whole.isHere,
    receive: (batch, peer, nowMillis) => {
      const strays = batch.map(({ octets }) => field(octets, "newsgroups").find((name) => !Wildmat.matches(feed, name)))
      const fit = batch.filter((_, at) => strays[at] === undefined)
      return Prompt.map(whole.receive(fit, peer, nowMillis), (received) => {
        let next = 0
        return strays.map((stray): Received => {
          if (stray !== undefined) return { _tag: "Refused", reason: `${stray} is not taken from you` }
          return received[next++] ?? { _tag: "Deferred", reason: "no answer" }
        })
      })
    }
  }
}

/** Compares what lies within `read` alone: all groups, or by the very wildmat that is granted. */
export const reconciler = (whole: Reconciler["Service"], read: Wildmat.Wildmat): Reconciler["Service"] => ({
  answer: (asked) =>
    Access.isUnbounded(read) || asked.of.wildmat.text === read.text
      ? whole.answer(asked)
      : Effect.succeed({ _tag: "NotPermitted" })
})

const mayWriteAsOperator = (group: string): boolean => {
  const name = GroupNames.parse(group)
  return name !== undefined && Namespace.mayWrite("operator", name)
}

/** What a field lists between commas, as written, without white space; nothing where there is no such field. */
const field = (octets: Uint8Array, name: string): ReadonlyArray<string> =>
  (Headers.get(octets, Columns.headerEnd(octets), name) ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
