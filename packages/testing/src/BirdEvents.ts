/**
 * The events that simulated workloads post: each is a pure function of a seed, its number, and when it was minted.
 *
 * They share few birds and few places, so that keys of digests and subtrees of queries are shared too.
 */
import type * as PopOperations from "@lupin/api/PopOperations"
import * as CancelLock from "@lupin/core/CancelLock"
import * as Event from "@lupin/core/Event"
import type * as GeoPoint from "@lupin/core/GeoPoint"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Routing from "@lupin/core/Routing"
import * as Uuid from "@lupin/core/Uuid"
import * as BirdApp from "./BirdApp.ts"
import { Chance } from "./Chance.ts"

/** One event of a workload, and all that follows from it. */
export interface BirdEvent {
  readonly number: number
  readonly post: PopOperations.PostEvent & { readonly id: string; readonly lock: string }
  readonly messageId: MessageId.MessageId
  /** Two where it has a place: a crosspost. */
  readonly groups: ReadonlyArray<GroupName.GroupName>
  /** The bird; events without one count in no digest. */
  readonly bird: string | undefined
  /** What withdraws it. */
  readonly key: string
}

const birds = ["heron", "kestrel", "dipper"] as const

/** Of three regions, two of them in one; the last is on the other side of the antimeridian. */
const places: ReadonlyArray<GeoPoint.GeoPoint> = [
  { lat: 44.16, lon: -115.06 },
  { lat: 44.161, lon: -115.061 },
  { lat: 47.42, lon: -121.58 },
  { lat: -17.78, lon: 177.95 }
]

/** The place near which event `number` is looked for; also of events that have none. */
export const placeOf = (number: number): GeoPoint.GeoPoint => places[number % places.length] ?? { lat: 0, lon: 0 }

/** The bird whose digest is asked for by `number`. */
export const birdOf = (number: number): string => birds[number % birds.length] ?? birds[0]

/** Every fourth event is a note without a digest, every eighth a report without a place: neither is a crosspost. */
export const make = (seed: string, number: number, mintedMillis: number): BirdEvent => {
  const chance = new Chance(`${seed}/event/${number}`)
  const isNote = number % 4 === 3
  const at = isNote || number % 8 === 6 ? undefined : placeOf(chance.between(0, places.length - 1))
  const text = `report ${number}`
  const bird = isNote ? undefined : birdOf(chance.between(0, birds.length - 1))
  const id = Uuid.v7(Math.floor(mintedMillis), chance.octets(Uuid.randomOctets))
  const secret = chance.octets(secretOctets)
  const base = {
    app: BirdApp.app.name,
    kind: bird === undefined ? "note" : "sighting",
    id,
    payload: bird === undefined ? { text } : { bird, count: chance.between(1, 9), text },
    ...(at === undefined ? {} : { at })
  }
  const event = Event.make({ ...base, version: 1, routing: Routing.version })
  const groups = event && Routing.route(event)
  if (event === undefined || groups === undefined) throw new TypeError(`event ${number} cannot stand in an article`)
  const messageId = Event.messageId(event)
  const lock = CancelLock.mintLock(secret, messageId)
  return { number, post: { ...base, lock }, messageId, groups, bird, key: CancelLock.mintKey(secret, messageId) }
}

/** A key that opens nothing. */
export const wrongKey = CancelLock.mintKey(new Uint8Array(1), "<nobody@birds.client.lupin>")

const secretOctets = 16
