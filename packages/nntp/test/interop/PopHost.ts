/**
 * A POP host with the example app, empty, and the app's way of posting to it.
 */
import { Context, Effect, Layer } from "effect"
import * as Programs from "./Programs.ts"
import * as SiteProcess from "./SiteProcess.ts"

export interface Review {
  readonly trail: string
  readonly name: string
  readonly rating: number
  readonly text: string
}

export class PopHost extends Context.Service<
  PopHost,
  {
    readonly port: number
    /** Posts a review as the app on a phone does; its Message-ID. */
    readonly review: (review: Review) => Effect.Effect<string>
  }
>()("interop/PopHost") {
  static readonly layer: Layer.Layer<PopHost> = Layer.effect(
    PopHost,
    Effect.map(
      SiteProcess.start({
        kind: "pop",
        name: "boi1",
        path: "h1.boi.pop.lupin",
        apps: ["examples/trailblaze/src/app.ts"]
      }),
      ({ jsonPort, port }) =>
        PopHost.of({
          port,
          review: (payload) =>
            Programs.until(
              Effect.promise(async () => {
                const body = JSON.stringify({ at: { lat: 44.16, lon: -115.05 }, payload })
                const url = `http://127.0.0.1:${jsonPort}/v1/apps/trailblaze/events/review`
                const init = { method: "POST", headers: { "content-type": "application/json" }, body }
                const answer = await fetch(url, init).catch(() => undefined)
                if (answer === undefined) return undefined
                const told = (await answer.json()) as { readonly messageId?: string }
                if (told.messageId === undefined) throw new Error(JSON.stringify(told))
                return told.messageId
              })
            )
        })
    )
  )
}

/** Where the reviews posted here appear. */
export const group = "clientposts.trailblaze.geo.us.idaho.custer"
