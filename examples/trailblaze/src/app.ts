/**
 * Trailblaze: hikers rate trails together, and find someone to hike with.
 */
import * as App from "@lupin/sdk/App"
import * as Digestion from "@lupin/sdk/Digestion"
import * as Fold from "@lupin/sdk/Fold"
import { Schema } from "effect"
import * as IsoWeek from "./IsoWeek.ts"

/** A trail's name in ids and addresses: `sawtooth-lake`. */
export const TrailId = Schema.String.check(Schema.isPattern(/^[a-z0-9]+(?:-[a-z0-9]+)*$/), Schema.isMaxLength(64))

const Text = (charsMax: number) => Schema.String.check(Schema.isMaxLength(charsMax))

/** A day as `2026-11-21`. */
const Day = Schema.String.check(
  Schema.makeFilter((text: string) => text.length === 10 && toDay(text) === text, { expected: "a day as 2026-11-21" })
)

const toDay = (text: string): string | undefined => new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10)

/** A review, with 1 to 5 for the trail. */
export const Review = Schema.Struct({
  trail: TrailId,
  name: Schema.NonEmptyString.check(Schema.isMaxLength(100)),
  rating: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
  text: Text(2_000)
})

/** Version 1 had stars with halves and no name of the trail. */
const ReviewV1 = Schema.Struct({
  trail: TrailId,
  stars: Schema.Number.check(Schema.isBetween({ minimum: 0.5, maximum: 5 })),
  text: Text(2_000)
})

const review = App.defineEvent({
  version: 2,
  schema: Review,
  upcasts: {
    1: App.upcast(ReviewV1, ({ stars, text, trail }) => ({
      trail,
      name: trail.replaceAll("-", " "),
      rating: Math.ceil(stars),
      text
    }))
  },
  subject: ({ trail }) => trail
})

/** A proposal to hike a trail together on some day. */
export const Partner = Schema.Struct({ trail: TrailId, date: Day, message: Text(500) })

const partner = App.defineEvent({
  schema: Partner,
  subject: ({ date, trail }) => `${trail} on ${date}`
})

type ReviewInput = Digestion.InputOf<{ readonly review: typeof review }>

/** The first review of a trail shows at once; of one that is reviewed all the time, every few seconds is often enough. */
const due = { quietMillis: 200, atMostMillis: 1_000, restMillis: 5_000 }
const turnMillis = 500

/** What hikers think of a trail; its key is the trail. */
export const trailRatings = Digestion.define({
  app: "trailblaze",
  name: "trail-ratings",
  events: { review },
  key: ({ payload }) => payload.trail,
  fold: Fold.struct({
    rating: Fold.mean(({ payload }: ReviewInput) => payload.rating),
    histogram: Fold.histogram(({ payload }: ReviewInput) => payload.rating),
    name: Fold.latest({
      rank: ({ injectedMillis }: ReviewInput) => injectedMillis,
      value: ({ payload }: ReviewInput) => payload.name,
      schema: Schema.String
    })
  }),
  view: ({ histogram, name, rating }, trail) => ({
    trail,
    name: name?.value ?? trail,
    count: rating.count,
    mean: Fold.meanOf(rating) ?? null,
    histogram: Fold.bars(histogram, 1, 5)
  }),
  due,
  turnMillis
})

/** How many trails a ranking shows. */
const hotTrailsMax = 10

/** The trails with the most reviews in a region and a week; keys are such as `us.washington.2026-w47`. */
export const hotTrails = Digestion.define({
  app: "trailblaze",
  name: "hot-trails",
  events: { review },
  key: (input) => {
    const region = Digestion.regionOf(input)
    return region === undefined ? undefined : `${region}.${IsoWeek.of(input.injectedMillis)}`
  },
  fold: Fold.tally(({ payload }: ReviewInput) => payload.trail),
  view: (reviews) => ({
    trails: Fold.top(reviews, hotTrailsMax).map(([trail, count]) => ({ trail, reviews: count }))
  }),
  due,
  turnMillis
})

export const app = App.defineApp({
  name: "trailblaze",
  events: { review, partner },
  digestions: [trailRatings, hotTrails]
})

export default app
