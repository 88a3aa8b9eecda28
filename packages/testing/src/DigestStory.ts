/**
 * Stories of a digestion: given some events, when others come, then its digest shows this.
 *
 * A story runs what a zone runs: each event becomes an article, is read back and upcast, and is folded by the digester's
 * own state. It is told in order, backwards, and with its end first, so a digest that depends on the order in which
 * events arrive fails here and not in a zone.
 */
import * as App from "@lupin/core/App"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import type * as Digestion from "@lupin/core/Digestion"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import type * as GeoPoint from "@lupin/core/GeoPoint"
import * as Routing from "@lupin/core/Routing"
import * as Uuid from "@lupin/core/Uuid"
import * as DigestionState from "@lupin/digest/DigestionState"
import * as EventInput from "@lupin/digest/EventInput"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as EmittedDigests from "./EmittedDigests.ts"
import * as Events from "./Events.ts"

/** An event as a client sends it, of the newest version where none is named. */
export interface Told {
  readonly kind: string
  /** JSON, as it stands on the wire. */
  readonly payload: unknown
  readonly version?: number
  readonly at?: GeoPoint.GeoPoint
  /** When its author minted it, in milliseconds since the epoch; a second after the one before where it is absent. */
  readonly atMillis?: number
}

/** The author takes back the event that stands at this place of the story, counted from 0 over `given` and `when`. */
export interface Withdrawn {
  readonly withdraws: number
}

export type Step = Told | Withdrawn

/** What readers see of a key; without a view there is no digest of it. */
export interface Shown {
  readonly key: string
  readonly view?: Schema.Json
}

export interface Story {
  /** More that happens, after what was given. */
  readonly when: (...steps: ReadonlyArray<Step>) => Story
  /** Throws with both views where the digest shows something else. Nothing to await: it has answered when it returns. */
  readonly then: (...shown: ReadonlyArray<Shown>) => void
}

/** When the first event of a story is minted unless it says so, in milliseconds since the epoch: 21 November 2026. */
export const startMillisDefault = 1_795_219_200_000

/** Begins stories of one digestion of an app. */
export const given =
  <S>(app: App.App, digestion: Digestion.Digestion<S>) =>
  (...steps: ReadonlyArray<Step>): Story => {
    const tell = inputsOf(app, steps)
    return {
      when: (...more) => given(app, digestion)(...steps, ...more),
      // oxlint-disable-next-line unicorn/no-thenable -- a story has given, when and then; to await one fails loudly
      then: (...shown) => {
        if (shown.some((each) => typeof each === "function"))
          throw new TypeError("a story is over when told: do not await it")
        for (const order of ordersOf(tell)) expectShown(digestion, order, shown)
      }
    }
  }

/** An event that counts, or the removal of one, in the order of the story. */
type Input =
  | { readonly _tag: "Event"; readonly input: Digestion.Input }
  | { readonly _tag: "Removal"; readonly of: Digestion.Input }

const inputsOf = (app: App.App, steps: ReadonlyArray<Step>): ReadonlyArray<Input> => {
  const inputs: Array<Input> = []
  let millis = startMillisDefault
  for (const [place, step] of steps.entries()) {
    if ("withdraws" in step) {
      const target = inputs[step.withdraws]
      if (target?._tag !== "Event")
        throw new RangeError(`step ${place} withdraws ${step.withdraws}, which is no event before it`)
      inputs.push({ _tag: "Removal", of: target.input })
    } else {
      millis = step.atMillis ?? millis
      inputs.push({ _tag: "Event", input: inputOf(app, step, place, millis) })
      millis += 1_000
    }
  }
  return inputs
}

/** The way of an event from a client to a digester. */
const inputOf = (app: App.App, told: Told, place: number, millis: number): Digestion.Input => {
  const refuse = (reason: string): never => {
    throw new TypeError(`step ${place} is no ${told.kind} of ${app.name}: ${reason}`)
  }
  const kind = App.kindOf(app, told.kind)
  if (Result.isFailure(kind)) return refuse(reasonOf(kind.failure))
  const { at, payload, version = kind.success.version } = told
  const decoded = App.decodePayload(app, told.kind, version, payload)
  if (Result.isFailure(decoded)) return refuse(reasonOf(decoded.failure))
  const event = Event.make({
    app: app.name,
    kind: told.kind,
    version,
    id: Uuid.v7(millis, randomOf(place)),
    payload,
    routing: Routing.version,
    ...(at === undefined ? {} : { at })
  })
  const groups = event && Routing.route(event)
  if (event === undefined || groups === undefined) return refuse("it cannot stand in an article")
  const proto = EventArticle.toProto(event, { groups, from: EventArticle.mailbox(app.name, "teller") })
  const read = EventInput.read([app], Events.filed(proto))
  if (read === undefined || "_tag" in read) return refuse(read?.reason ?? "its article is no event")
  return read.input
}

const reasonOf = ({ issues }: App.Fault): string =>
  issues.map(({ message, path }) => (path === "" ? message : `${path}: ${message}`)).join("; ")

/** Octets of a UUID that tell the steps of a story apart. */
const randomOf = (place: number): Uint8Array => {
  const octets = new Uint8Array(Uuid.randomOctets)
  new DataView(octets.buffer).setUint32(Uuid.randomOctets - 4, place)
  return octets
}

/** As told, backwards, and its second half first; a removal comes after its event, as at every site. */
const ordersOf = (inputs: ReadonlyArray<Input>): ReadonlyArray<ReadonlyArray<Input>> => {
  const half = Math.ceil(inputs.length / 2)
  const orders = [inputs, inputs.toReversed(), [...inputs.slice(half), ...inputs.slice(0, half)]]
  return orders.map((order) => order.toSorted((left, right) => rankOf(left) - rankOf(right)))
}

const rankOf = ({ _tag }: Input): number => (_tag === "Event" ? 0 : 1)

const expectShown = <S>(
  digestion: Digestion.Digestion<S>,
  order: ReadonlyArray<Input>,
  shown: ReadonlyArray<Shown>
): void => {
  const digests = digestsOf(digestion, order)
  for (const { key, view } of shown) {
    const seen = digests.get(key)?.view
    const [left, right] = [seen, view].map((json) => (json === undefined ? "no digest" : CanonicalJson.encode(json)))
    if (left !== right) throw new Error(`${digestion.name} of ${key} shows ${left}, not ${right}`)
  }
}

/** What a zone that took these inputs emits. */
const digestsOf = <S>(
  digestion: Digestion.Digestion<S>,
  order: ReadonlyArray<Input>
): ReadonlyMap<string, EmittedDigests.EmittedDigest> => {
  const state = new DigestionState.DigestionState(digestion, "story", ["story"])
  for (const input of order) {
    if (input._tag === "Event") state.add(input.input, 0)
    else state.remove(input.of.messageId, 0)
  }
  return EmittedDigests.of(state)
}
