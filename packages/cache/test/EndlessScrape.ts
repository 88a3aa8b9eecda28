/**
 * Entry of a process that scrapes without end into a PGlite directory, for a test that kills it.
 */
import * as Effect from "effect/Effect"
import * as CacheStore from "../src/CacheStore.ts"
import * as CachedArticle from "../src/CachedArticle.ts"
import * as PgliteStore from "../src/PgliteStore.ts"
import * as ArticleScript from "./ArticleScript.ts"

const [directory = "", template = ""] = process.argv.slice(2)
const pagesUntilTold = 5
const pageArticles = 100

const scrape = Effect.gen(function* () {
  const store = yield* CacheStore.CacheStore
  const draft = yield* store.draft(ArticleScript.groupName("clientposts.trailblaze.s2.c.f"))
  for (let page = 0; ; page++) {
    const articles = Array.from({ length: pageArticles }, (_, index) =>
      ArticleScript.event(page * pageArticles + index, { groups: ["clientposts.trailblaze.s2.c.f"] })
    )
    yield* draft.apply({
      filed: articles.map(({ id }) => id),
      contents: articles.flatMap(({ id, octets }) => CachedArticle.read(id, octets) ?? []),
      removed: [],
      cursor: { _tag: "Changes", generation: "killed", after: (page + 1) * pageArticles }
    })
    if (page === pagesUntilTold) process.stdout.write("scraping\n")
  }
})

await Effect.runPromise(Effect.provide(Effect.scoped(scrape), PgliteStore.layer({ directory, template })))
