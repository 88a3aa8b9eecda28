import { Buffer } from "node:buffer"
import { once } from "node:events"
import * as net from "node:net"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as SharedRead from "../src/SharedRead.ts"

describe("SharedRead", () => {
  let server: net.Server
  const opened: Array<net.Socket> = []

  beforeEach(async () => {
    server = net.createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1")
    await once(server, "listening")
  })

  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy()
    server.close()
  })

  const connect = async (): Promise<readonly [client: net.Socket, accepted: net.Socket]> => {
    const { port } = server.address() as net.AddressInfo
    const client = net.connect({ port, host: "127.0.0.1", noDelay: true })
    const [accepted] = await once(server, "connection")
    opened.push(client, accepted)
    return [client, accepted]
  }

  /** What a socket hands over, until there is so much. */
  const read = (socket: net.Socket, bytes: number): Promise<ReadonlyArray<Uint8Array>> =>
    new Promise((resolve) => {
      const taken: Array<Uint8Array> = []
      const take = (octets: Uint8Array): void => {
        taken.push(octets)
        if (Buffer.concat(taken).length >= bytes) resolve(taken)
      }
      expect(socket).toBeInstanceOf(SharedRead.SharedReadSocket)
      if (socket instanceof SharedRead.SharedReadSocket) socket.taker = { take }
      socket.resume()
    })

  it("gives each connection octets of its own, whatever the others read", async () => {
    const [one, oneAccepted] = await connect()
    const [other, otherAccepted] = await connect()
    const [first, second] = [SharedRead.of(oneAccepted), SharedRead.of(otherAccepted)]
    opened.push(first, second)
    const bytes = 300_000
    const reading = [read(first, bytes), read(second, bytes)]
    one.write(Buffer.alloc(bytes, "a"))
    other.write(Buffer.alloc(bytes, "b"))
    const [as = [], bs = []] = await Promise.all(reading)
    expect(Buffer.concat(as).equals(Buffer.alloc(bytes, "a"))).toBe(true)
    expect(Buffer.concat(bs).equals(Buffer.alloc(bytes, "b"))).toBe(true)
  })

  it("is the connection itself: it has its address, writes to it, and ends it; the server keeps nothing of it", async () => {
    const [client, accepted] = await connect()
    const { remotePort } = accepted
    const socket = SharedRead.of(accepted)
    opened.push(socket)
    expect([socket.remotePort, accepted.destroyed]).toEqual([remotePort, true])
    socket.write("200 hello\r\n")
    const [said] = await once(client, "data")
    expect(String(said)).toBe("200 hello\r\n")
    socket.resume()
    const ended = once(socket, "end")
    client.end()
    await ended
    const closed = once(client, "close")
    socket.end()
    await closed
    await new Promise((done) => server.close(done))
  })

  it("leaves a connection as it is on which something has arrived already, or that is gone", async () => {
    const [client, accepted] = await connect()
    client.write("early")
    await once(accepted, "readable")
    expect(SharedRead.of(accepted)).toBe(accepted)
    accepted.destroy()
    expect(SharedRead.of(accepted)).toBe(accepted)
  })
})
