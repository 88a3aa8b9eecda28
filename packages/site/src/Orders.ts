/**
 * What a running site does when an operator asks it over the control socket: `reload`, `erase <Message-ID>`.
 */
import * as MessageId from "@lupin/core/MessageId"
import type { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { Effect } from "effect"
import type * as Control from "./Control.ts"

/** The answer to one request line. `reload` brings the answer to the request of that name. */
export const answer =
  (spool: Spool["Service"], reload: Effect.Effect<Control.Answer>) =>
  (request: string): Effect.Effect<Control.Answer> => {
    const [word, ...rest] = request.trim().split(" ")
    if (word === "reload" && rest.length === 0) return reload
    if (word === "erase") return erase(spool, rest.join(" "))
    return Effect.succeed({ isDone: false, message: `no such request: ${word}` })
  }

/** What was known of an id when somebody asked to erase it. */
type Known = "held" | "removed" | "erased" | "unknown"

const outcomes: Record<Known, string> = {
  held: "is erased, and refused from now on: it was held",
  removed: "is erased, and refused from now on: it was removed before",
  erased: "was erased before, and is refused as it was",
  unknown: "was never here, as far as is remembered, and is refused from now on"
}

/** Erases articles for good; gives a line about each, in order. */
export const eraseAll = Effect.fnUntraced(function* (
  spool: Spool["Service"],
  ids: ReadonlyArray<MessageId.MessageId>
): Effect.fn.Return<ReadonlyArray<string>, SpoolUnavailable> {
  const known = yield* knownOf(spool, ids)
  yield* spool.erase(ids)
  return ids.map((id, at) => `${id} ${outcomes[known[at] ?? "unknown"]}`)
})

/** A damaged copy is here, though whoever asks for it is told that it is not. */
const knownOf = Effect.fnUntraced(function* (
  spool: Spool["Service"],
  ids: ReadonlyArray<MessageId.MessageId>
): Effect.fn.Return<ReadonlyArray<Known>, SpoolUnavailable> {
  const { damaged } = yield* spool.condition
  const statuses = yield* spool.status(ids)
  const erased = yield* spool.isErased(ids)
  return ids.map((id, at) => {
    if (erased[at] === true) return "erased"
    return damaged.includes(id) ? "held" : (statuses[at] ?? "unknown")
  })
})

/** Nothing of the article is on the disk any more when this is answered; what follows this spool learns that it is gone. */
const erase = (spool: Spool["Service"], text: string): Effect.Effect<Control.Answer> => {
  const id = MessageId.parse(text)
  if (id === undefined) return Effect.succeed({ isDone: false, message: `${text} is no Message-ID` })
  return Effect.gen(function* () {
    const [message = ""] = yield* eraseAll(spool, [id])
    yield* Effect.logInfo("erased an article for an operator")
    return { isDone: true, message }
  }).pipe(
    Effect.catchTag("SpoolUnavailable", ({ reason }) =>
      Effect.succeed({ isDone: false, message: `${id} is not erased yet, ask again: ${reason}` })
    )
  )
}
