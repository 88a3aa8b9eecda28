/**
 * Holds what a user wrote until two zones have it: over lost connections, restarts and failing POPs.
 *
 * The thin half of `OutboxState`: it does what the machine says, tells it what came of it, and keeps time. One outbox
 * at a time works on a store.
 */
import { Clock, Effect, FiberSet, Latch, MutableRef, Random, Schema, Semaphore, Stream, SubscriptionRef } from "effect"
import * as EventId from "@lupin/api/EventId"
import * as InjectionFault from "@lupin/api/InjectionFault"
import type * as PopOperations from "@lupin/api/PopOperations"
import type * as Problem from "@lupin/api/Problem"
import type * as Receipt from "@lupin/api/Receipt"
import type * as App from "@lupin/core/App"
import * as EventCancel from "@lupin/core/EventCancel"
import type * as MessageId from "@lupin/core/MessageId"
import * as LupinClient from "./LupinClient.ts"
import * as OutboxState from "./OutboxState.ts"
import * as OutboxStore from "./OutboxStore.ts"
import type * as PopClient from "./PopClient.ts"

/** The outbox holds as much as it may. Tell the user, and write again when something has been sent. */
export class OutboxFull extends Schema.TaggedError<OutboxFull>()("OutboxFull", {
  limit: Schema.Literals(["eventsMax", "charactersMax"])
}) {
  override get message(): string {
    return `the outbox is full (${this.limit})`
  }
}

export interface Options<A extends App.App> {
  readonly app: A
  /** POPs to post to, the nearest first; make them with `retries: 0`, the outbox retries itself. */
  readonly pops: readonly [PopClient.PopClient, ...ReadonlyArray<PopClient.PopClient>]
  readonly limits?: Partial<Omit<OutboxState.Limits, "pops">>
  readonly routing?: number
  /** The author's own; it stays on the phone. Events are locked by it, and `EventCancel.keyOf` with it withdraws them. */
  readonly secret?: Uint8Array
  /** False starts without trying to send, until `setOnline(true)`. */
  readonly isOnline?: boolean
}

export interface Outbox<A extends App.App> {
  /** Returns the event's slot once it would survive a restart; it is sent in the background. */
  readonly write: <K extends LupinClient.Kind<A>>(
    kind: K,
    draft: Omit<LupinClient.Draft<A, K>, "id">
  ) => Effect.Effect<number, OutboxFull | Problem.UnknownKind | Problem.InvalidPayload | OutboxStore.StoreUnavailable>
  /** What is held, in the order of writing; those set aside carry their problem. */
  readonly entries: Effect.Effect<ReadonlyArray<OutboxState.Entry>>
  /** The same, again after every change. */
  readonly changes: Stream.Stream<ReadonlyArray<OutboxState.Entry>>
  /** How many wait for what. To follow it, map `changes` by `OutboxState.counts`. */
  readonly counts: Effect.Effect<OutboxState.Counts>
  /** Records of the store that could not be read at the start. */
  readonly damaged: ReadonlyArray<OutboxStore.Damaged>
  /** Tells of the phone's network. No id is minted and nothing is tried while offline; back online, all is tried at once. */
  readonly setOnline: (isOnline: boolean) => Effect.Effect<void>
  /** Tries one that was set aside again, under its id. */
  readonly revive: (slot: number) => Effect.Effect<void, OutboxStore.StoreUnavailable>
  /**
   * Posts one that was set aside as a new event, of now, under a new id: for one that is too old, or whose id is taken.
   * Where its entry says `mayBeHeld` and a POP has taken it after all, it counts twice: let the author decide.
   */
  readonly renew: (slot: number) => Effect.Effect<void, OutboxStore.StoreUnavailable>
  /** Gives up one that was set aside. */
  readonly discard: (slot: number) => Effect.Effect<void, OutboxStore.StoreUnavailable>
}

/** An outbox that works until its scope ends, beginning with what its store kept. */
export const make = Effect.fnUntraced(function* <const A extends App.App>(options: Options<A>) {
  const store = yield* OutboxStore.OutboxStore
  const { kept, damaged } = yield* store.load
  yield* Effect.forEach(damaged, ({ key, reason }) => Effect.logWarning(`outbox record ${key} is unreadable`, reason))
  const limits = { ...OutboxState.limitsDefault, ...options.limits, pops: options.pops.length }
  const core: Core = {
    store,
    pops: options.pops,
    seen: yield* SubscriptionRef.make(
      OutboxState.restore(
        limits,
        kept,
        damaged.map(({ slot }) => slot)
      )
    ),
    turn: yield* Semaphore.make(1),
    wake: yield* Latch.make(true),
    isOnline: MutableRef.make(options.isOnline ?? true),
    secret: options.secret
  }
  yield* Effect.forkScoped(drive(core, yield* FiberSet.make()))
  const self: Outbox<A> = {
    write: Effect.fnUntraced(function* (kind, draft) {
      const event = yield* Effect.fromResult(LupinClient.toPost(options.app, kind, draft, options.routing))
      const written = OutboxState.Input.Written({ draft: event, nowMillis: yield* Clock.currentTimeMillis })
      return yield* Effect.flatMap(apply(core, written), slotWritten)
    }),
    entries: Effect.map(SubscriptionRef.get(core.seen), entriesOf),
    changes: Stream.map(SubscriptionRef.changes(core.seen), entriesOf),
    counts: Effect.map(SubscriptionRef.get(core.seen), (state) => OutboxState.counts(entriesOf(state))),
    damaged,
    setOnline: Effect.fnUntraced(function* (isOnline) {
      const wasOnline = MutableRef.getAndSet(core.isOnline, isOnline)
      if (!isOnline || wasOnline) return
      yield* conclude(core, OutboxState.Input.Connected({ nowMillis: yield* Clock.currentTimeMillis }))
    }),
    revive: (slot) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        Effect.asVoid(apply(core, OutboxState.Input.Revived({ slot, nowMillis })))
      ),
    renew: (slot) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        Effect.asVoid(apply(core, OutboxState.Input.Renewed({ slot, nowMillis })))
      ),
    discard: (slot) => Effect.asVoid(apply(core, OutboxState.Input.Discarded({ slot })))
  }
  return self
})

interface Core {
  readonly store: OutboxStore.OutboxStore["Service"]
  readonly pops: ReadonlyArray<PopClient.PopClient>
  readonly seen: SubscriptionRef.SubscriptionRef<OutboxState.State>
  /** Inputs take turns, so that the store sees them in the order of the state. */
  readonly turn: Semaphore.Semaphore
  /** Opened whenever the driver may have something to do. */
  readonly wake: Latch.Latch
  readonly isOnline: MutableRef.MutableRef<boolean>
  readonly secret: Uint8Array | undefined
}

const entriesOf = (state: OutboxState.State): ReadonlyArray<OutboxState.Entry> => [...state.entries.values()]

const slotWritten = (actions: ReadonlyArray<OutboxState.Action>): Effect.Effect<number, OutboxFull> => {
  for (const action of actions) {
    if (action._tag === "Keep") return Effect.succeed(action.kept.slot)
    if (action._tag === "TurnAway") return Effect.fail(new OutboxFull({ limit: action.limit }))
  }
  return Effect.die(new Error("a written event is neither kept nor turned away"))
}

/** Takes an input once the store has what follows from it; if the store fails, nothing has happened. */
const apply = (
  core: Core,
  input: OutboxState.Input
): Effect.Effect<ReadonlyArray<OutboxState.Action>, OutboxStore.StoreUnavailable> =>
  core.turn.withPermit(
    Effect.gen(function* () {
      const { state, actions } = OutboxState.step(SubscriptionRef.getUnsafe(core.seen), input)
      yield* Effect.forEach(actions, (action) => record(core.store, action), { discard: true })
      yield* SubscriptionRef.set(core.seen, state)
      core.wake.openUnsafe()
      return actions
    })
  )

/**
 * Takes what came of a request, even if the store fails: what it kept before leads to the same end after a restart, since
 * posting under the same id and asking again are both harmless.
 */
const conclude = (core: Core, input: OutboxState.Input): Effect.Effect<void> =>
  core.turn.withPermit(
    Effect.gen(function* () {
      const { state, actions } = OutboxState.step(SubscriptionRef.getUnsafe(core.seen), input)
      yield* SubscriptionRef.set(core.seen, state)
      yield* Effect.forEach(actions, (action) => record(core.store, action), { discard: true }).pipe(
        Effect.catch((error) => Effect.logWarning("outbox store is unavailable", error.reason))
      )
      core.wake.openUnsafe()
    })
  )

const record = (
  store: OutboxStore.OutboxStore["Service"],
  action: OutboxState.Action
): Effect.Effect<void, OutboxStore.StoreUnavailable> => {
  switch (action._tag) {
    case "Keep":
      return store.put(action.kept)
    case "Forget":
      return store.remove(action.slot)
    case "Post":
    case "Ask":
    case "TurnAway":
      return Effect.void
  }
}

const drive = (core: Core, requests: FiberSet.FiberSet): Effect.Effect<never> =>
  Effect.forever(
    Effect.gen(function* () {
      core.wake.closeUnsafe()
      if (!MutableRef.get(core.isOnline)) return yield* core.wake.await
      const state = SubscriptionRef.getUnsafe(core.seen)
      const nowMillis = yield* Clock.currentTimeMillis
      const next = OutboxState.next(state, nowMillis)
      switch (next._tag) {
        case "Idle":
          return yield* core.wake.await
        case "Wait":
          return yield* Effect.timeoutOption(core.wake.await, next.untilMillis - nowMillis)
        case "Begin": {
          const begun = OutboxState.Input.Begun({ slot: next.slot, freshId: yield* mintFor(core, state, next.slot) })
          const actions = yield* apply(core, begun).pipe(
            Effect.catch((error) =>
              Effect.logWarning("outbox store is unavailable", error.reason).pipe(
                Effect.andThen(Effect.sleep(state.limits.pauseMillisMin)),
                Effect.as([])
              )
            )
          )
          return yield* Effect.forEach(actions, (action) => FiberSet.run(requests, perform(core, action)))
        }
      }
    })
  )

/** A new id, dated by the clock of the POP that gets it first. */
const mintFor = ({ pops }: Core, { entries }: OutboxState.State, slot: number): Effect.Effect<string> =>
  Effect.flatMap(pops[entries.get(slot)?.pop ?? 0]?.aheadMillis ?? Effect.succeed(0), EventId.mintAhead)

/** Does what goes over the network, and tells the machine what came of it. */
const perform = Effect.fnUntraced(function* (core: Core, action: OutboxState.Action) {
  if (action._tag !== "Post" && action._tag !== "Ask") return
  const pop = core.pops[action.pop]
  if (pop === undefined) return
  const answer = yield* (action._tag === "Post" ? post(pop, locked(core, action.event)) : ask(pop, action)).pipe(
    Effect.catchCause((cause) =>
      Effect.as(Effect.logWarning("outbox request failed", cause), { _tag: "Failed" as const })
    )
  )
  const timed = { slot: action.slot, nowMillis: yield* Clock.currentTimeMillis, jitter: yield* Random.next }
  yield* conclude(core, toInput(answer, timed))
})

type Outcome =
  | { readonly _tag: "Posted"; readonly receipt: Receipt.Receipt }
  | { readonly _tag: "Receipted"; readonly receipt: Receipt.Receipt }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Refused"; readonly refusal: OutboxState.Refusal; readonly ground: OutboxState.Ground }
  | { readonly _tag: "Failed" }

const toInput = (
  outcome: Outcome,
  timed: { readonly slot: number; readonly nowMillis: number; readonly jitter: number }
): OutboxState.Input => ({ ...outcome, ...timed })

/** The same lock at every attempt, as secret and id stay the same. */
const locked = ({ secret }: Core, event: PopOperations.PostEvent): PopOperations.PostEvent =>
  secret === undefined || event.id === undefined || event.lock !== undefined
    ? event
    : { ...event, lock: EventCancel.lockOf(secret, event.id) }

const post = (pop: PopClient.PopClient, event: PopOperations.PostEvent) =>
  Effect.match(pop.postEvent(event), {
    onSuccess: ({ posted }): Outcome => ({ _tag: "Posted", receipt: posted.receipt }),
    onFailure: refusalOf
  })

const ask = (pop: PopClient.PopClient, { messageId }: { readonly messageId: MessageId.MessageId }) =>
  Effect.match(pop.receipt(messageId), {
    onSuccess: (receipt): Outcome => ({ _tag: "Receipted", receipt }),
    onFailure: refusalOf
  })

/** Which problems are of the event's own content or date, which are of this POP alone, and which are passing. */
const refusalOf = (problem: PopOperations.PostProblem | PopOperations.ArticleProblem | PopClient.Trouble): Outcome => {
  switch (problem._tag) {
    case "NoSuchArticle":
      return { _tag: "Missing" }
    case "IdConflict":
    case "InvalidPayload":
    case "BodyTooLarge":
      return { _tag: "Refused", ground: "content", refusal: toRefusal(problem) }
    case "EventRefused": {
      const ground = InjectionFault.isOfDate(problem) ? "date" : "content"
      return { _tag: "Refused", ground, refusal: toRefusal(problem) }
    }
    case "UnknownApp":
    case "UnknownKind":
    case "InvalidRequest":
    case "MalformedJson":
    case "UnsupportedMediaType":
      return { _tag: "Refused", ground: "pop", refusal: toRefusal(problem) }
    case "Unavailable":
    case "InternalFault":
    case "Unreachable":
      return { _tag: "Failed" }
  }
}

const toRefusal = (problem: Exclude<Problem.Problem, { readonly _tag: "NoSuchRoute" | "MethodNotAllowed" }>) => {
  const { type, status, title, detail } = problem
  const errors = "errors" in problem ? problem.errors : undefined
  return {
    type,
    status,
    title,
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors })
  }
}
