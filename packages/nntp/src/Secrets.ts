/**
 * Where octets come from that nobody may guess: the system's generator, unless a test brings its own.
 */
import { Context } from "effect"
import { Buffer } from "node:buffer"
import * as crypto from "node:crypto"

export const Secrets = Context.Reference<{
  readonly octets: (bytes: number) => Uint8Array
}>("@lupin/nntp/Secrets", {
  defaultValue: () => ({ octets: (bytes) => crypto.randomFillSync(Buffer.alloc(bytes)) })
})
