/**
 * Storage classes: by group, size and age an article is put where it fits. Pure rules; the first that fits counts.
 *
 * A class has a directory, segments and a durability of its own; what fits none lies in the log itself.
 */
import * as Wildmat from "@lupin/core/Wildmat"
import { Context } from "effect"

export interface StorageClass {
  /** Lower-case letters, digits and hyphens: it also names the directory. */
  readonly name: string
  /** One of the article's groups has to match. */
  readonly groups: Wildmat.Wildmat
  /** The same group has to match this too, where it is given. */
  readonly homes?: Wildmat.Wildmat
  /** Octets of the article, both ends included. */
  readonly bytesMin?: number
  readonly bytesMax?: number
  /** Age at its arrival, since its injection, both ends included. */
  readonly ageMillisMin?: number
  readonly ageMillisMax?: number
  /** Where its segments lie, if not in the spool's own directory. */
  readonly directory?: string
  /** How long a segment of the class grows. */
  readonly segmentBytes?: number
  /** As for the spool: `fsync` survives a power cut, `kernel` a kill. */
  readonly durability?: "fsync" | "kernel"
}

/** Classes that a spool may have. */
export const classesMax = 64

/** What a class is chosen by. */
export interface Stored {
  readonly groups: ReadonlyArray<string>
  readonly octets: Uint8Array
  readonly injectedMillis: number
}

/** The class of an article that arrives now; nothing where none fits. */
export const choose = (
  classes: ReadonlyArray<StorageClass>,
  article: Stored,
  nowMillis: number
): StorageClass | undefined => classes.find((one) => fits(one, article, nowMillis))

const fits = (one: StorageClass, { groups, injectedMillis, octets }: Stored, nowMillis: number): boolean => {
  const ageMillis = nowMillis - injectedMillis
  return (
    octets.length >= (one.bytesMin ?? 0) &&
    octets.length <= (one.bytesMax ?? Infinity) &&
    ageMillis >= (one.ageMillisMin ?? -Infinity) &&
    ageMillis <= (one.ageMillisMax ?? Infinity) &&
    groups.some(
      (group) => Wildmat.matches(one.groups, group) && (one.homes === undefined || Wildmat.matches(one.homes, group))
    )
  )
}

/** The classes of the spool that is built, none unless something else is provided. */
export const StorageClasses = Context.Reference<ReadonlyArray<StorageClass>>("@lupin/spool/StorageClasses", {
  defaultValue: () => []
})
