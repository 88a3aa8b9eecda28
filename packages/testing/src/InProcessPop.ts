/**
 * A POP for tests of apps: the reference POP in memory, which also digests what it holds, at once.
 *
 * No zone, no cache and no disk: for those take a fleet. Its `Controls` take its parts away, and give them back.
 */
import * as MemoryPop from "@lupin/api/MemoryPop"
import * as PopOperations from "@lupin/api/PopOperations"
import type * as App from "@lupin/core/App"
import * as Article from "@lupin/core/Article"
import type * as Digestion from "@lupin/core/Digestion"
import * as DigestionState from "@lupin/digest/DigestionState"
import * as EventInput from "@lupin/digest/EventInput"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as EmittedDigests from "./EmittedDigests.ts"

/** The operations of one host that serves these apps, and its controls. */
export const layer = (options: MemoryPop.Options): Layer.Layer<PopOperations.PopOperations | MemoryPop.Controls> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const host = yield* Layer.build(Layer.fresh(MemoryPop.layer(options)))
      return Context.add(host, PopOperations.PopOperations, digesting(options.apps, host))
    })
  )

const digesting = (
  apps: ReadonlyArray<App.App>,
  host: Context.Context<PopOperations.PopOperations | MemoryPop.Controls>
): PopOperations.PopOperations["Service"] => {
  const pop = Context.get(host, PopOperations.PopOperations)
  const { held } = Context.get(host, MemoryPop.Controls)
  const digest = Effect.fnUntraced(function* (query: PopOperations.DigestQuery) {
    const answer = yield* pop.digest(query)
    const app = apps.find(({ name }) => name === query.app)
    const digestion = app?.digestions.find(({ name }) => name === query.digestion)
    if (digestion === undefined) return answer
    const octets = yield* Effect.forEach(yield* held, (id) => pop.article(id)).pipe(
      // What is withdrawn between the two questions counts no more.
      Effect.catchTag("NoSuchArticle", () => Effect.succeed([]))
    )
    const found = digestOf(apps, digestion, octets).get(query.key)
    const group = digestion.target(query.key)
    const freshness = [
      { group, scrapedAtMillis: yield* Clock.currentTimeMillis, articles: found === undefined ? 0 : 1 }
    ]
    return { ...answer, freshness, ...(found === undefined ? {} : { digest: found }) }
  })
  return { ...pop, digest }
}

/** Digests of all keys over these articles, as a zone that had nothing else would post them. */
const digestOf = <S>(
  apps: ReadonlyArray<App.App>,
  digestion: Digestion.Digestion<S>,
  articles: ReadonlyArray<Uint8Array>
) => {
  const state = new DigestionState.DigestionState(digestion, "here", ["here"])
  for (const octets of articles) {
    const article = Article.read(octets)
    const event = Article.isMalformed(article) ? undefined : EventInput.read(apps, article)
    if (event !== undefined && !("_tag" in event) && event.app.name === digestion.app) state.add(event.input, 0)
  }
  return EmittedDigests.of(state)
}
