/**
 * A spool of a test on its files, opened for as long as an effect takes.
 */
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool, type SpoolUnavailable } from "@lupin/spool/Spool"
import { type StorageClass, StorageClasses } from "@lupin/spool/StorageClass"
import { Effect, Layer, Logger } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"

const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })
/** Opens the spool in a directory for as long as the effect takes. */
export const inSpool = <A, E, R>(
  directory: string,
  use: (spool: Spool["Service"]) => Effect.Effect<A, E, R>,
  options: Partial<FileSpool.Options> = {},
  classes: ReadonlyArray<StorageClass> = []
): Effect.Effect<A, E | SpoolUnavailable, R> =>
  Effect.flatMap(Spool, use).pipe(
    Effect.provide(
      Layer.fresh(FileSpool.layer({ directory, durability: "fsync", ...options })).pipe(
        Layer.provide([identity, Logger.layer([]), Layer.succeed(StorageClasses, classes)])
      )
    )
  )

export const lastSegment = (directory: string): string =>
  path.join(directory, "log", fs.readdirSync(path.join(directory, "log")).toSorted().at(-1) ?? "")
