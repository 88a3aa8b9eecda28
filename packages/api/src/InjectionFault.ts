/**
 * Tells why an injector refused an event, as the problem that its author gets.
 */
import type * as Injection from "@lupin/core/Injection"
import * as Problem from "./Problem.ts"

/** Names the field of the post from which the refused part of the article was made. */
export const toProblem = ({ reason, message }: Pick<Injection.Refused, "reason" | "message">): Problem.EventRefused =>
  Problem.eventRefused(reason._tag, message, [{ pointer: pointerOf(reason), detail: message }])

/** Dates and Message-ID come from the id, groups from the place, all else from the payload. */
const pointerOf = ({ _tag, field }: Injection.Reason): string => {
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
