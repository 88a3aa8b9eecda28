import { layer } from "@effect/vitest"
import * as CacheStore from "../src/CacheStore.ts"
import { cacheContract } from "./contract.ts"

layer(CacheStore.CacheStore.layerMemory)("a cache in memory", (it) => cacheContract(it, { lives: 150 }))
