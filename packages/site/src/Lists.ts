/**
 * What an operator says for the lists that readers ask for: message of the day, groups to begin with, distributions,
 * moderators (RFC 3977 §7.6.5, RFC 6048 §2.3 to §2.6).
 */
import type * as SiteLists from "@lupin/nntp/SiteLists"
import { Schema } from "effect"
import * as ConfigParts from "./ConfigParts.ts"

/** Rows of one list. */
const rowsMax = 1_000

/** UTF-16 units of one row. */
const lineUnitsMax = 500

/** One line of text for a person. */
export const Line = Schema.String.check(
  Schema.makeFilter((text: string) => text.length <= lineUnitsMax || `more than ${lineUnitsMax} characters`),
  Schema.makeFilter((text: string) => !/\p{Cc}/u.test(text) || "no line breaks, tabs or other control characters")
)

const Distribution = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9+_-]*$/, { message: "a distribution is one word (RFC 5536, 3.2.4)" })
)

const list = <S extends Schema.Top>(row: S) => Schema.optionalKey(Schema.Array(row).check(Schema.isMaxLength(rowsMax)))

/** A list that is not said is not kept, and asking for it is answered 503. */
export const Lists = Schema.Struct({
  /** Message of the day, line by line. */
  motd: list(Line),
  /** Groups that a new reader is to begin with. */
  subscriptions: list(ConfigParts.GroupText),
  distributions: list(Schema.Struct({ name: Distribution, description: Line })),
  /** Which distribution a post to some groups gets; of those that match, the one of the highest weight. */
  distribPats: list(
    Schema.Struct({
      weight: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
      groups: ConfigParts.WildmatText,
      distribution: Distribution
    })
  ),
  /** Where posts to moderated groups go; the first that matches. `%s` is the group with hyphens for its dots. */
  moderators: list(
    Schema.Struct({
      groups: ConfigParts.WildmatText,
      address: Schema.String.check(
        Schema.isPattern(/^[!-~]{1,120}@[!-~]{1,120}$/, { message: "not a mail address, such as %s@example.org" })
      )
    })
  )
})
export type Lists = typeof Lists.Type

/** The rows as NNTP has them. */
export const rows = ({ distribPats, distributions, moderators, motd, subscriptions }: Lists): SiteLists.SiteLists => ({
  ...(motd === undefined ? {} : { MOTD: motd }),
  ...(subscriptions === undefined ? {} : { SUBSCRIPTIONS: subscriptions }),
  ...(distributions === undefined
    ? {}
    : { DISTRIBUTIONS: distributions.map(({ description, name }) => `${name}\t${description}`) }),
  ...(distribPats === undefined
    ? {}
    : { "DISTRIB.PATS": distribPats.map(({ distribution, groups, weight }) => `${weight}:${groups}:${distribution}`) }),
  ...(moderators === undefined ? {} : { MODERATORS: moderators.map(({ address, groups }) => `${groups}:${address}`) })
})
