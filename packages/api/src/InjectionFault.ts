/**
 * Tells why an injector refused an event, as the problem that its author gets.
 */
import * as Problem from "./Problem.ts"

/** A refusal of `core/Injection`, as the injector hands it on. */
export interface Refused {
  readonly reason: { readonly _tag: string; readonly field: string }
  readonly message: string
}

/** The event was withdrawn, or has expired: an outbox sets it aside, where a receipt would have it try for ever. */
export const removed: Refused = {
  reason: { _tag: "Removed", field: "Message-ID" },
  message: "the event was removed, and is not taken again"
}

/** The id is older than what may be injected: a repeat of what is known already is taken for one all the same. */
export const isTooOld = ({ reason }: Refused): boolean => reason._tag === "TooOld"

/** Whether the event was refused for the time inside its id alone: the same event under a new id may pass. */
export const isOfDate = ({ reason }: Pick<Problem.EventRefused, "reason">): boolean =>
  reason === "TooOld" || reason === "TooFarAhead"

/** Names the field of the post from which the refused part of the article was made. */
export const toProblem = ({ reason, message }: Refused): Problem.EventRefused =>
  Problem.eventRefused(reason._tag, message, [{ pointer: pointerOf(reason), detail: message }])

/** Dates and Message-ID come from the id, groups from the place, all else from the payload. */
const pointerOf = ({ _tag, field }: Refused["reason"]): string => {
  if (_tag === "TooOld" || _tag === "TooFarAhead") return "#/id"
  switch (field.toLowerCase()) {
    case "message-id":
    case "date":
    case "injection-date":
      return "#/id"
    case "newsgroups":
    case "lupin-location":
      return "#/at"
    default:
      return "#/payload"
  }
}
