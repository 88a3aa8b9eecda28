/**
 * What a zone that knows nothing but one digestion's inputs would post, as readers read it.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as DigestArticle from "@lupin/core/DigestArticle"
import type * as DigestionState from "@lupin/digest/DigestionState"
import * as Events from "./Events.ts"

export interface EmittedDigest extends DigestArticle.Read {
  readonly messageId: MessageId.MessageId
}

/** The digest of each key, by key, once all inputs taken at time 0 are due. Throws where an emission is no digest. */
export const of = (state: DigestionState.DigestionState): ReadonlyMap<string, EmittedDigest> => {
  const { emissions } = state.advance(state.digestion.due.atMostMillis)
  return new Map(
    emissions.map(({ octets }) => {
      const article = Events.filed(octets)
      const digest = DigestArticle.read(article)
      if (DigestArticle.isNotADigest(digest))
        throw new Error(`${state.digestion.name} emits what is no digest: ${digest.reason}`)
      return [digest.key, { messageId: article.messageId, ...digest }] as const
    })
  )
}
