/**
 * Storage classes and rules of retention, as an operator writes them and as a spool takes them.
 *
 * Days become milliseconds, megabytes octets; a class that is `homed` takes only groups whose home this zone is.
 */
import * as Wildmat from "@lupin/core/Wildmat"
import * as RetentionRule from "@lupin/spool/RetentionRule"
import * as StorageClass from "@lupin/spool/StorageClass"
import { Schema } from "effect"
import * as ConfigParts from "./ConfigParts.ts"

const dayMillis = 24 * 60 * 60 * 1000
const megabyte = 1024 * 1024

/** Rules that a configuration may have. */
export const rulesMax = 100
/** The longest an operator may ask for, in days. */
const daysMax = 36_500
const segmentMegabytesMax = 64

const Days = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: daysMax }))
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

const keeping = {
  /** Age in days at which an article goes that has no Expires; that of history, where none is given. */
  days: Schema.optionalKey(Days),
  /** What an Expires may ask for: at least so many days, and at most; without these none and `days`. */
  daysMin: Schema.optionalKey(Days),
  daysMax: Schema.optionalKey(Days),
  /** Articles of each group. */
  articlesMax: Schema.optionalKey(Count),
  /** Octets of a whole class on the disk. */
  bytesMax: Schema.optionalKey(Count)
}

/** How long articles stay, by group and class; the first rule that fits counts. */
export const Retention = Schema.Struct({
  groups: Schema.optionalKey(ConfigParts.WildmatText),
  class: Schema.optionalKey(ConfigParts.Name),
  ...keeping
})
export type Retention = typeof Retention.Type

/** Where articles lie; the first class that fits takes them. */
export const Class = Schema.Struct({
  name: ConfigParts.Name,
  groups: Schema.optionalKey(ConfigParts.WildmatText),
  /** Only groups whose home this zone is. */
  homed: Schema.optionalKey(Schema.Boolean),
  bytesMin: Schema.optionalKey(Count),
  bytesMax: Schema.optionalKey(Count),
  /** Age of the article when it arrives. */
  ageDaysMin: Schema.optionalKey(Days),
  ageDaysMax: Schema.optionalKey(Days),
  /** Perhaps on another disk; in the spool, where none is given. */
  directory: Schema.optionalKey(Schema.NonEmptyString),
  segmentMegabytes: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: segmentMegabytesMax }))
  ),
  durability: Schema.optionalKey(Schema.Literals(["fsync", "kernel"])),
  retention: Schema.optionalKey(Schema.Struct(keeping))
})
export type Class = typeof Class.Type

/** What of a site's configuration is about storage. */
export const fields = {
  classes: Schema.optionalKey(
    Schema.Array(Class).check(
      Schema.isMaxLength(StorageClass.classesMax),
      Schema.makeFilter(
        (classes: ReadonlyArray<{ readonly name: string }>) =>
          new Set(classes.map(({ name }) => name)).size === classes.length || "two classes have the same name"
      )
    )
  ),
  retention: Schema.optionalKey(Schema.Array(Retention).check(Schema.isMaxLength(rulesMax))),
  /** Groups whose home this site's zone is. */
  homes: Schema.optionalKey(ConfigParts.WildmatText)
}

interface Configured {
  readonly classes?: ReadonlyArray<Class>
  readonly retention?: ReadonlyArray<Retention>
  readonly homes?: string
}

const wildmatOf = (text: string): Wildmat.Wildmat => Wildmat.compile(text) ?? Wildmat.ofSubtrees([])

export const classesOf = ({ classes = [], homes }: Configured): ReadonlyArray<StorageClass.StorageClass> =>
  classes.map((one) => ({
    name: one.name,
    groups: wildmatOf(one.groups ?? "*"),
    ...(one.homed === true ? { homes: homes === undefined ? Wildmat.ofSubtrees([]) : wildmatOf(homes) } : {}),
    ...(one.bytesMin === undefined ? {} : { bytesMin: one.bytesMin }),
    ...(one.bytesMax === undefined ? {} : { bytesMax: one.bytesMax }),
    ...(one.ageDaysMin === undefined ? {} : { ageMillisMin: one.ageDaysMin * dayMillis }),
    ...(one.ageDaysMax === undefined ? {} : { ageMillisMax: one.ageDaysMax * dayMillis }),
    ...(one.directory === undefined ? {} : { directory: one.directory }),
    ...(one.segmentMegabytes === undefined ? {} : { segmentBytes: one.segmentMegabytes * megabyte }),
    ...(one.durability === undefined ? {} : { durability: one.durability })
  }))

/** The rules of the whole site first, then those of its classes. */
export const rulesOf = ({ classes = [], retention = [] }: Configured): ReadonlyArray<RetentionRule.RetentionRule> => [
  ...retention.map(ruleOf),
  ...classes.flatMap(({ name, retention }) => (retention === undefined ? [] : [ruleOf({ ...retention, class: name })]))
]

const ruleOf = (written: Retention): RetentionRule.RetentionRule => {
  const keepMillis = written.days === undefined ? RetentionRule.last.keepMillis : written.days * dayMillis
  return {
    keepMillis,
    keepMillisMin: (written.daysMin ?? 0) * dayMillis,
    keepMillisMax: written.daysMax === undefined ? keepMillis : written.daysMax * dayMillis,
    ...(written.class === undefined ? {} : { class: written.class }),
    ...(written.groups === undefined ? {} : { groups: wildmatOf(written.groups) }),
    ...(written.articlesMax === undefined ? {} : { countMax: written.articlesMax }),
    ...(written.bytesMax === undefined ? {} : { bytesMax: written.bytesMax })
  }
}
