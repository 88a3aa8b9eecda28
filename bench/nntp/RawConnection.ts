/**
 * A client's connection that costs as little as a client can: it reads into one buffer and looks only for the ends of
 * replies.
 */
import { Buffer } from "node:buffer"
import * as net from "node:net"

const bufferBytes = 1024 * 1024
const readBytes = 128 * 1024
const blockEnd = Buffer.from("\r\n.\r\n", "latin1")
const lf = 10

/** A reply without its terminator; its octets are good until the call returns. */
export type OnReply = (code: number, octets: Buffer, start: number, end: number) => void

/** Codes that a block follows, for the commands used here. */
const hasBlock: ReadonlySet<number> = new Set([101, 215, 220, 224])

export class RawConnection {
  onReply: OnReply = () => {}
  /** Called once after the replies of a chunk. */
  onChunk: () => void = () => {}
  readonly #socket: net.Socket
  readonly #octets = Buffer.allocUnsafeSlow(bufferBytes)
  #start = 0
  #end = 0
  #scanned = 0
  #isInBlock = false

  private constructor(socket: (connection: RawConnection) => net.Socket) {
    this.#socket = socket(this)
  }

  /** Connects, and waits for a greeting that is 200 or 201. Rejects what the system says. */
  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const made = new RawConnection((connection) =>
        net.connect({
          host: "127.0.0.1",
          port,
          noDelay: true,
          onread: {
            buffer: () => connection.#room(),
            callback: (bytes) => {
              connection.#take(bytes)
              return true
            }
          }
        })
      )
      made.#socket.on("error", reject)
      made.#socket.on("close", () => reject(new Error("the server closed a connection")))
      made.onReply = (code) => {
        if (code === 200 || code === 201) resolve(made)
        else reject(new Error(`greeted with ${code}`))
      }
    })
  }

  send(text: string | Uint8Array): void {
    if (typeof text === "string") this.#socket.write(text, "latin1")
    else this.#socket.write(text)
  }

  /** Tells what goes wrong from here on. */
  onTrouble(report: (error: Error) => void): void {
    this.#socket.removeAllListeners("error").removeAllListeners("close")
    this.#socket.on("error", report)
    this.#socket.on("close", () => report(new Error("the server closed a connection")))
  }

  close(): void {
    this.#socket.removeAllListeners("close")
    this.#socket.on("error", () => {})
    this.#socket.destroy()
  }

  #room(): Uint8Array {
    if (this.#start === this.#end) this.#start = this.#scanned = this.#end = 0
    if (bufferBytes - this.#end < readBytes) {
      this.#octets.copyWithin(0, this.#start, this.#end)
      this.#scanned -= this.#start
      this.#end -= this.#start
      this.#start = 0
    }
    return this.#octets.subarray(this.#end, this.#end + readBytes)
  }

  #take(bytes: number): void {
    this.#end += bytes
    const octets = this.#octets.subarray(0, this.#end)
    while (this.#start < this.#end && this.#reply(octets)) continue
    this.onChunk()
  }

  #reply(octets: Buffer): boolean {
    if (!this.#isInBlock) {
      const end = octets.indexOf(lf, this.#scanned)
      if (end === -1) {
        this.#scanned = octets.length
        return false
      }
      if (!hasBlock.has(codeAt(octets, this.#start))) return this.#done(octets, end + 1)
      this.#isInBlock = true
      // The terminator of an empty block begins with the end of the status line.
      this.#scanned = end - 1
    }
    const end = octets.indexOf(blockEnd, this.#scanned)
    if (end === -1) {
      this.#scanned = Math.max(this.#scanned, octets.length - blockEnd.length + 1)
      return false
    }
    this.#isInBlock = false
    return this.#done(octets, end + blockEnd.length)
  }

  #done(octets: Buffer, next: number): true {
    const start = this.#start
    this.#start = this.#scanned = next
    this.onReply(codeAt(octets, start), octets, start, next)
    return true
  }
}

const codeAt = (octets: Buffer, start: number): number =>
  ((octets[start] ?? 0) - 48) * 100 + ((octets[start + 1] ?? 0) - 48) * 10 + ((octets[start + 2] ?? 0) - 48)
