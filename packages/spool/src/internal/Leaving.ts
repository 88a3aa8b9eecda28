/**
 * What the removal of an article tells of it, as it lies in the record of its filing.
 *
 * It is read out of that record alone: nearly every digest that comes supersedes one.
 */
import type { Buffer } from "node:buffer"
import { Reader, textEnd } from "./Octets.ts"
import * as Record from "./Record.ts"
import * as RecordOptions from "./RecordOptions.ts"

/** Its numbers, and its Injection-Date in milliseconds where its id does not hold that. */
export type Leaving = Pick<Record.Removal, "numbers" | "injectedMillis">

/** Of the article with whose filing a payload begins. `start`: where the payload begins. */
export const read = (octets: Buffer, start = 0): Leaving => {
  const reader = new Reader(octets, textEnd(octets, start + Record.idOffset - 4))
  const numbers = Record.readNumbers(reader)
  const flags = reader.uint(1)
  const injectedMillis = RecordOptions.injectedMillisAt(octets, reader.at, flags)
  return injectedMillis === undefined ? { numbers } : { numbers, injectedMillis }
}
