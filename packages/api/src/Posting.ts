/**
 * Turns what a client posted into a proto-article, or says what is wrong with it. Pure.
 *
 * Id, dates and groups follow from the event alone, so every host makes the same article of it.
 */
import { Result } from "effect"
import * as App from "@lupin/core/App"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Routing from "@lupin/core/Routing"
import * as AppFault from "./AppFault.ts"
import type * as PopOperations from "./PopOperations.ts"
import * as Problem from "./Problem.ts"

/** An event ready for the injector. */
export interface Prepared {
  readonly event: Event.Event
  readonly messageId: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
  readonly proto: Uint8Array
}

export type Fault = AppFault.AppProblem

/** `mintedId` is a fresh UUIDv7, used only where the client sent none. */
export const prepare = (
  apps: ReadonlyArray<App.App>,
  post: PopOperations.PostEvent,
  mintedId: string
): Result.Result<Prepared, Fault> => {
  const known = Result.flatMap(App.find(apps, post.app), (app) =>
    Result.flatMap(App.kindOf(app, post.kind), ({ version }) =>
      App.decodePayload(app, post.kind, post.version ?? version, post.payload).pipe(
        Result.map(({ subject }) => ({ subject, version: post.version ?? version }))
      )
    )
  )
  if (Result.isFailure(known)) return Result.fail(AppFault.toProblem(post.app, known.failure))
  const { subject, version } = known.success
  const event = Event.make({
    app: post.app,
    kind: post.kind,
    version,
    id: post.id ?? mintedId,
    payload: post.payload,
    routing: post.routing ?? Routing.version,
    ...(post.at === undefined ? {} : { at: post.at })
  })
  if (event === undefined)
    return Result.fail(Problem.invalidRequest([{ pointer: "#/id", detail: "is no UUID of version 7 (RFC 9562)" }]))
  const groups = Routing.route(event)
  if (groups === undefined)
    return Result.fail(
      Problem.invalidRequest([
        { pointer: "#/routing", detail: `is none of the rules known here, up to ${Routing.version}` }
      ])
    )
  const from = EventArticle.mailbox(post.app, "someone")
  const proto = EventArticle.toProto(event, {
    groups,
    from,
    ...(subject === undefined ? {} : { subject }),
    ...(post.lock === undefined ? {} : { lock: post.lock })
  })
  return Result.succeed({ event, messageId: Event.messageId(event), groups, proto })
}
