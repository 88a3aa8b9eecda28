/**
 * Sockets that write at the end of a turn of the event loop, one after the other.
 *
 * A turn reads all sockets on which something has arrived. Where each is answered at once the first answer wakes a client beside
 * us, and the next one another; where all are answered at the end clients wake once, bring the next things together, and
 * fewer turns are needed.
 */

/** Has something to write. */
export interface Writer {
  readonly writeNow: () => void
}

let writers: Array<Writer> = []

/** Has `writeNow` called once at the end of this turn. */
export const enter = (writer: Writer): void => {
  if (writers.push(writer) === 1) setImmediate(endTurn)
}

const endTurn = (): void => {
  const those = writers
  writers = []
  for (const writer of those) writer.writeNow()
}
