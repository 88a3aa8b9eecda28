/**
 * The events that fill a fresh fleet: a review for each of forty real trails.
 */
import type * as App from "@lupin/sdk/App"
import type { app } from "./app.ts"
import { trails } from "./trails.ts"

export interface Seed {
  readonly kind: "review"
  readonly at: { readonly lat: number; readonly lon: number }
  readonly payload: App.PayloadJson<typeof app, "review">
}

export const seeds: ReadonlyArray<Seed> = trails.map(
  ({ gainFeet, highPointFeet, id, lat, lon, miles, name, rating }) => ({
    kind: "review",
    at: { lat, lon },
    payload: {
      trail: id,
      name,
      rating: Math.round(rating),
      text: `${miles} miles, ${gainFeet} feet of gain, highest point at ${highPointFeet} feet. Rated ${rating} by the WTA.`
    }
  })
)
