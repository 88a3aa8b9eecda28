/** A small app for the tests of the SDK, as its team would have it a version later. */
import { Schema } from "effect"
import * as App from "@lupin/sdk/App"

const Review = Schema.Struct({
  trail: Schema.String,
  rating: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
  hiked: Schema.optionalKey(Schema.DateTimeUtcFromString)
})

const ReviewV1 = Schema.Struct({ trail: Schema.String, stars: Schema.Int })

export const trails = App.defineApp({
  name: "trails",
  events: {
    review: App.defineEvent({
      version: 2,
      schema: Review,
      upcasts: { 1: App.upcast(ReviewV1, ({ stars, trail }) => ({ trail, rating: stars })) }
    }),
    partner: App.defineEvent({ schema: Schema.Struct({ trail: Schema.String }) })
  }
})

/** The app as an older phone has it, which knows no partners. */
export const oldTrails = App.defineApp({ name: "trails", events: { review: App.defineEvent({ schema: ReviewV1 }) } })
