/**
 * Why a site does not file an article, in the words of the spool.
 */
import * as Admission from "@lupin/core/Admission"
import type * as Site from "@lupin/core/Site"
import type { Stored } from "../Spool.ts"

/** Nothing where the article will be filed. */
export const of = (site: Site.Known, command: Site.FileCommand): Stored | undefined => {
  switch (Admission.outcome(site, command)) {
    case "filed":
      return undefined
    case "here":
      return { _tag: "AlreadyHere" }
    case "removed":
      return { _tag: "Removed" }
    case "full":
      return { _tag: "Full" }
    case "closed":
      return { _tag: "Closed" }
    case "unapproved": {
      const group = Admission.moderated(site, command.groups)
      return group === undefined ? undefined : { _tag: "Unapproved", group }
    }
  }
}
