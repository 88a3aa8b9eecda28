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
import type * as SiteConfig from "./SiteConfig.ts"

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

type Fault = SiteConfig.ConfigInvalid["faults"][number]

/** Least and most of the same thing, by their keys. */
const bounds = [
  ["bytesMin", "bytesMax"],
  ["ageDaysMin", "ageDaysMax"]
] as const

/**
 * Pure: what can only be a slip: a rule of a class that there is not, classes that share a directory or take nothing.
 * Directories are compared as they are written here, so make them absolute first.
 */
export const faults = ({ classes = [], homes, retention = [] }: Configured): ReadonlyArray<Fault> => [
  ...classes.flatMap((one, at) => [
    ...bounds.flatMap(([min, max]) =>
      (one[min] ?? 0) > (one[max] ?? Infinity)
        ? [{ key: `classes[${at}].${max}`, message: `is less than ${min}: no article fits` }]
        : []
    ),
    ...(one.homed === true && homes === undefined
      ? [{ key: `classes[${at}].homed`, message: "no article fits as long as `homes` names no groups" }]
      : []),
    ...classes
      .slice(0, at)
      .filter(({ directory }) => directory !== undefined && directory === one.directory)
      .map(({ name }) => ({ key: `classes[${at}].directory`, message: `is that of the class ${name}` })),
    ...(one.retention === undefined ? [] : keepingFaults(`classes[${at}].retention`, one.retention))
  ]),
  ...retention.flatMap((rule, at) => [
    ...(rule.class === undefined || classes.some(({ name }) => name === rule.class)
      ? []
      : [{ key: `retention[${at}].class`, message: `there is no class ${rule.class}` }]),
    ...keepingFaults(`retention[${at}]`, rule)
  ])
]

const keepingFaults = (
  key: string,
  { days, daysMax, daysMin }: Omit<Retention, "groups" | "class">
): ReadonlyArray<Fault> =>
  daysMin !== undefined && daysMin > (daysMax ?? days ?? RetentionRule.last.keepMillis / dayMillis)
    ? [{ key: `${key}.daysMin`, message: "is more than the longest that an Expires may ask for" }]
    : []

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
