/**
 * What a site and its peers have otherwise, as a page: the peers are asked when somebody looks.
 */
import { Effect, Schema } from "effect"
import type * as Reconcile from "./Reconcile.ts"

/** One peer. Counts are of ids; octets before TLS and compression. */
export const Compared = Schema.Struct({
  peer: Schema.String,
  isEqual: Schema.Boolean,
  hereOnly: Schema.Int,
  thereOnly: Schema.Int,
  /** Removed on one side alone. */
  unlike: Schema.Int,
  roundTrips: Schema.Int,
  octetsSent: Schema.Int,
  octetsReceived: Schema.Int,
  trouble: Schema.optionalKey(Schema.String)
})
export type Compared = typeof Compared.Type

export const Page = Schema.Struct({ peers: Schema.Array(Compared) })

const encode = Schema.encodeSync(Page)

/** The page as JSON. */
export const make = (compare: Effect.Effect<ReadonlyArray<Reconcile.Report>>): Effect.Effect<Schema.Json> =>
  Effect.map(compare, (reports) => {
    const peers = reports.map(({ removed: _, taken: __, ...compared }): Compared => compared)
    return encode({ peers })
  })
