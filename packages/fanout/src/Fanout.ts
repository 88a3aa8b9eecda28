/**
 * Hands one zone's articles on to many processes.
 *
 * Shaped as JetStream's durable pull consumers are: a publisher waits until its batch is taken, a repeat of a
 * Message-ID is taken once, and each consumer pulls, works, and acknowledges; what is not acknowledged comes again.
 * Handles of one consumer name share its work.
 */
import { Context, type Effect, Schema, type Scope } from "effect"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Wildmat from "@lupin/core/Wildmat"

/** One article on its way to the consumers whose subjects it matches. */
export interface Message {
  readonly id: MessageId.MessageId
  /** The article's one canonical group, so that a crosspost is delivered once. */
  readonly subject: GroupName.GroupName
  /** The article, or nothing where it is told of as removed. */
  readonly octets: Uint8Array
  /** Cancelled or superseded: a message of its own, with the id of what it removes. */
  readonly isRemoval: boolean
  /** Where the article stands in the spool it was read from. */
  readonly position: number
}

/** A message in the hands of a consumer; `sequence` is what to acknowledge. */
export interface Delivery extends Message {
  readonly sequence: number
  /** 1 at first, one more for each time it was handed out again. */
  readonly attempt: number
}

/** Takes nothing at the moment. Publish the same batch again: what was taken is not taken twice. */
export class FanoutUnavailable extends Schema.TaggedError<FanoutUnavailable>()("FanoutUnavailable", {
  reason: Schema.String
}) {}

/** What a consumer is, by name; the same name with other settings is refused by a lasting fan-out. */
export interface ConsumerOptions {
  readonly name: string
  readonly subjects: Wildmat.Wildmat
  /** How many deliveries may be unacknowledged at once. */
  readonly inFlightMax: number
  /** How long a delivery may stay unacknowledged before it is handed out again, in milliseconds. */
  readonly acknowledgeMillisMax: number
}

/** The pulling end. */
export interface Consumer {
  /** Waits for at least one delivery and gives at most `max`, oldest first. */
  readonly pull: (max: number) => Effect.Effect<ReadonlyArray<Delivery>, FanoutUnavailable>
  /** Marks deliveries as done; unknown sequences are passed over. */
  readonly acknowledge: (sequences: ReadonlyArray<number>) => Effect.Effect<void, FanoutUnavailable>
  /** Gives deliveries back, to be handed out again at once. */
  readonly release: (sequences: ReadonlyArray<number>) => Effect.Effect<void, FanoutUnavailable>
  /** Published and not yet acknowledged. */
  readonly pending: Effect.Effect<number, FanoutUnavailable>
}

export class Fanout extends Context.Service<
  Fanout,
  {
    /** Returns once each message is kept for every consumer that wants it; gives how many were no repeats. */
    readonly publish: (batch: ReadonlyArray<Message>) => Effect.Effect<number, FanoutUnavailable>
    /**
     * Opens a consumer: it gets what is published from now on, and, by the same name, what an earlier handle left
     * unacknowledged.
     */
    readonly consumer: (options: ConsumerOptions) => Effect.Effect<Consumer, FanoutUnavailable, Scope.Scope>
  }
>()("@lupin/fanout/Fanout") {}
