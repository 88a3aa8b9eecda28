/**
 * Several articles found at once, as many as memory allows.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type { Held } from "../Spool.ts"

/** `find` for ids from the front until their articles take `bytesMax` octets. */
export const upTo = (
  find: (id: MessageId.MessageId) => Held | undefined,
  ids: ReadonlyArray<MessageId.MessageId>,
  bytesMax: number
): ReadonlyArray<Held | undefined> => {
  const found: Array<Held | undefined> = []
  let bytes = 0
  for (const id of ids) {
    if (bytes >= bytesMax) break
    const held = find(id)
    found.push(held)
    bytes += held?.bytes ?? 0
  }
  return found
}
