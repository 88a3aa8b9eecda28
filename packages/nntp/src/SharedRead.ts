/**
 * Accepted connections that are read through one block of memory, which all of them share.
 *
 * For each read of a socket that it has accepted Node makes a block of 64 KiB, another one of what came, and an event of its
 * streams: half of what it costs to serve one command. Sockets that connect may bring a block of their own (`onread` of
 * `net.Socket`); so may an accepted one whose handle another socket takes over, which Node does with those it moves between
 * threads. Where it does not let us, connections are read as ever.
 */
import { Buffer } from "node:buffer"
import * as net from "node:net"
import type { DuplexOptions } from "node:stream"
import * as ReadMemory from "./ReadMemory.ts"

/** Octets of one read at most: as many as Node reads at once. */
const blockBytes = 64 * 1024

/** Each read is taken out of it before the next one. */
const block = Buffer.allocUnsafeSlow(blockBytes)

/** Who is given what arrives. Octets are the taker's own. */
export interface Taker {
  readonly take: (octets: Uint8Array) => void
}

/** A socket that hands what it reads to its taker, and has no `data` events. */
export class SharedReadSocket extends net.Socket {
  taker: Taker | undefined

  /** `handle`: of the connection, by whose octets this is. */
  constructor(options: DuplexOptions & net.SocketConstructorOpts, handle: object) {
    super(Object.assign({ ...options, onread: { buffer: block, callback: onRead } }, { handle }))
  }
}

/** The connection of a socket that a server has accepted, which is given up for it; the socket itself where that cannot be. */
export const of = (accepted: net.Socket): net.Socket => {
  const handle: unknown = Reflect.get(accepted, handleKey)
  // What has arrived is in the streams of the socket itself.
  const isFresh = !accepted.destroyed && !accepted.readableEnded && accepted.readableLength === 0
  if (!isFresh || typeof handle !== "object" || handle === null || !("useUserBuffer" in handle)) return accepted
  const { allowHalfOpen, writableHighWaterMark: highWaterMark } = accepted
  Reflect.set(accepted, handleKey, null)
  accepted.destroy()
  return new SharedReadSocket({ allowHalfOpen, highWaterMark }, handle)
}

/** Where sockets of Node have the connection that the system knows. */
const handleKey = "_handle"

function onRead(this: SharedReadSocket, bytes: number): boolean {
  const octets = ReadMemory.take(bytes)
  block.copy(octets, 0, 0, bytes)
  this.taker?.take(octets)
  return true
}
