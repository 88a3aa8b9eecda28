/**
 * Tables of the cache database, brought up to date when it opens.
 *
 * Message-IDs and ranks compare octet by octet (collation "C"), as they do everywhere else. Times are milliseconds since
 * the epoch in double precision, which holds them exactly.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  `CREATE TABLE cache_meta (generation text NOT NULL)`,
  // A copy is published once it has times. An unpublished row of the same name is the draft that will replace it.
  `CREATE TABLE subtree (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    round int NOT NULL DEFAULT 0,
    cursor text,
    articles int NOT NULL DEFAULT 0,
    pending int NOT NULL DEFAULT 0,
    bytes float8 NOT NULL DEFAULT 0,
    scraped_at_millis float8,
    answered_at_millis float8)`,
  `CREATE UNIQUE INDEX subtree_name ON subtree (name, (scraped_at_millis IS NULL))`,
  `CREATE TABLE article (
    message_id text COLLATE "C" PRIMARY KEY,
    posted_millis float8 NOT NULL,
    cost int NOT NULL,
    groups text NOT NULL,
    app text COLLATE "C",
    kind text COLLATE "C",
    version int,
    lat float8,
    lon float8,
    uncertainty float8,
    payload text)`,
  `CREATE TABLE digest (
    message_id text COLLATE "C" PRIMARY KEY REFERENCES article ON DELETE CASCADE,
    app text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    rank text COLLATE "C" NOT NULL,
    version int NOT NULL,
    events float8 NOT NULL,
    removals float8 NOT NULL,
    fingerprint text NOT NULL,
    newest_millis float8 NOT NULL,
    view text NOT NULL)`,
  `CREATE INDEX digest_best ON digest (app, name, key, rank DESC)`,
  // An article in a subtree, shown once the subtree has reached the round in which it was scraped.
  `CREATE TABLE holding (
    subtree_id int NOT NULL REFERENCES subtree ON DELETE CASCADE,
    message_id text COLLATE "C" NOT NULL REFERENCES article,
    posted_millis float8 NOT NULL,
    round int NOT NULL,
    PRIMARY KEY (subtree_id, message_id))`,
  `CREATE INDEX holding_newest ON holding (subtree_id, posted_millis DESC, message_id DESC)`,
  `CREATE INDEX holding_article ON holding (message_id)`,
  // Only of sources that are read group by group.
  `CREATE TABLE group_number (
    subtree_id int NOT NULL REFERENCES subtree ON DELETE CASCADE,
    group_name text COLLATE "C" NOT NULL,
    number int NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (subtree_id, group_name, number))`,
  `CREATE INDEX group_number_article ON group_number (subtree_id, message_id)`
]

/** Tables in the order in which they are emptied. */
export const contentTables = "group_number, holding, digest, article, subtree, cache_meta"

/** Statements that look after the tables that grow. */
export const upkeep = {
  analyze: "ANALYZE subtree, article, holding, digest, group_number",
  vacuum: "VACUUM (ANALYZE) subtree, article, holding, digest, group_number"
}

const migrationsTable = "cache_migrations"

const migrations = {
  "0001_tables": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const statement of statements) yield* sql.unsafe(statement)
  })
}

/** The tables are of a later version than this one knows. */
export class SchemaFromLater extends Schema.TaggedError<SchemaFromLater>()("SchemaFromLater", {
  migration: Schema.Int
}) {
  override get message(): string {
    return `the cache's tables are of a later version (${this.migration}) than this one knows`
  }
}

/** Somebody else has tables there under names that the cache needs. Give the cache a database of its own. */
export class DatabaseTaken extends Schema.TaggedError<DatabaseTaken>()("DatabaseTaken", {
  tables: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `the cache's database holds tables of somebody else (${this.tables.join(", ")}); give the cache one of its own`
  }
}

/** Fails unless all tables of our names, if there are any, are ours: only those may be dropped. */
export const claim = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const names = contentTables.split(", ")
  const found = yield* sql<{ tablename: string }>`SELECT tablename FROM pg_tables
    WHERE schemaname = current_schema() AND tablename = ANY(${[...names, migrationsTable]}::text[])`
  const tables = found.map(({ tablename }) => tablename)
  if (tables.includes(migrationsTable)) {
    const made = yield* sql.unsafe(`SELECT 1 FROM ${migrationsTable} LIMIT 1`)
    if (made.length > 0) return
  }
  const foreign = names.filter((name) => tables.includes(name))
  if (foreign.length > 0) return yield* new DatabaseTaken({ tables: foreign })
})

/** Creates the tables, or does nothing. */
export const migrate = Effect.gen(function* () {
  yield* Migrator.make({})({ table: migrationsTable, loader: Migrator.fromRecord(migrations) })
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<{ last: number }>(`SELECT max(migration_id) AS last FROM ${migrationsTable}`)
  const last = row?.last ?? 0
  if (last > Object.keys(migrations).length) return yield* new SchemaFromLater({ migration: last })
})

/** Drops the tables with all that is in them. */
export const drop = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql.unsafe(`DROP TABLE IF EXISTS ${contentTables}, ${migrationsTable} CASCADE`)
)
