/**
 * The lists that an operator writes for readers: distributions, moderators, a message of the day, groups to begin with
 * (RFC 3977 §7.6.5, RFC 6048 §2.3 to §2.6).
 */
import * as Wildmat from "@lupin/core/Wildmat"

/** What LIST calls them. */
export type Name = "DISTRIB.PATS" | "DISTRIBUTIONS" | "MODERATORS" | "MOTD" | "SUBSCRIPTIONS"

/** Rows as they are sent. A list that is not there is not kept: LIST answers 503. */
export type SiteLists = { readonly [N in Name]?: ReadonlyArray<string> }

/** Nothing is kept. */
export const none: SiteLists = {}

/** The rows of a list; of SUBSCRIPTIONS, whose rows are names of groups, those that match. */
export const rows = (lists: SiteLists, name: Name, wildmat: Wildmat.Wildmat): ReadonlyArray<string> | undefined =>
  name === "SUBSCRIPTIONS" ? lists[name]?.filter((group) => Wildmat.matches(wildmat, group)) : lists[name]
