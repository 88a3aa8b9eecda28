/**
 * How long articles stay, by class and group: pure rules, of which the first that fits an article counts.
 *
 * Expires (RFC 5536 §3.2.5) is honoured within the rule's bounds. The newest digest of a key stays: totals outlive
 * their inputs.
 */
import * as Limits from "@lupin/core/Limits"
import type * as Site from "@lupin/core/Site"
import * as Wildmat from "@lupin/core/Wildmat"

export interface RetentionRule {
  /** Name of the storage class it is about; any, where none is given. */
  readonly class?: string
  /** An article fits if one of its groups does; any, where none is given. */
  readonly groups?: Wildmat.Wildmat
  /** Age at which an article goes that has no Expires. */
  readonly keepMillis: number
  /** An article is kept so long whatever its Expires says. */
  readonly keepMillisMin: number
  /** An article is not kept longer, whatever its Expires says. */
  readonly keepMillisMax: number
  /** Articles of each group that fits; the oldest go first, from all their groups. */
  readonly countMax?: number
  /** Octets that the articles of the class may take in the log, overview included; the oldest go first. */
  readonly bytesMax?: number
}

/** What counts where no other rule fits. */
export const last: RetentionRule = {
  keepMillis: Limits.historyMillis,
  keepMillisMin: 0,
  keepMillisMax: Limits.historyMillis
}

/** What a rule asks of an article. */
export interface Aging {
  readonly groups: ReadonlyArray<string>
  readonly arrivedMillis: number
  readonly class?: string
  readonly expiresMillis?: number
  readonly slot?: Site.Slot
}

/** The rule that counts for an article. */
export const of = (rules: ReadonlyArray<RetentionRule>, aging: Aging): RetentionRule =>
  rules.find(
    (rule) =>
      (rule.class === undefined || rule.class === aging.class) &&
      (rule.groups === undefined || aging.groups.some((group) => fits(rule, group)))
  ) ?? last

/** Whether a rule counts the articles of a group. */
export const fits = ({ groups }: RetentionRule, group: string): boolean =>
  groups === undefined || Wildmat.matches(groups, group)

/** When an article has to go; nothing where it stays. */
export const dueMillis = (rule: RetentionRule, { arrivedMillis, expiresMillis, slot }: Aging): number | undefined => {
  if (slot !== undefined) return undefined
  if (expiresMillis === undefined) return arrivedMillis + rule.keepMillis
  const asked = expiresMillis - arrivedMillis
  return arrivedMillis + Math.min(Math.max(asked, rule.keepMillisMin), rule.keepMillisMax)
}

/** The ages at which articles can be due for what the rules say alone: all that are due then were due or are not yet. */
export const ages = (rules: ReadonlyArray<RetentionRule>): ReadonlyArray<number> =>
  [
    ...new Set(
      [...rules, last].flatMap(({ keepMillis, keepMillisMax, keepMillisMin }) => [
        keepMillis,
        keepMillisMin,
        keepMillisMax
      ])
    )
  ]
    .filter((age) => age > 0 && age !== Infinity)
    .toSorted((one, other) => one - other)
