/**
 * What a cancel has come to, by what history said of its event before it and says after it.
 *
 * Pure. Of an event that was gone before, the answer is the same for every key: a host need not know the lock any more, and
 * nobody is to learn by it whether a key would have opened it.
 */
import type * as Answer from "./Answer.ts"

/** What a site knows of an id. */
export type Known = "held" | "removed" | "unknown"

/** What the caller is told. `wrongKey`: the event stands, as the key opens no lock of it. */
export type Outcome = Answer.Cancelled["state"] | "wrongKey"

/** The cancel has been filed between the two, and has removed what it may. */
export const of = (before: Known, after: Known): Outcome => {
  switch (after) {
    case "held":
      return "wrongKey"
    case "unknown":
      return "waiting"
    case "removed":
      return before === "held" ? "cancelled" : "removed"
  }
}
