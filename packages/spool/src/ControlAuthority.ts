/**
 * Whose control messages may change the groups of this site (RFC 5537 §5.2): those of the keys an operator trusts.
 *
 * Without any, no control message of the network changes a group; `GpgAuthority` checks the signatures that netnews has.
 */
import type * as Article from "@lupin/core/Article"
import type * as GroupName from "@lupin/core/GroupName"
import { Context, Effect, Schema } from "effect"

/** The signature could not be looked at now, as the tool for it is missing or failed. The message changes nothing. */
export class AuthorityUnavailable extends Schema.TaggedError<AuthorityUnavailable>()("AuthorityUnavailable", {
  reason: Schema.String
}) {}

interface Authority {
  /** Whether the article bears the signature of one who may change all of these groups. */
  readonly grants: (
    article: Article.Article,
    groups: ReadonlyArray<GroupName.GroupName>
  ) => Effect.Effect<boolean, AuthorityUnavailable>
}

export const ControlAuthority = Context.Reference<Authority>("@lupin/spool/ControlAuthority", {
  defaultValue: () => ({ grants: () => Effect.succeed(false) })
})
