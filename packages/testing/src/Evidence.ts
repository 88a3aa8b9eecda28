/**
 * What checkers are shown of a simulated fleet, in the order in which it happens.
 */
import type * as Answer from "@lupin/api/Answer"
import type * as Receipt from "@lupin/api/Receipt"
import type * as GeoPoint from "@lupin/core/GeoPoint"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Spool from "@lupin/spool/Spool"
import type * as BirdEvents from "./BirdEvents.ts"
import type * as Census from "./Census.ts"
import type * as Command from "./Command.ts"
import type * as Fleet from "./Fleet.ts"
import type * as Topology from "./Topology.ts"

interface At {
  /** True time. */
  readonly atMillis: number
}

interface AtSite extends At {
  readonly site: string
}

/** A door took articles; acknowledged or not. */
export interface Stored extends AtSite {
  readonly _tag: "Stored"
  readonly generation: string
  readonly articles: ReadonlyArray<{ readonly id: MessageId.MessageId; readonly stored: Spool.Stored }>
}

/** A site serves again: what its log holds, of which no door may have told, since its process died meanwhile. */
export interface Opened extends AtSite {
  readonly _tag: "Opened"
  readonly generation: string
  readonly held: ReadonlySet<MessageId.MessageId>
}

/** An author has the answer that the event is taken. */
export interface Acknowledged extends AtSite {
  readonly _tag: "Acknowledged"
  readonly generation: string
  readonly event: BirdEvents.BirdEvent
  readonly messageId: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
  readonly isNew: boolean
}

/** Any operation of a POP host came to an end. */
export interface Answered extends AtSite {
  readonly _tag: "Answered"
  readonly verb: Command.Verb
  /** Of the event that it was about. */
  readonly id?: MessageId.MessageId
  readonly askedMillis: number
  /** `ok`, the name of the problem, or `Silence` where nothing came in time. */
  readonly outcome: string
  /** The host was down, stopped, killed or paused meanwhile, or its clock was wrong. */
  readonly isDisturbed: boolean
}

/** A query was answered. */
export interface Shown extends AtSite {
  readonly _tag: "Shown"
  /** What was asked for. */
  readonly near: GeoPoint.GeoPoint
  readonly radiusMetres: number
  readonly answer: Answer.EventsAnswer
  readonly staleMillisMax: number
  /** What the source held when; `undefined` where its clock was set meanwhile. */
  readonly source: Census.Log | undefined
}

/** Somebody asked to withdraw an event. */
export interface Withdrawn extends AtSite {
  readonly _tag: "Withdrawn"
  readonly generation: string
  readonly id: MessageId.MessageId
  readonly isForged: boolean
  readonly state: Answer.Cancelled["state"] | "refused"
}

export interface Receipted extends AtSite {
  readonly _tag: "Receipted"
  readonly receipt: Receipt.Receipt
}

/** An operator has an article erased at a site. */
export interface Erased extends AtSite {
  readonly _tag: "Erased"
  readonly generation: string
  readonly id: MessageId.MessageId
  /** The site says that nothing of it is left; before that, it was told to. */
  readonly isDone: boolean
}

/** Octets without sense arrived at a port. */
export interface Probed extends AtSite {
  readonly _tag: "Probed"
  readonly octets: Uint8Array
  readonly outcome: "answered" | "closed" | "silent"
  readonly isDisturbed: boolean
}

/** One side of a feed has read what the other sent. `life` is another one with each process of `from`. */
interface OfFeed extends At {
  readonly from: string
  readonly life: number
  readonly fromGeneration: string
  readonly to: string
  readonly toGeneration: string
  /** Counts up: one that was made later has a higher number. */
  readonly connection: number
  readonly id: MessageId.MessageId
}

/** An article reached a peer by TAKETHIS. */
export interface Sent extends OfFeed {
  readonly _tag: "Sent"
}

/** The feed has its peer's last word on an article: 239, 438 or 439. */
export interface Settled extends OfFeed {
  readonly _tag: "Settled"
  /** The peer took it from this feed. */
  readonly isNew: boolean
}

export interface Fault extends At {
  readonly _tag: "Fault"
  readonly what: Fleet.Fault
}

/** The clock of a site was set. */
export interface Skewed extends AtSite {
  readonly _tag: "Skewed"
  /** Negative where it is behind. */
  readonly aheadMillis: number
}

/** An operator lets a site keep less from now on. */
export interface Retained extends AtSite {
  readonly _tag: "Retained"
  readonly retention: Topology.Retention
}

/** Some of the log of a site is not as it was written: what it lost it has to get from others. */
export interface Rotted extends AtSite {
  readonly _tag: "Rotted"
}

/** A process ended without anybody having killed it. */
export interface Died extends AtSite {
  readonly _tag: "Died"
}

/** All sites that serve were looked at. */
export interface Looked extends At {
  readonly _tag: "Looked"
  /** Everything has healed, and nothing new comes. */
  readonly isSettled: boolean
  readonly sites: ReadonlyArray<Census.Look>
  /** Names of sites that should serve by now. */
  readonly expected: ReadonlyArray<string>
  /** Who lacks what, where the fleet did not come to rest. */
  readonly differences: ReadonlyArray<string>
}

export type Evidence =
  | Stored
  | Opened
  | Acknowledged
  | Answered
  | Shown
  | Withdrawn
  | Erased
  | Receipted
  | Probed
  | Sent
  | Settled
  | Fault
  | Skewed
  | Retained
  | Rotted
  | Died
  | Looked
