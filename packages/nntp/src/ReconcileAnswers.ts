/**
 * The answer to our private XRECONCILE: `290` and a block, the frame of answers with a CRLF behind it.
 *
 * Other answers: 490 and the second at which history begins, 491 and the wildmat of what the peer is fed, 403 for later, 502 for groups not granted, 501 for octets that
 * are no frame.
 */
import type { Peer } from "@lupin/spool/Relayer"
import { Effect } from "effect"
import type { Output, Trouble } from "./Output.ts"
import type { Reconciler } from "./Reconciler.ts"
import * as Reply from "./Reply.ts"
import type * as Session from "./Session.ts"

/** What answers are made from. */
interface Reconciling {
  readonly reconciler?: Reconciler["Service"] | undefined
  readonly peer: Peer
}

export const answer = Effect.fnUntraced(function* (
  { peer, reconciler }: Reconciling,
  { frame, of }: Session.Task & { readonly _tag: "Reconcile" },
  out: Output
): Effect.fn.Return<void, Trouble> {
  const answered = yield* reconciler?.answer({ of, frame, peer }) ?? Effect.succeed({ _tag: "NotPermitted" as const })
  switch (answered._tag) {
    case "Frame":
      out.buffer.line(Reply.line(290))
      out.buffer.stuffed(answered.octets)
      out.buffer.text(`${answered.octets.length === 0 ? "" : "\r\n"}.\r\n`)
      return
    case "Since":
      return out.buffer.line(Reply.line(490, String(answered.from)))
    case "Groups":
      return out.buffer.line(Reply.line(491, answered.wildmat))
    case "Later":
      return out.buffer.line(Reply.line(403, answered.reason))
    case "NotPermitted":
      return out.buffer.line(Reply.line(502))
    case "Malformed":
      return out.buffer.line(Reply.line(501, "That is no frame"))
  }
})
