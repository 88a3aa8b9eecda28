/**
 * How many groups an app may have at a site: each costs memory, and anybody begins one by an article.
 */
import * as Limits from "@lupin/core/Limits"
import { Context } from "effect"

/**
 * Groups of one app that begin with an article, and as many of other networks in all; those an operator adds count, and are
 * added all the same. An article is filed in its other groups, and deferred where it has none (design §3, Refusal).
 */
export const AppGroupsMax = Context.Reference<number>("@lupin/spool/AppGroupsMax", {
  defaultValue: () => Limits.appGroupsMax
})
