/**
 * A stream whose far end is a PGlite backend, so that an ordinary Postgres client can talk to it.
 */
import { Buffer } from "node:buffer"
import { Duplex } from "node:stream"
import type * as PgliteBackend from "./PgliteBackend.ts"

const terminate = "X".charCodeAt(0)
/** Code of a CancelRequest (PostgreSQL documentation, "Message Formats"). */
const cancelRequest = 80_877_102
/** Length and code, with which a connection begins. */
const greetingBytes = 8

/** PGlite is one backend with one session: use one stream at a time. Asking to cancel a query does nothing. */
export const make = (backend: PgliteBackend.PgliteBackend): Duplex => {
  let unread: Buffer = Buffer.alloc(0)
  let hasBegun = false
  const stream: Duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
      if (!hasBegun && unread.length >= greetingBytes && unread.readInt32BE(4) === cancelRequest) {
        stream.push(null)
        return done()
      }
      const { end, isLast } = wholeMessages(unread, hasBegun)
      const messages = unread.subarray(0, end)
      unread = unread.subarray(end)
      hasBegun ||= end > 0
      const finish = () => {
        if (isLast) stream.push(null)
        done()
      }
      if (messages.length === 0) return finish()
      const onData = (octets: Uint8Array) => {
        stream.push(Buffer.from(octets))
      }
      backend.execute(Uint8Array.from(messages), onData).then(finish, done)
    },
    final: (done) => {
      stream.push(null)
      done()
    }
  })
  return stream
}

/** Where the last whole frontend message ends, up to a Terminate; the first message of a connection has no type octet. */
const wholeMessages = (unread: Buffer, hasBegun: boolean): { readonly end: number; readonly isLast: boolean } => {
  let end = 0
  let typeBytes = hasBegun ? 1 : 0
  while (unread.length - end >= typeBytes + 4) {
    const length = typeBytes + unread.readInt32BE(end + typeBytes)
    if (unread.length - end < length) break
    if (typeBytes === 1 && unread[end] === terminate) return { end, isLast: true }
    end += length
    typeBytes = 1
  }
  return { end, isLast: false }
}
