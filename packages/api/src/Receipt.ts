/**
 * How far an article has come: accepted at a POP, durable in two zones, digested.
 *
 * An outbox forgets an event only at `durable`. Any host can rebuild a receipt from who holds the article.
 */
import { Schema } from "effect"
import * as MessageId from "@lupin/core/MessageId"

/** In the order in which they are reached; one may be reached before its forerunner is seen. */
export const stages = ["accepted", "durable", "digested"] as const
export const Stage = Schema.Literals(stages)
export type Stage = typeof Stage.Type

/** `heldBy` names the sites that say they hold the article, synced, in their current generation. */
export const Receipt = Schema.Struct({
  messageId: MessageId.MessageId,
  stages: Schema.Array(Stage),
  heldBy: Schema.Array(Schema.String)
}).annotate({ identifier: "Receipt", description: "How far an article has come, and which sites hold it." })
export type Receipt = typeof Receipt.Type

/** Zones that must hold an article before its author may forget it. */
export const durableZonesMin = 2

/** A site that holds an article; `zone` only for a central site. */
export interface Holder {
  readonly site: string
  readonly zone?: string
}

/** Builds the receipt of what is known: sites sorted and once each, stages in their order. */
export const of = (known: {
  readonly messageId: MessageId.MessageId
  readonly holders: ReadonlyArray<Holder>
  readonly isDigested: boolean
}): Receipt => {
  const zones = new Set(known.holders.flatMap((holder) => (holder.zone === undefined ? [] : [holder.zone])))
  const reached: Record<Stage, boolean> = {
    accepted: known.holders.length > 0,
    durable: zones.size >= durableZonesMin,
    digested: known.isDigested
  }
  return {
    messageId: known.messageId,
    stages: stages.filter((stage) => reached[stage]),
    heldBy: [...new Set(known.holders.map((holder) => holder.site))].sort()
  }
}

/** Whether the author may forget the event. */
export const isDurable = (receipt: Receipt): boolean => receipt.stages.includes("durable")
