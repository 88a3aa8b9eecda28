/**
 * Where an outbox keeps its events over restarts: one record per event, on a phone or in a browser.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { KeyValueStore } from "effect/persistence"
import * as Problem from "@lupin/api/Problem"
import * as GeoPoint from "@lupin/core/GeoPoint"
import * as MessageId from "@lupin/core/MessageId"
import type * as OutboxState from "./OutboxState.ts"

/** The store did not do it. What was kept before is still kept. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  reason: Schema.String
}) {
  override get message(): string {
    return `the outbox's store is unavailable: ${this.reason}`
  }
}

/** A record that cannot be read; it stays in the store, for the app's team to look at. */
export interface Damaged {
  readonly key: string
  /** Its slot, which no new event takes. */
  readonly slot: number
  readonly reason: string
}

export interface Loaded {
  readonly kept: ReadonlyArray<OutboxState.Kept>
  readonly damaged: ReadonlyArray<Damaged>
}

export class OutboxStore extends Context.Service<
  OutboxStore,
  {
    /** Everything kept and not removed, in any order. */
    readonly load: Effect.Effect<Loaded, StoreUnavailable>
    /** Returns once the record would survive a restart; one of the same slot is replaced whole or not at all. */
    readonly put: (kept: OutboxState.Kept) => Effect.Effect<void, StoreUnavailable>
    /** Removes a record; none of that slot is no error. */
    readonly remove: (slot: number) => Effect.Effect<void, StoreUnavailable>
  }
>()("@lupin/sdk/OutboxStore") {
  /** Forgets with the process. The reference for the other layers. */
  static readonly layerMemory: Layer.Layer<OutboxStore> = Layer.sync(OutboxStore, () => {
    const records = new Map<number, OutboxState.Kept>()
    return {
      load: Effect.sync(() => ({ kept: [...records.values()], damaged: [] })),
      put: (kept) => Effect.sync(() => void records.set(kept.slot, kept)),
      remove: (slot) => Effect.sync(() => void records.delete(slot))
    }
  })

  /** Over any key-value store of Effect's: web storage, SQL, or a bridge to a phone's own. One outbox per prefix. */
  static readonly layerKeyValue = (
    prefix: string = prefixDefault
  ): Layer.Layer<OutboxStore, never, KeyValueStore.KeyValueStore> =>
    Layer.effect(
      OutboxStore,
      Effect.map(KeyValueStore.KeyValueStore, (store) => ({
        load: Effect.gen(function* () {
          const found = yield* store.keys
          const kept: Array<OutboxState.Kept> = []
          const damaged: Array<Damaged> = []
          for (const key of found.filter(
            (key) => slotPattern.test(key.slice(prefix.length)) && key.startsWith(prefix)
          )) {
            const text = yield* store.get(key)
            if (text === undefined) continue
            const record = decodeRecord(text)
            if (record._tag === "Success") kept.push(record.success)
            else damaged.push({ key, slot: Number(key.slice(prefix.length)), reason: record.failure.message })
          }
          return { kept, damaged }
        }).pipe(Effect.mapError(unavailable)),
        put: (kept) => Effect.mapError(store.set(`${prefix}${kept.slot}`, encodeRecord(kept)), unavailable),
        remove: (slot) => Effect.mapError(store.remove(`${prefix}${slot}`), unavailable)
      }))
    )
}

/** Keys of the records begin with this. */
export const prefixDefault = "lupin-outbox-"

const slotPattern = /^[1-9]\d*$/

const Record = Schema.Struct({
  slot: Schema.Int,
  draft: Schema.Struct({
    app: Schema.String,
    kind: Schema.String,
    version: Schema.optionalKey(Schema.Int),
    routing: Schema.optionalKey(Schema.Int),
    at: Schema.optionalKey(GeoPoint.GeoPoint),
    lock: Schema.optionalKey(Schema.String),
    payload: Schema.Unknown
  }),
  id: Schema.optionalKey(Schema.String),
  messageId: Schema.optionalKey(MessageId.MessageId),
  refusal: Schema.optionalKey(
    Schema.Struct({
      type: Schema.String,
      status: Schema.Int,
      title: Schema.String,
      detail: Schema.optionalKey(Schema.String),
      errors: Schema.optionalKey(Schema.Array(Problem.FieldFault))
    })
  )
})

const encodeRecord = Schema.encodeSync(Schema.fromJsonString(Record))
const decodeRecord = Schema.decodeUnknownResult(Schema.fromJsonString(Record))

const unavailable = (error: KeyValueStore.KeyValueStoreError): StoreUnavailable =>
  new StoreUnavailable({ reason: error.message })
