/**
 * CHECKs of articles that are here, which are answered where they are read: in a flood of repeats each costs one look.
 *
 * An id is looked for in the octets of its chunk. What is not found there goes the way of all commands.
 */
import * as Limits from "@lupin/core/Limits"
import type { Peer } from "@lupin/spool/Relayer"
import { Buffer } from "node:buffer"
import type { Framing } from "./Framing.ts"
import type * as Guard from "./Guard.ts"
import type { Batch } from "./TransitAnswers.ts"
import type { WriteBuffer } from "./WriteBuffer.ts"

const check = new TextEncoder().encode("CHECK ")
/** "438 ". */
const here = 0x34333820

/** What a connection has. */
export interface Asked {
  readonly framing: Framing
  readonly relayer: Pick<Guard.PeerRelayer, "isHere">
  readonly peer: Peer
  readonly buffer: WriteBuffer
  /** Takes the answers where others are to come before them. */
  readonly batch: Batch | undefined
  /** Called after each of them. */
  readonly settle: () => void
}

/** Answers the next lines as long as they are such CHECKs; says how many. */
export const answer = ({ batch, buffer, framing, peer, relayer, settle }: Asked): number => {
  for (let answered = 0; ; answered += 1) {
    if (!framing.takes(check, Limits.commandLineBytesMax)) return answered
    const { argumentFrom: from, argumentTo: to, octets } = framing
    if (!relayer.isHere(octets, from, to, peer)) {
      framing.takeBack()
      return answered
    }
    settle()
    if (batch === undefined) buffer.coded(here, octets, from, to)
    else batch.add({ _tag: "Answer", line: `438 ${Buffer.from(octets.buffer, octets.byteOffset + from, to - from).toString("latin1")}` })
  }
}
