/**
 * How the author of an event withdraws it: a secret on the phone, the lock that stands in the event's article, and the
 * cancel that its key makes. Every POP makes the same cancel of the same key, so that a retry anywhere is a repeat.
 */
import * as Article from "./Article.ts"
import * as Base32 from "./Base32.ts"
import * as CancelLock from "./CancelLock.ts"
import * as Event from "./Event.ts"
import * as EventArticle from "./EventArticle.ts"
import type * as MessageId from "./MessageId.ts"
import * as Sha256 from "./Sha256.ts"

/** The lock of the event with that UUID, for its article. The secret stays with the author. */
export const lockOf = (secret: Uint8Array, uuid: string): CancelLock.Lock => CancelLock.mintLock(secret, uuid)

/** What opens it. Whoever has it can withdraw this event, and no other. */
export const keyOf = (secret: Uint8Array, uuid: string): CancelLock.Key => CancelLock.mintKey(secret, uuid)

/**
 * The proto-article that withdraws an event; nothing where the id is none of an event. Where it goes follows from the app
 * alone, since a POP need not know the event: a site files it among the control messages, and feeds go by its group.
 */
export const toProto = (target: MessageId.MessageId, key: CancelLock.Key): Uint8Array | undefined => {
  const id = Event.parseMessageId(target)
  if (id === undefined) return undefined
  const hash = Base32.encode(Sha256.hashText(`${target} ${key}`)).slice(0, hashCharsMax)
  return Article.make(
    [
      ["From", EventArticle.mailbox(id.app, "someone")],
      ["Newsgroups", `clientposts.${id.app}.topic.cancel`],
      ["Subject", `cmsg cancel ${target}`],
      ["Message-ID", `<cancel.${hash}@${id.app}.lupin>`],
      ["Control", `cancel ${target}`],
      ["Cancel-Key", key]
    ],
    ""
  )
}

/** 130 bits: none meets another by chance. */
const hashCharsMax = 26
