import { describe, it } from "@effect/vitest"
import * as Wildmat from "@lupin/core/Wildmat"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { cancelContract } from "@lupin/testing/CancelContract"
import { groupContract } from "@lupin/testing/GroupContract"
import { type StorageClass, StorageClasses } from "@lupin/spool/StorageClass"
import { spoolContract } from "@lupin/testing/SpoolContract"
import { Effect, Layer } from "effect"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })

const fileLayer = (durability: "fsync" | "kernel") =>
  Layer.unwrap(Effect.map(temporaryDirectory, (directory) => FileSpool.layer({ directory, durability })))

/** Whatever is larger than most lies in a class. */
const large = Wildmat.compile("*") ?? Wildmat.ofSubtrees([])
const classes: ReadonlyArray<StorageClass> = [{ name: "large", groups: large, bytesMin: 400, segmentBytes: 4_000 }]
const inClasses = fileLayer("fsync").pipe(Layer.provide(Layer.succeed(StorageClasses, classes)))

const layers = {
  "in memory": Spool.layerMemory,
  "on disk": fileLayer("fsync"),
  "on disk, left to the kernel": fileLayer("kernel"),
  "on disk, in classes": inClasses
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
