/** A small app for the tests of the api package: reviews of trails in two versions. */
import { Schema } from "effect"
import * as App from "@lupin/core/App"
import * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"

const review = App.defineEvent({
  version: 2,
  schema: Schema.Struct({
    trail: Schema.String,
    rating: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))
  }),
  upcasts: {
    1: App.upcast(Schema.Struct({ trail: Schema.String, stars: Schema.Int }), (old) => ({
      trail: old.trail,
      rating: old.stars
    }))
  }
})

export const trails = App.defineApp({
  name: "trails",
  events: { review },
  digestions: [
    Digestion.define({
      app: "trails",
      name: "ratings",
      events: { review },
      key: (input) => input.payload.trail,
      fold: Fold.count,
      view: (count) => ({ count })
    })
  ]
})
