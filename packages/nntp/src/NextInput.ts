/**
 * What a client says next, cut out of the octets that came as the state of its session asks for it.
 */
import * as Limits from "@lupin/core/Limits"
import * as Reconciliation from "@lupin/core/Reconciliation"
import * as Command from "./Command.ts"
import type { Framing } from "./Framing.ts"
import * as Sasl from "./Sasl.ts"
import * as Session from "./Session.ts"

/** Takes the next line or block, or nothing before all of it has come. */
export const take = (framing: Framing, { phase }: Session.State, facts: Session.Facts): Session.Input | undefined => {
  switch (phase._tag) {
    case "Command": {
      const argument = framing.argument(Command.usualStarts, Limits.commandLineBytesMax)
      const command = argument === undefined ? undefined : Command.ofArgument(framing.startAt, argument, framing.isId)
      if (command !== undefined) return { _tag: "Usual", command }
      if (argument !== undefined) framing.takeBack()
      const line = framing.line(Limits.commandLineBytesMax)
      return line === undefined ? undefined : { _tag: "Line", line }
    }
    case "Sasl": {
      const line = framing.line(Sasl.lineBytesMax)
      return line === undefined ? undefined : { _tag: "Line", line }
    }
    case "Article":
    case "Post": {
      // What will be refused whatever it is need not be kept.
      const block = framing.block(Session.mayReceive(phase, facts) ? Limits.articleBytesMax : 0)
      return block === undefined ? undefined : { _tag: "Block", block, scan: framing.scan }
    }
    case "Frame": {
      const block = framing.block(Reconciliation.frameBytesMax + 2)
      return block === undefined ? undefined : { _tag: "Block", block }
    }
    case "Closed":
      return undefined
  }
}
