/**
 * What a running site does when an operator asks it over the control socket: `reload`, `erase <Message-ID>`.
 */
import * as MessageId from "@lupin/core/MessageId"
import type { Spool } from "@lupin/spool/Spool"
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

/** Nothing of the article is on the disk any more when this is answered; what follows this spool learns that it is gone. */
const erase = (spool: Spool["Service"], text: string): Effect.Effect<Control.Answer> => {
  const id = MessageId.parse(text)
  if (id === undefined) return Effect.succeed({ isDone: false, message: `${text} is no Message-ID` })
  return Effect.gen(function* () {
    const [before] = yield* spool.status([id])
    yield* spool.erase([id])
    const told = { held: "it was held", removed: "it was removed before", unknown: "it was not here" }
    yield* Effect.logInfo(`erased an article for an operator: ${told[before ?? "unknown"]}`)
    return { isDone: true, message: `${id} is erased and will not be taken again: ${told[before ?? "unknown"]}` }
  }).pipe(
    Effect.catchTag("SpoolUnavailable", ({ reason }) =>
      Effect.succeed({ isDone: false, message: `${id} is not erased yet, ask again: ${reason}` })
    )
  )
}
