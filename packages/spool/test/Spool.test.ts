import { describe, it } from "@effect/vitest"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { cancelContract } from "@lupin/testing/CancelContract"
import { groupContract } from "@lupin/testing/GroupContract"
import { spoolContract } from "@lupin/testing/SpoolContract"
import { Effect, Layer } from "effect"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })

const fileLayer = (durability: "fsync" | "kernel") =>
  Layer.unwrap(Effect.map(temporaryDirectory, (directory) => FileSpool.layer({ directory, durability })))

const layers = {
  "in memory": Spool.layerMemory,
  "on disk": fileLayer("fsync"),
  "on disk, left to the kernel": fileLayer("kernel")
}

for (const [name, layer] of Object.entries(layers)) {
  describe(`the contract of a spool, ${name}`, () => {
    for (const promise of [...spoolContract, ...cancelContract, ...groupContract]) {
      it.effect(promise.name, () =>
        promise.check.pipe(Effect.provide(Layer.fresh(layer).pipe(Layer.provideMerge(identity))))
      )
    }
  })
}
