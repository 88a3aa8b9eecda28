/**
 * The services of a site as one connection may use them: what its grants do not cover is not there.
 */
import type * as GroupName from "@lupin/core/GroupName"
import * as GroupNames from "@lupin/core/GroupName"
import * as Headers from "@lupin/core/Headers"
import * as Namespace from "@lupin/core/Namespace"
import * as Wildmat from "@lupin/core/Wildmat"
import { InjectionRefused, type Injector } from "@lupin/spool/Injector"
import type { Received, Relayer } from "@lupin/spool/Relayer"
import type { Held, Spool } from "@lupin/spool/Spool"
import { Effect } from "effect"
import * as Access from "./Access.ts"
import * as Columns from "./Columns.ts"
import type { Reconciler } from "./Reconciler.ts"

/** A spool in which only groups of `read` exist. Followers, stores and positions are as in the whole one. */
export const spool = (whole: Spool["Service"], read: Wildmat.Wildmat): Spool["Service"] => {
  if (Access.isUnbounded(read)) return whole
  const isRead = (group: GroupName.GroupName): boolean => Wildmat.matches(read, group)
  const isReadAny = ({ groups }: { readonly groups: ReadonlyArray<GroupName.GroupName> }): boolean =>
    groups.some(isRead)
  const ifRead = (held: Held | undefined): Held | undefined =>
    held?.numbers.some(([group]) => isRead(group)) === true ? held : undefined
  const find: Spool["Service"]["find"] = (id) => Effect.map(whole.find(id), ifRead)
  return {
    ...whole,
    find,
    findAll: (ids, bytesMax) => Effect.map(whole.findAll(ids, bytesMax), (found) => found.map(ifRead)),
    group: (name) => (isRead(name) ? whole.group(name) : Effect.succeed(undefined)),
    groups: Effect.map(whole.groups, (groups) => groups.filter(({ name }) => isRead(name))),
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

/** Takes posts to groups of `post` alone, in the name of the user; a controller writes as operator where groups want one. */
export const injector = (
  whole: Injector["Service"],
  grants: Access.Grants,
  user: string | undefined
): Injector["Service"] => ({
  ...whole,
  inject: (proto, poster) => {
    const groups = newsgroups(proto)
    const stray = groups.find((group) => !Wildmat.matches(grants.post, group))
    if (stray !== undefined) {
      const reason = { _tag: "NotPermitted", field: "Newsgroups" }
      return Effect.fail(new InjectionRefused({ reason, message: `you may not post to ${stray}` }))
    }
    const isOperator = grants.control && groups.every((group) => mayWriteAsOperator(group))
    const from = user ?? poster.from
    return whole.inject(proto, {
      writer: isOperator && groups.length > 0 ? "operator" : poster.writer,
      ...(from === undefined ? {} : { from })
    })
  }
})

/** Takes articles of which every group is one of `feed`; others are refused, and nothing is remembered of them. */
export const relayer = (whole: Relayer["Service"], feed: Wildmat.Wildmat): Relayer["Service"] => {
  if (Access.isUnbounded(feed)) return whole
  return {
    ...whole,
    receive: (batch, peer) => {
      const strays = batch.map(({ octets }) => newsgroups(octets).find((group) => !Wildmat.matches(feed, group)))
      const fit = batch.filter((_, at) => strays[at] === undefined)
      return Effect.map(whole.receive(fit, peer), (received) => {
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

/** As written, without white space; none where there is no such field. */
const newsgroups = (octets: Uint8Array): ReadonlyArray<string> =>
  (Headers.get(octets, Columns.headerEnd(octets), "newsgroups") ?? "")
    .split(",")
    .map((group) => group.trim())
    .filter((group) => group !== "")
