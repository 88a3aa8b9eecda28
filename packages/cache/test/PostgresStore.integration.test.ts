import * as PgClient from "@effect/sql-pg/PgClient"
import { afterAll, assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import * as CacheStore from "../src/CacheStore.ts"
import * as GroupCache from "../src/GroupCache.ts"
import * as PostgresStore from "../src/PostgresStore.ts"
import * as ScrapingCache from "../src/ScrapingCache.ts"
import * as ArticleScript from "./ArticleScript.ts"
import { cacheContract } from "./contract.ts"
import * as LocalPostgres from "@lupin/testing/LocalPostgres"
import * as ScriptedServer from "./ScriptedServer.ts"

const scope = Scope.makeUnsafe()
const url = (await Effect.runPromise(Scope.provide(LocalPostgres.acquire, scope))) ?? ""
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
if (url === "") console.log("a cache in Postgres: skipped, no Postgres is installed here")

const client = PgClient.layer({ url: Redacted.make(url), maxConnections: 2 })
const lake = ArticleScript.groupName("clientposts.trailblaze.s2.c.f")
const hill = ArticleScript.groupName("clientposts.trailblaze.s2.c.g")

describe("the address of a Postgres", () => {
  it.effect.each([
    ["nonsense", /^the cache database: its address is no URL$/],
    ["postgres://u:secret@127.0.0.1:9/cache", /^the cache database: .*ECONNREFUSED 127\.0\.0\.1:9$/]
  ] as const)("%s that leads nowhere is told apart", ([address, said]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(CacheStore.CacheStore, PostgresStore.layerAt(address)))
      assert.match(error.message, said)
      assert.notInclude(error.message, "secret")
    })
  )
})

describe.skipIf(url === "")("Postgres", () => {
  layer(Layer.orDie(PostgresStore.layerAt(url)))("a cache in Postgres", (it) => cacheContract(it, { lives: 40 }))

  it.live("keeps no content that no subtree holds", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      const sql = yield* SqlClient.SqlClient
      yield* store.dropAll
      const server = new ScriptedServer.ScriptedServer(true)
      for (let serial = 0; serial < 30; serial++) {
        server.post(ArticleScript.event(serial, { groups: [[lake], [hill], [lake, hill]][serial % 3] ?? [] }))
      }
      const kept = Effect.map(sql<{ count: number }>`SELECT count(*)::int AS count FROM article`, ([row]) => row?.count)
      const ask = Effect.gen(function* () {
        const cache = yield* GroupCache.GroupCache
        return yield* cache.events({ app: "trailblaze", subtrees: [lake, hill], limit: 100, staleMillisMax: 0 })
      })
      yield* Effect.gen(function* () {
        yield* ask
        assert.strictEqual(yield* kept, server.held.size)
        server.remove(...[...server.held.keys()].slice(0, 10))
        yield* ask
        assert.strictEqual(yield* kept, server.held.size)
        const shared = [...server.held.values()].filter(({ groups }) => groups.includes(hill))
        yield* store.drop([lake])
        assert.strictEqual(yield* kept, shared.length)
        server.wipe()
        yield* ask
        assert.strictEqual(yield* kept, 0)
      }).pipe(
        Effect.provide(
          ScrapingCache.layer().pipe(
            Layer.provide(server.layer),
            Layer.provide(Layer.succeed(CacheStore.CacheStore, store))
          )
        )
      )
    }).pipe(Effect.provide(PostgresStore.layer.pipe(Layer.provideMerge(client))))
  )

  it.live("drops no table of somebody else, however often it is started", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE SCHEMA shop`
      yield* sql`SET search_path TO shop`
      yield* sql`CREATE TABLE article (price int)`
      yield* sql`INSERT INTO article VALUES (7)`
      const open = Effect.provide(
        CacheStore.CacheStore,
        PostgresStore.layer.pipe(Layer.provide(Layer.succeed(SqlClient.SqlClient, sql)), Layer.fresh)
      )
      for (let start = 0; start < 2; start++) {
        assert.match((yield* Effect.flip(open)).message, /tables of somebody else \(article\)/)
      }
      assert.deepStrictEqual(yield* sql`SELECT price FROM article`, [{ price: 7 }])
      yield* sql`DROP SCHEMA shop CASCADE`
    }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })))
  )

  it.live("makes way for tables of another version, and begins a new generation", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const open = Effect.provide(
        Effect.flatMap(CacheStore.CacheStore, (store) => store.generation),
        PostgresStore.layer.pipe(Layer.provide(Layer.succeed(SqlClient.SqlClient, sql)), Layer.fresh)
      )
      const first = yield* open
      assert.strictEqual(yield* open, first)
      yield* sql`INSERT INTO cache_migrations (migration_id, name) VALUES (99, 'later')`
      const second = yield* open
      assert.notStrictEqual(second, first)
      yield* sql`ALTER TABLE cache_meta RENAME TO strange`
      assert.notStrictEqual(yield* open, second)
      yield* sql`DROP TABLE strange`
    }).pipe(Effect.provide(client))
  )
})
