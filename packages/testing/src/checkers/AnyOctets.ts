/**
 * Checks promise 11: whatever octets arrive at a port, there is an answer or a close, and the process lives on.
 */
import * as Checker from "./Checker.ts"

export const anyOctets: Checker.Checker = {
  promise: 11,
  watch: () => (evidence) => {
    if (evidence._tag === "Died") return [`the process of ${evidence.site} ended by itself`]
    if (evidence._tag !== "Probed" || evidence.isDisturbed || evidence.outcome !== "silent") return Checker.isKept()
    return [`${evidence.site} neither answers nor closes after ${JSON.stringify(latin1.decode(evidence.octets))}`]
  }
}

const latin1 = new TextDecoder("latin1")
