/**
 * CHECKs of articles that are here, which are answered where they are read: in a flood of repeats each costs one look.
 *
 * An id is looked for in the octets of its chunk. What is not found there goes the way of all commands.
 */
import * as Limits from "@lupin/core/Limits"
import { Buffer } from "node:buffer"
import type { Framing } from "./Framing.ts"
import type { Batch, Transit } from "./TransitAnswers.ts"
import type { Transport } from "./Transport.ts"
import type { WriteBuffer } from "./WriteBuffer.ts"

/**
 * How many more commands of a chunk may be others than such CHECKs before these are not looked for any more: of what is mostly
 * new each id would be looked for twice.
 */
export const strangersMax = 4

const check = new TextEncoder().encode("CHECK ")
/** "438 ". */
const here = 0x34333820

/** What a connection has. */
export interface Asked {
  readonly framing: Framing
  readonly service: Pick<Transit, "relayer" | "peer">
  readonly transport: Pick<Transport, "settle">
  readonly buffer: WriteBuffer
  /** What is to be answered before, and takes the answers in its order. */
  readonly before: Batch | undefined
}

/** Answers the next lines as long as they are such CHECKs; says how many. */
export const answer = ({ before, buffer, framing, service, transport }: Asked): number => {
  const { peer, relayer } = service
  for (let answered = 0; ; answered += 1) {
    if (!framing.takes(check, Limits.commandLineBytesMax)) return answered
    const { argumentFrom: from, argumentTo: to, octets } = framing
    if (!relayer.isHere(octets, from, to, peer)) {
      framing.takeBack()
      return answered
    }
    transport.settle()
    if (before === undefined) buffer.coded(here, octets, from, to)
    else before.add({ _tag: "Answer", line: `438 ${textOf(octets, from, to)}` })
  }
}

const textOf = (octets: DataView, from: number, to: number): string =>
  Buffer.from(octets.buffer, octets.byteOffset + from, to - from).toString("latin1")
