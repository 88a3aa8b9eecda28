/**
 * Runs a zone's digestions: follows the fan-out, folds, emits what is due, then moves on.
 *
 * What it knows is a fold of the spool. It is read anew at every start, before the fan-out is followed, so a crash
 * between a fold and its emission loses nothing: a key whose newest digest does not cover it is due again.
 */
import type * as App from "@lupin/core/App"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as MessageId from "@lupin/core/MessageId"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Fanout from "@lupin/fanout/Fanout"
import * as Injector from "@lupin/spool/Injector"
import type * as Spool from "@lupin/spool/Spool"
import { Clock, Context, Effect, Latch, Layer, Metric } from "effect"
import * as DigestionState from "./DigestionState.ts"
import * as EventInput from "./EventInput.ts"
import * as Pump from "./Pump.ts"

export interface Options {
  readonly apps: ReadonlyArray<App.App>
  readonly zone: string
  /** All zones that digest, this one among them. */
  readonly zones: ReadonlyArray<string>
}

/** Deliveries pulled at a time. */
const pullMax = 256
/** Deliveries unacknowledged at once. */
const inFlightMax = 4 * pullMax
/** How long a delivery may be worked on before it is handed out again, in milliseconds. */
const acknowledgeMillisMax = 30_000

const emitted = Metric.counter("lupin_digests_emitted_total", { description: "Digests posted by this digester" })
const unreadable = Metric.counter("lupin_digest_inputs_unreadable_total", {
  description: "Events that no digestion could read"
})

export class Digester extends Context.Service<
  Digester,
  {
    /** Whether an event is in a digest of every digestion that counts it; false where none does. */
    readonly isDigested: (id: MessageId.MessageId) => boolean
  }
>()("@lupin/digest/Digester") {}

interface Digesting {
  readonly states: ReadonlyArray<DigestionState.DigestionState>
  readonly take: (message: Fanout.Message, nowMillis: number) => Effect.Effect<void>
}

const subjectsOf = (apps: ReadonlyArray<App.App>): Wildmat.Wildmat | undefined =>
  Wildmat.compile(
    apps.flatMap(({ name, digestions }) => [...digestions.map(({ source }) => source), `digests.${name}.*`]).join(",")
  )

const makeDigesting = ({ apps, zone, zones }: Options): Digesting => {
  const states = apps.flatMap(({ digestions }) =>
    digestions.map((digestion) => new DigestionState.DigestionState(digestion, zone, zones))
  )
  const take = Effect.fnUntraced(function* (message: Fanout.Message, nowMillis: number) {
    if (message.isRemoval) {
      for (const state of states) state.remove(message.id, nowMillis)
      return
    }
    const article = Pump.articleOf(message)
    if (article === undefined) return
    if (MessageId.kindOf(article.messageId) === "digest") {
      const digest = DigestArticle.read(article)
      if (DigestArticle.isNotADigest(digest)) return
      const { note } = yield* Recoveries.Recoveries
      for (const state of states) {
        if (state.digestion.app !== digest.app || state.digestion.name !== digest.name) continue
        if (state.see(digest, nowMillis)) note("digest-removals-adopted")
      }
      return
    }
    const event = EventInput.read(apps, article)
    if (event === undefined) return
    if ("_tag" in event) {
      yield* Metric.update(unreadable, 1)
      return yield* Effect.logWarning("an event that no digestion can read", event.reason, message.id)
    }
    for (const state of states) if (state.digestion.app === event.app.name) state.add(event.input, nowMillis)
  })
  return { states, take }
}

/** Reads all that the spool holds, so that what is followed afterwards is new. */
const rebuild = Effect.fn("Digester.rebuild")(function* ({ take }: Digesting, subjects: Wildmat.Wildmat) {
  const { note } = yield* Recoveries.Recoveries
  const nowMillis = yield* Clock.currentTimeMillis
  let after = 0
  while (true) {
    const { messages, next, head } = yield* Pump.page(after)
    for (const message of messages) if (Wildmat.matches(subjects, message.subject)) yield* take(message, nowMillis)
    if (next >= head) return note("digester-rebuilt", head > 0 ? 1 : 0)
    after = next
  }
})

const emit = Effect.fn("Digester.emit")(function* (
  state: DigestionState.DigestionState,
  emission: DigestionState.Emission
) {
  const { note } = yield* Recoveries.Recoveries
  note("digester-stood-in", emission.isStandIn ? 1 : 0)
  const injector = yield* Injector.Injector
  yield* injector.injectDigest(emission.octets).pipe(
    Effect.andThen(Metric.update(emitted, 1)),
    Effect.catch((error) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
        state.retry(emission.key, nowMillis)
        note("digest-retried")
        return Effect.logWarning(`the digest ${state.digestion.name} ${emission.key} is tried again`, error)
      })
    )
  )
})

/** Emits what is due, then waits until something is or an input arrives; no timer runs where nothing waits. */
const emitting = Effect.fn("Digester.emitting")(function* ({ states }: Digesting, arrived: Latch.Latch) {
  /** When the timer that runs opens the latch; what is due later waits for the next one. */
  let ringsMillis = Number.POSITIVE_INFINITY
  const ring = (atMillis: number) =>
    Effect.sync(() => {
      if (ringsMillis === atMillis) ringsMillis = Number.POSITIVE_INFINITY
      arrived.openUnsafe()
    })
  while (true) {
    arrived.closeUnsafe()
    const nowMillis = yield* Clock.currentTimeMillis
    let wakeMillis = Number.POSITIVE_INFINITY
    for (const state of states) {
      const round = state.advance(nowMillis)
      for (const emission of round.emissions) yield* emit(state, emission)
      if (round.wakeMillis !== undefined) wakeMillis = Math.min(wakeMillis, round.wakeMillis)
    }
    if (wakeMillis < ringsMillis) {
      ringsMillis = wakeMillis
      yield* Effect.forkChild(Effect.delay(ring(wakeMillis), Math.max(1, wakeMillis - nowMillis)))
    }
    yield* arrived.await
  }
})

const following = Effect.fn("Digester.following")(function* (
  { take }: Digesting,
  consumer: Fanout.Consumer,
  arrived: Latch.Latch
) {
  while (true) {
    const deliveries = yield* consumer.pull(pullMax)
    const nowMillis = yield* Clock.currentTimeMillis
    for (const delivery of deliveries) yield* take(delivery, nowMillis)
    yield* consumer.acknowledge(deliveries.map(({ sequence }) => sequence))
    arrived.openUnsafe()
  }
})

const make = Effect.fn("Digester.make")(function* (options: Options) {
  const digesting = makeDigesting(options)
  const subjects = subjectsOf(options.apps)
  if (subjects !== undefined && digesting.states.length > 0) {
    const fanout = yield* Fanout.Fanout
    const consumer = yield* fanout.consumer({ name: "digester", subjects, inFlightMax, acknowledgeMillisMax })
    yield* rebuild(digesting, subjects)
    const arrived = yield* Latch.make(true)
    yield* Effect.forkScoped(following(digesting, consumer, arrived))
    yield* Effect.forkScoped(emitting(digesting, arrived))
  }
  const isDigested = (id: MessageId.MessageId): boolean => {
    const counted = digesting.states.map((state) => state.isCounted(id)).filter((is) => is !== undefined)
    return counted.length > 0 && counted.every((is) => is)
  }
  return Digester.of({ isDigested })
})

/** Digests at this host, until the layer's scope closes. The pump must be built after it, or from the same head. */
export const layer = (
  options: Options
): Layer.Layer<
  Digester,
  Fanout.FanoutUnavailable | Spool.SpoolUnavailable,
  Fanout.Fanout | Spool.Spool | Injector.Injector
> => Layer.effect(Digester, make(options))
