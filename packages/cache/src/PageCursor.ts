/**
 * The place in a list of events, newest first, after which the next page begins.
 *
 * It names the last event shown, not a row, so it stays good over scrapes, restarts and wipes.
 */
import * as MessageId from "@lupin/core/MessageId"

/** Events are ordered by time, then by Message-ID, both descending. */
export interface PageCursor {
  readonly postedMillis: number
  readonly messageId: MessageId.MessageId
}

/** Opaque text, safe in a URL after percent-encoding. */
export const encode = (cursor: PageCursor): string => `${cursor.postedMillis}.${cursor.messageId.slice(1, -1)}`

/** The cursor that `encode` wrote, or nothing. */
export const decode = (text: string): PageCursor | undefined => {
  const match = /^(-?\d{1,16})\.(.*)$/.exec(text)
  const postedMillis = Number(match?.[1])
  const messageId = MessageId.parse(`<${match?.[2] ?? ""}>`)
  if (messageId === undefined || !Number.isSafeInteger(postedMillis)) return undefined
  return { postedMillis, messageId }
}

/** Orders newest first; negative when `a` comes before `b`. Message-IDs are ASCII, so text order is octet order. */
export const compare = (a: PageCursor, b: PageCursor): number =>
  b.postedMillis - a.postedMillis || (a.messageId < b.messageId ? 1 : a.messageId > b.messageId ? -1 : 0)
