/**
 * The rules of an outbox as a pure machine: what a state and an input lead to, and what is to be done about it.
 *
 * Promises: an event is forgotten only when a receipt says `durable` or its author discards it; it keeps one id over all
 * attempts, unless every POP that was asked has refused it for the time inside that id, or its author wants it posted anew;
 * the id is kept before it is first sent; no more is held than the limits say. Times are milliseconds.
 */
import { Data } from "effect"
import type * as PopOperations from "@lupin/api/PopOperations"
import * as Receipt from "@lupin/api/Receipt"
import type * as MessageId from "@lupin/core/MessageId"

export interface Limits {
  /** Events held, those set aside included. */
  readonly eventsMax: number
  /** Characters of all payloads held, as JSON. */
  readonly charactersMax: number
  /** Requests under way at once. */
  readonly inFlightMax: number
  /** Pause once every POP has failed; each further round doubles it, up to `pauseMillisMax`, with jitter. */
  readonly pauseMillisMin: number
  readonly pauseMillisMax: number
  /** POPs to try; after a failure the next one gets its turn. */
  readonly pops: number
}

export const limitsDefault: Limits = {
  eventsMax: 1_000,
  charactersMax: 20_000_000,
  inFlightMax: 4,
  pauseMillisMin: 500,
  pauseMillisMax: 60_000,
  pops: 1
}

/** What an author wrote: a post without its id. */
export type Draft = Omit<PopOperations.PostEvent, "id">

/** Why an event was set aside: the problem, in the words of the POP (RFC 9457). */
export interface Refusal {
  readonly type: string
  readonly status: number
  readonly title: string
  readonly detail?: string
  readonly errors?: ReadonlyArray<{ readonly pointer?: string; readonly parameter?: string; readonly detail: string }>
}

/** What of an entry survives a restart. `slot` is its place in the order of writing. */
export interface Kept {
  readonly slot: number
  readonly draft: Draft
  readonly id?: string
  readonly messageId?: MessageId.MessageId
  readonly refusal?: Refusal
}

/** An event in the outbox. `Writing` waits for a POP to accept it, `Accepted` for it to become durable. */
export interface Entry extends Kept {
  readonly phase: "Writing" | "Accepted" | "SetAside"
  readonly isInFlight: boolean
  /** Failures in a row, or receipts in a row that were not durable yet. */
  readonly attempts: number
  /** POPs in a row that do not know what this event is. */
  readonly strangers: number
  /** A POP may have taken it under its id without an answer that reached us: only its author may have it posted anew. */
  readonly mayBeHeld: boolean
  /** It has got a new id for the time inside its first one; a second time its author is asked. */
  readonly isRedated: boolean
  readonly notBeforeMillis: number
  /** Index of the POP whose turn it is. */
  readonly pop: number
}

export interface State {
  readonly limits: Limits
  readonly nextSlot: number
  readonly characters: number
  /** By slot, in the order of writing. */
  readonly entries: ReadonlyMap<number, Entry>
}

/**
 * What a refusal is about: the event's own content, which no other POP would take; the time inside its id, made under a
 * wrong clock or too long ago; or this POP, which does not know what the event is.
 */
export type Ground = "content" | "date" | "pop"

export type Input = Data.TaggedEnum<{
  Written: { readonly draft: Draft; readonly nowMillis: number }
  /** A request may start; `freshId` is used only if the event has none. */
  Begun: { readonly slot: number; readonly freshId: string }
  Posted: {
    readonly slot: number
    readonly receipt: Receipt.Receipt
    readonly nowMillis: number
    readonly jitter: number
  }
  Receipted: {
    readonly slot: number
    readonly receipt: Receipt.Receipt
    readonly nowMillis: number
    readonly jitter: number
  }
  /** The POP holds no such article (any more): it is posted again, under the same id. */
  Missing: { readonly slot: number; readonly nowMillis: number }
  Refused: {
    readonly slot: number
    readonly refusal: Refusal
    readonly ground: Ground
    readonly nowMillis: number
    readonly jitter: number
  }
  /** Nobody knows whether it was accepted. */
  Failed: { readonly slot: number; readonly nowMillis: number; readonly jitter: number }
  /** The author wants one that was set aside tried again. */
  Revived: { readonly slot: number; readonly nowMillis: number }
  /** The author wants one that was set aside posted as a new event. */
  Renewed: { readonly slot: number; readonly nowMillis: number }
  /** The author gives up one that was set aside. */
  Discarded: { readonly slot: number }
  /** The phone has its network back: pauses that failures without it brought about are over. */
  Connected: { readonly nowMillis: number }
}>
export const Input = Data.taggedEnum<Input>()

/** What is to be done, in this order. `Keep` is done before a `Post` that follows it. */
export type Action = Data.TaggedEnum<{
  Keep: { readonly kept: Kept }
  Post: { readonly slot: number; readonly pop: number; readonly event: PopOperations.PostEvent }
  Ask: { readonly slot: number; readonly pop: number; readonly messageId: MessageId.MessageId }
  Forget: { readonly slot: number }
  /** The outbox is full; the author must be told. */
  TurnAway: { readonly limit: "eventsMax" | "charactersMax" }
}>
export const Action = Data.taggedEnum<Action>()

export interface Step {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

export const empty = (limits: Limits): State => ({ limits, nextSlot: 1, characters: 0, entries: new Map() })

/** The state after a restart: what was under way is tried again. New events go above all of `slotsTaken`. */
export const restore = (limits: Limits, kept: ReadonlyArray<Kept>, slotsTaken: ReadonlyArray<number> = []): State => {
  const entries = kept
    .toSorted((left, right) => left.slot - right.slot)
    .map((one): [number, Entry] => [one.slot, revive(one)])
  return {
    limits,
    nextSlot: [...slotsTaken, ...kept.map(({ slot }) => slot)].reduce((next, slot) => Math.max(next, slot + 1), 1),
    characters: entries.reduce((sum, [, entry]) => sum + charactersOf(entry.draft), 0),
    entries: new Map(entries)
  }
}

/** How many events wait for what, for an app to show: "3 not sent yet". */
export interface Counts {
  /** No POP has accepted them yet, as far as the outbox knows. */
  readonly writing: number
  /** A POP has them, two zones do not yet. */
  readonly accepted: number
  /** Refused: they wait for their author to revive or discard them. */
  readonly setAside: number
}

export const counts = (entries: ReadonlyArray<Entry>): Counts => {
  const inPhase = (phase: Entry["phase"]) => entries.filter((entry) => entry.phase === phase).length
  return { writing: inPhase("Writing"), accepted: inPhase("Accepted"), setAside: inPhase("SetAside") }
}

/** What the outbox should do next: start a request, wait until a time, or wait for something to happen. */
export type Next =
  | { readonly _tag: "Begin"; readonly slot: number }
  | { readonly _tag: "Wait"; readonly untilMillis: number }
  | { readonly _tag: "Idle" }

export const next = (state: State, nowMillis: number): Next => {
  let inFlight = 0
  let due: Entry | undefined
  for (const entry of state.entries.values()) {
    if (entry.isInFlight) inFlight += 1
    else if (entry.phase !== "SetAside" && (due === undefined || entry.notBeforeMillis < due.notBeforeMillis))
      due = entry
  }
  if (due === undefined || inFlight >= state.limits.inFlightMax) return { _tag: "Idle" }
  // No pause is that long: the phone's clock was set back.
  const isClockBack = due.notBeforeMillis > nowMillis + state.limits.pauseMillisMax
  return due.notBeforeMillis <= nowMillis || isClockBack
    ? { _tag: "Begin", slot: due.slot }
    : { _tag: "Wait", untilMillis: due.notBeforeMillis }
}

/** Total: an input that does not fit the entry's phase changes nothing. */
export const step = (state: State, input: Input): Step => {
  if (input._tag === "Written") return write(state, input.draft, input.nowMillis)
  if (input._tag === "Connected") return { state: connected(state, input.nowMillis), actions: [] }
  const entry = state.entries.get(input.slot)
  if (entry === undefined) return { state, actions: [] }
  switch (input._tag) {
    case "Begun":
      return begin(state, entry, input.freshId)
    case "Posted":
      return entry.isInFlight && entry.phase === "Writing"
        ? settle(state, accepted(entry, input.receipt), input)
        : unchanged(state)
    case "Receipted":
      return entry.isInFlight && entry.phase === "Accepted" ? settle(state, entry, input) : unchanged(state)
    case "Missing":
      return entry.isInFlight && entry.phase === "Accepted"
        ? put(state, { ...entry, phase: "Writing", isInFlight: false, notBeforeMillis: input.nowMillis })
        : unchanged(state)
    case "Refused":
      return entry.isInFlight ? refuse(state, entry, input) : unchanged(state)
    case "Failed":
      return entry.isInFlight
        ? put(state, { ...postpone(state.limits, entry, input), mayBeHeld: true })
        : unchanged(state)
    case "Revived":
      return entry.phase === "SetAside" ? keep(state, writingAgain(entry, input.nowMillis)) : unchanged(state)
    case "Renewed":
      return entry.phase === "SetAside"
        ? keep(state, { ...anew(entry, input.nowMillis), isRedated: false })
        : unchanged(state)
    case "Discarded":
      return entry.phase === "SetAside" ? forget(state, entry) : unchanged(state)
  }
}

/** Characters a draft counts for. */
export const charactersOf = (draft: Draft): number => JSON.stringify(draft.payload)?.length ?? 0

/** The pause after so many failures: doubled each time, and by jitter (0 to 1) between half of it and all of it. */
export const pauseMillis = (limits: Limits, attempts: number, jitter: number): number => {
  const whole = Math.min(limits.pauseMillisMax, limits.pauseMillisMin * 2 ** Math.min(attempts, doublingsMax))
  return Math.round(whole / 2 + (whole / 2) * jitter)
}

/** Beyond this the power of two would leave the range in which numbers are exact. */
const doublingsMax = 30

interface Timed {
  readonly nowMillis: number
  readonly jitter: number
}

const unchanged = (state: State): Step => ({ state, actions: [] })

const put = (state: State, entry: Entry, actions: ReadonlyArray<Action> = []): Step => ({
  state: { ...state, entries: new Map(state.entries).set(entry.slot, entry) },
  actions
})

const keep = (state: State, entry: Entry): Step => put(state, entry, [Action.Keep({ kept: keptOf(entry) })])

const forget = (state: State, entry: Entry): Step => {
  const entries = new Map(state.entries)
  entries.delete(entry.slot)
  return {
    state: { ...state, entries, characters: state.characters - charactersOf(entry.draft) },
    actions: [Action.Forget({ slot: entry.slot })]
  }
}

const write = (state: State, draft: Draft, nowMillis: number): Step => {
  const characters = state.characters + charactersOf(draft)
  if (state.entries.size >= state.limits.eventsMax) {
    return { state, actions: [Action.TurnAway({ limit: "eventsMax" })] }
  }
  if (characters > state.limits.charactersMax) return { state, actions: [Action.TurnAway({ limit: "charactersMax" })] }
  const slot = state.nextSlot
  return keep({ ...state, characters, nextSlot: slot + 1 }, { ...revive({ slot, draft }), notBeforeMillis: nowMillis })
}

const connected = (state: State, nowMillis: number): State => {
  const entries = [...state.entries].map(([slot, entry]): [number, Entry] =>
    entry.isInFlight || entry.notBeforeMillis <= nowMillis
      ? [slot, entry]
      : [slot, { ...entry, attempts: 0, notBeforeMillis: nowMillis }]
  )
  return { ...state, entries: new Map(entries) }
}

const begin = (state: State, entry: Entry, freshId: string): Step => {
  if (entry.isInFlight || entry.phase === "SetAside") return unchanged(state)
  const { slot, pop, messageId } = entry
  if (entry.phase === "Accepted" && messageId !== undefined) {
    return put(state, { ...entry, isInFlight: true }, [Action.Ask({ slot, pop, messageId })])
  }
  const id = entry.id ?? freshId
  const sending = { ...entry, id, isInFlight: true }
  const post = Action.Post({ slot, pop, event: { ...entry.draft, id } })
  return put(state, sending, entry.id === undefined ? [Action.Keep({ kept: keptOf(sending) }), post] : [post])
}

const accepted = (entry: Entry, { messageId }: Receipt.Receipt): Entry => ({
  ...entry,
  phase: "Accepted",
  messageId,
  attempts: 0,
  mayBeHeld: true
})

/** A receipt came: the event is durable and forgotten, or asked for again later. */
const settle = (state: State, entry: Entry, told: Timed & { readonly receipt: Receipt.Receipt }): Step => {
  if (Receipt.isDurable(told.receipt) && told.receipt.messageId === entry.messageId) return forget(state, entry)
  const notBeforeMillis = told.nowMillis + pauseMillis(state.limits, entry.attempts, told.jitter)
  return keep(state, { ...entry, isInFlight: false, strangers: 0, attempts: entry.attempts + 1, notBeforeMillis })
}

const refuse = (
  state: State,
  entry: Entry,
  input: Timed & { readonly refusal: Refusal; readonly ground: Ground }
): Step => {
  const isWriting = entry.phase === "Writing"
  if (isWriting && input.ground === "date" && !entry.mayBeHeld && !entry.isRedated) {
    return keep(state, { ...anew(entry, input.nowMillis), isRedated: true })
  }
  const strangers = entry.strangers + 1
  const isPoison = isWriting && (input.ground !== "pop" || strangers >= state.limits.pops)
  if (!isPoison) return put(state, { ...postpone(state.limits, entry, input), strangers })
  return keep(state, { ...entry, phase: "SetAside", isInFlight: false, strangers, refusal: input.refusal })
}

/** The next POP gets its turn at once; a pause comes when all have failed. */
const postpone = (limits: Limits, entry: Entry, { nowMillis, jitter }: Timed): Entry => {
  const pops = Math.max(1, limits.pops)
  const attempts = entry.attempts + 1
  const pause = attempts % pops === 0 ? pauseMillis(limits, attempts / pops - 1, jitter) : 0
  return {
    ...entry,
    isInFlight: false,
    attempts,
    notBeforeMillis: nowMillis + pause,
    pop: (entry.pop + 1) % pops
  }
}

/** As if it had never been sent: the next attempt mints an id. */
const anew = ({ id: _, messageId: __, ...entry }: Entry, nowMillis: number): Entry => ({
  ...writingAgain(entry, nowMillis),
  isInFlight: false,
  mayBeHeld: false
})

const writingAgain = ({ refusal: _, ...entry }: Entry, nowMillis: number): Entry => ({
  ...entry,
  phase: "Writing",
  attempts: 0,
  strangers: 0,
  notBeforeMillis: nowMillis
})

const revive = (kept: Kept): Entry => ({
  ...kept,
  phase: kept.refusal !== undefined ? "SetAside" : kept.messageId !== undefined ? "Accepted" : "Writing",
  isInFlight: false,
  attempts: 0,
  strangers: 0,
  mayBeHeld: kept.id !== undefined,
  isRedated: false,
  notBeforeMillis: 0,
  pop: 0
})

const keptOf = ({ slot, draft, id, messageId, refusal }: Kept): Kept => ({
  slot,
  draft,
  ...(id === undefined ? {} : { id }),
  ...(messageId === undefined ? {} : { messageId }),
  ...(refusal === undefined ? {} : { refusal })
})
