/**
 * Runs a zone's digestions: follows the fan-out, folds, emits what is due, then moves on.
 *
 * What it knows is a fold of the spool. It is read anew at every start, before the fan-out is followed, so a crash
 * between a fold and its emission loses nothing: a key whose newest digest does not cover it is due again.
 */
import type * as App from "@lupin/core/App"
import type * as Article from "@lupin/core/Article"
import * as DayPartial from "@lupin/core/DayPartial"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Event from "@lupin/core/Event"
import * as MessageId from "@lupin/core/MessageId"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Fanout from "@lupin/fanout/Fanout"
import * as Injector from "@lupin/spool/Injector"
import type * as Spool from "@lupin/spool/Spool"
import { Clock, Context, Effect, Latch, Layer, Metric } from "effect"
import * as Calendar from "./Calendar.ts"
import * as DigestionState from "./DigestionState.ts"
import * as EventInput from "./EventInput.ts"
import * as Lost from "./Lost.ts"
import * as Unlike from "./Unlike.ts"
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
    /** Waits until another zone states of a day that is about to be sealed what is not known of it here. */
    readonly disagreed: Effect.Effect<void>
    /**
     * Waits until a digest counts what has not come here for a while and may be gone: whether it is, is known once this site has
     * compared itself with the others and taken what it lacks, of which `compared` is to be told.
     */
    readonly inDoubt: Effect.Effect<void>
    /** When that began, in milliseconds; it is done now. */
    readonly compared: (beganMillis: number) => Effect.Effect<void>
  }
>()("@lupin/digest/Digester") {}

interface Digesting {
  readonly states: ReadonlyArray<DigestionState.DigestionState>
  /** Takes a message; an event that no digestion can read is given back. */
  readonly take: (message: Fanout.Message, nowMillis: number) => EventInput.Unreadable | undefined
  readonly differs: Latch.Latch
}

const subjectsOf = (apps: ReadonlyArray<App.App>): Wildmat.Wildmat | undefined =>
  Wildmat.compile(
    apps
      .flatMap(({ name, digestions }) => [
        ...digestions.map(({ source }) => source),
        `digests.${name}.*`,
        Pump.lostSubject(name)
      ])
      .join(",")
  )

const makeDigesting = Effect.fnUntraced(function* ({ apps, zone, zones }: Options): Effect.fn.Return<Digesting> {
  const calendar = yield* Calendar.Calendar
  const { note } = yield* Recoveries.Recoveries
  const differs = yield* Latch.make(false)
  const losses = new Map(apps.map(({ name }) => [name, new Lost.Lost()]))
  const states = apps.flatMap(({ digestions, name }) => {
    const known = { calendar, note, lost: losses.get(name) ?? new Lost.Lost() }
    return digestions.map((digestion) => new DigestionState.DigestionState(digestion, zone, zones, known))
  })
  /** The last event that was read: one that was removed comes just in front of its removal, as long as its octets are there. */
  let read: MessageId.MessageId | undefined
  const statesOf = ({ app, name }: Pick<DigestArticle.Identity, "app" | "name">) =>
    states.filter(({ digestion }) => digestion.app === app && digestion.name === name)
  const see = (article: Article.Article, nowMillis: number): void => {
    const digest = DigestArticle.readCounts(article)
    if (!DigestArticle.isNotADigest(digest)) {
      for (const state of statesOf(digest)) if (state.see(digest, nowMillis)) note("digest-removals-adopted")
      return
    }
    const partial = DayPartial.read(article)
    if (DayPartial.isNotAPartial(partial)) return
    for (const state of statesOf(partial)) if (state.seeDay(partial, nowMillis)) differs.openUnsafe()
  }
  const take = (message: Fanout.Message, nowMillis: number): EventInput.Unreadable | undefined => {
    if (message.isRemoval) {
      for (const state of states) state.remove(message.id, nowMillis)
      if (message.id !== read) losses.get(Event.appOf(message.id) ?? "")?.add(message.id)
      return undefined
    }
    const article = Pump.articleOf(message)
    if (article === undefined) return undefined
    if (MessageId.kindOf(article.messageId) === "digest") {
      see(article, nowMillis)
      return undefined
    }
    read = message.id
    const event = EventInput.read(apps, article)
    if (event === undefined || "_tag" in event) return event
    for (const state of states) if (state.digestion.app === event.app.name) state.add(event.input, nowMillis)
    return undefined
  }
  return { states, take, differs }
})

const warn = ({ reason }: EventInput.Unreadable, { id }: Fanout.Message): Effect.Effect<void> =>
  Effect.andThen(Metric.update(unreadable, 1), Effect.logWarning("an event that no digestion can read", reason, id))

/** Reads all that the spool holds, so that what is followed afterwards is new. */
const rebuild = Effect.fn("Digester.rebuild")(function* ({ take }: Digesting, subjects: Wildmat.Wildmat) {
  const { note } = yield* Recoveries.Recoveries
  const nowMillis = yield* Clock.currentTimeMillis
  let after = 0
  while (true) {
    const { messages, next, head } = yield* Pump.page(after)
    for (const message of messages) {
      if (!Wildmat.matches(subjects, message.subject)) continue
      const trouble = take(message, nowMillis)
      if (trouble !== undefined) yield* warn(trouble, message)
    }
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
        state.retry(emission, nowMillis)
        note("digest-retried")
        return Effect.logWarning(`the digest ${state.digestion.name} ${emission.key} is tried again`, error)
      })
    )
  )
})

/** What this digester asks of its site, and was told. */
interface Doubt {
  readonly asks: Latch.Latch
  /** It was asked, and has not answered yet. */
  isAsked: boolean
  compared: Unlike.Compared
}

/** Emits what is due, then waits until something is or an input arrives; no timer runs where nothing waits. */
const emitting = Effect.fn("Digester.emitting")(function* ({ states }: Digesting, arrived: Latch.Latch, doubt: Doubt) {
  /** When the timer that runs opens the latch; what is due later waits for the next one. */
  let ringsMillis = Number.POSITIVE_INFINITY
  const ring = (atMillis: number) =>
    Effect.sync(() => {
      if (ringsMillis === atMillis) ringsMillis = Number.POSITIVE_INFINITY
      arrived.openUnsafe()
    })
  /** Days have a timer of their own, which runs for days and is not set anew by what is due sooner. */
  let turnsMillis = Number.POSITIVE_INFINITY
  const turn = (atMillis: number) =>
    Effect.sync(() => {
      if (turnsMillis === atMillis) turnsMillis = Number.POSITIVE_INFINITY
      arrived.openUnsafe()
    })
  while (true) {
    arrived.closeUnsafe()
    const nowMillis = yield* Clock.currentTimeMillis
    let wakeMillis = Number.POSITIVE_INFINITY
    let dayMillis = Number.POSITIVE_INFINITY
    for (const state of states) {
      const round = state.advance(nowMillis, doubt.compared)
      if (round.isInDoubt && !doubt.isAsked) {
        doubt.isAsked = true
        doubt.asks.openUnsafe()
      }
      for (const emission of round.emissions) yield* emit(state, emission)
      if (round.wakeMillis !== undefined) wakeMillis = Math.min(wakeMillis, round.wakeMillis)
      dayMillis = Math.min(dayMillis, round.dayMillis)
    }
    if (dayMillis < turnsMillis) {
      turnsMillis = dayMillis
      yield* Effect.forkChild(Effect.delay(turn(dayMillis), Math.max(1, dayMillis - nowMillis)))
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
    for (const delivery of deliveries) {
      const trouble = take(delivery, nowMillis)
      if (trouble !== undefined) yield* warn(trouble, delivery)
    }
    yield* consumer.acknowledge(deliveries.map(({ sequence }) => sequence))
    arrived.openUnsafe()
  }
})

const make = Effect.fn("Digester.make")(function* (options: Options) {
  const digesting = yield* makeDigesting(options)
  const subjects = subjectsOf(options.apps)
  const arrived = yield* Latch.make(true)
  const doubt: Doubt = { asks: yield* Latch.make(false), isAsked: false, compared: Unlike.uncompared }
  if (subjects !== undefined && digesting.states.length > 0) {
    const fanout = yield* Fanout.Fanout
    const consumer = yield* fanout.consumer({ name: "digester", subjects, inFlightMax, acknowledgeMillisMax })
    yield* rebuild(digesting, subjects)
    yield* Effect.forkScoped(following(digesting, consumer, arrived))
    yield* Effect.forkScoped(emitting(digesting, arrived, doubt))
  }
  const isDigested = (id: MessageId.MessageId): boolean => {
    const counted = digesting.states.map((state) => state.isCounted(id)).filter((is) => is !== undefined)
    return counted.length > 0 && counted.every((is) => is)
  }
  const compared = (beganMillis: number) =>
    Effect.map(Clock.currentTimeMillis, (doneMillis) => {
      doubt.compared = { beganMillis, doneMillis }
      doubt.isAsked = false
      arrived.openUnsafe()
    })
  return Digester.of({ isDigested, disagreed: onceOpen(digesting.differs), inDoubt: onceOpen(doubt.asks), compared })
})

/** Waits until a latch is open, and closes it. */
const onceOpen = (latch: Latch.Latch): Effect.Effect<void> =>
  Effect.andThen(
    latch.await,
    Effect.sync(() => latch.closeUnsafe())
  )

/** Digests at this host, until the layer's scope closes. The pump must be built after it, or from the same head. */
export const layer = (
  options: Options
): Layer.Layer<
  Digester,
  Fanout.FanoutUnavailable | Spool.SpoolUnavailable,
  Fanout.Fanout | Spool.Spool | Injector.Injector
> => Layer.effect(Digester, make(options))
