import { layer } from "@effect/vitest"
import * as MemoryPop from "@lupin/api/MemoryPop"
import * as PopContract from "@lupin/testing/PopContract"

const live = MemoryPop.layer({ apps: [PopContract.contractApp] })

layer(live, { excludeTestServices: true })("MemoryPop", (it) => {
  for (const promise of PopContract.popContract) it.effect(promise.name, () => promise.check)
})
