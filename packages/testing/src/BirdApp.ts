/**
 * The app of simulated workloads: people report birds, and zones count them.
 *
 * Small on purpose: two digestions, of which one keys by place, and a kind that no digestion reads.
 */
import * as App from "@lupin/core/App"
import * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import { Schema } from "effect"

const sighting = App.defineEvent({
  schema: Schema.Struct({ bird: Schema.String, count: Schema.Int, text: Schema.String }),
  subject: ({ bird }) => bird
})

const note = App.defineEvent({ schema: Schema.Struct({ text: Schema.String }) })

type SightingInput = Digestion.InputOf<{ readonly sighting: typeof sighting }>

const due = { quietMillis: 200, atMostMillis: 1_000 }
const turnMillis = 500

/** Reports of a bird, and how many were seen; its key is the bird. */
export const birdCounts = Digestion.define({
  app: "birds",
  name: "bird-counts",
  events: { sighting },
  key: ({ payload }) => payload.bird,
  fold: Fold.struct({ reports: Fold.count, seen: Fold.sum(({ payload }: SightingInput) => payload.count) }),
  view: ({ reports, seen }, bird) => ({ bird, reports, seen: Number(seen) }),
  due,
  turnMillis
})

/** Which birds are reported from a region. */
export const regionBirds = Digestion.define({
  app: "birds",
  name: "region-birds",
  events: { sighting },
  key: (input) => Digestion.regionOf(input),
  fold: Fold.tally(({ payload }: SightingInput) => payload.bird),
  view: (birds) => ({ birds: Fold.top(birds, 10).map(([bird, reports]) => ({ bird, reports })) }),
  due,
  turnMillis
})

export const app: App.App = App.defineApp({
  name: "birds",
  events: { sighting, note },
  digestions: [birdCounts, regionBirds]
})
