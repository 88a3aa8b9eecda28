import { describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Vitest from "vitest"
import * as PostgresStore from "../src/PostgresStore.ts"
import { cacheContract } from "./contract.ts"
import * as LocalPostgres from "./LocalPostgres.ts"

const scope = Scope.makeUnsafe()
const url = await Effect.runPromise(Scope.provide(LocalPostgres.acquire, scope))
Vitest.afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

describe.skipIf(url === undefined)("Postgres", () => {
  layer(Layer.orDie(PostgresStore.layerAt(url ?? "")))("a cache in Postgres", cacheContract)
})
