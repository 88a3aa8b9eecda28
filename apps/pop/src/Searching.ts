/**
 * Turns a query into the subtrees that must be read and the area that filters them, and rows into answers. Pure.
 */
import type * as Answer from "@lupin/api/Answer"
import type * as PopOperations from "@lupin/api/PopOperations"
import * as Problem from "@lupin/api/Problem"
import type * as GroupCache from "@lupin/cache/GroupCache"
import * as App from "@lupin/core/App"
import * as GroupName from "@lupin/core/GroupName"
import * as Place from "@lupin/core/Place"
import { Result, Schema } from "effect"

/** What is read for a query. */
export interface Search {
  readonly subtrees: ReadonlyArray<GroupName.GroupName>
  readonly area?: Place.Area
}

/** An area becomes at most eight subtrees of S2 groups; a group is read with all below it. */
export const subtreesOf = (app: string, where: PopOperations.Where): Result.Result<Search, Problem.InvalidRequest> => {
  if (where._tag === "Near") {
    const area = Place.circle({ lat: where.lat, lon: where.lon }, where.radiusMetres)
    const subtrees = Place.cover(area).map((suffix) => GroupName.GroupName.make(`clientposts.${app}.s2.${suffix}`))
    return Result.succeed({ subtrees, area })
  }
  if (GroupName.isWithin(where.group, GroupName.GroupName.make(`clientposts.${app}`)))
    return Result.succeed({ subtrees: [where.group] })
  return Result.fail(
    Problem.invalidRequest([{ parameter: "group", detail: `is neither clientposts.${app} nor below it` }])
  )
}

/** The payload in its kind's newest version, as JSON; as it was posted where it cannot be read any more. */
const newest = (
  app: App.App,
  event: GroupCache.CachedEvent
): { readonly version: number; readonly payload: unknown } => {
  const { kind, version, payload } = event
  const decoded = App.decodePayload(app, kind, version, payload)
  const definition = App.kindOf(app, kind)
  if (Result.isFailure(decoded) || Result.isFailure(definition)) return { version, payload }
  const encoded = Schema.encodeUnknownResult(definition.success.schema)(decoded.success.payload)
  return Result.isFailure(encoded)
    ? { version, payload }
    : { version: definition.success.version, payload: encoded.success }
}

/** One row as clients see it. */
export const eventAnswer = (app: App.App, event: GroupCache.CachedEvent): Answer.EventAnswer => ({
  messageId: event.messageId,
  kind: event.kind,
  ...newest(app, event),
  ...(event.at === undefined ? {} : { at: event.at }),
  groups: event.groups,
  postedMillis: event.postedMillis
})
