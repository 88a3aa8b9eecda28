import { Effect, Exit } from "effect"
import * as Socket from "effect/socket/Socket"
import { Buffer } from "node:buffer"
import { once } from "node:events"
import * as net from "node:net"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { NetStream } from "../src/NetStream.ts"
import * as SharedRead from "../src/SharedRead.ts"

const kinds: ReadonlyArray<readonly [string, (accepted: net.Socket) => net.Socket]> = [
  ["a socket as it was accepted", (accepted) => accepted],
  ["one that shares what it is read through", SharedRead.of]
]

describe.each(kinds)("NetStream of %s", (_, kindOf) => {
  let server: net.Server
  let client: net.Socket
  let socket: net.Socket

  beforeEach(async () => {
    server = net.createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as net.AddressInfo
    client = net.connect({ port, host: "127.0.0.1", noDelay: true })
    const [connected] = await once(server, "connection")
    socket = kindOf(connected)
  })

  afterEach(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })

  const pulled = async (stream: NetStream): Promise<string> => {
    const chunks = await Effect.runPromise(stream.pull)
    return chunks.map((chunk) => Buffer.from(chunk).toString("latin1")).join("")
  }

  it("gives all octets in order, whether somebody waits for them or not, and then fails", async () => {
    const stream = new NetStream(socket)
    const first = pulled(stream)
    client.write("one ")
    expect(await first).toBe("one ")
    // The socket still flows: what comes now finds nobody, and stops it.
    const paused = once(socket, "pause")
    client.write("two ")
    await paused
    client.end("three")
    let rest = ""
    while (rest.length < "two three".length) rest += await pulled(stream)
    expect(rest).toBe("two three")
    await expect(pulled(stream)).rejects.toThrow()
  })

  it("leaves what came early to whoever reads the socket next", async () => {
    const stream = new NetStream(socket)
    const first = pulled(stream)
    client.write("one ")
    await first
    const paused = once(socket, "pause")
    client.write("two ")
    await paused
    stream.release()
    expect(String(socket.read())).toBe("two ")
  })

  it("throws away what came early when it is told to", async () => {
    const stream = new NetStream(socket)
    const first = pulled(stream)
    client.write("one ")
    await first
    const paused = once(socket, "pause")
    client.write("two ")
    await paused
    stream.discard()
    const next = pulled(stream)
    client.write("three")
    expect(await next).toBe("three")
  })

  it("hands on what arrives until there is something to do first, and keeps what comes meanwhile", async () => {
    const stream = new NetStream(socket)
    let seen = ""
    let release = (): void => {}
    const busy = Effect.callback<void>((resume) => {
      release = () => resume(Effect.void)
    })
    let looking = (): void => {}
    const arrived = (text: string): Promise<void> =>
      new Promise((resolve) => {
        looking = () => {
          if (seen.endsWith(text)) resolve()
        }
        looking()
      })
    const step = ([octets]: readonly [Uint8Array]): Effect.Effect<void> | undefined => {
      seen += Buffer.from(octets).toString("latin1")
      looking()
      return seen.endsWith("!") ? busy : undefined
    }
    const first = Effect.runPromise(stream.each(step))
    client.write("one ")
    await arrived("one ")
    client.write("two !")
    await arrived("!")
    const paused = once(socket, "pause")
    client.write("three ")
    await paused
    expect(seen).toBe("one two !")
    release()
    await first
    const second = Effect.runPromiseExit(stream.each(step))
    expect(seen).toBe("one two !three ")
    client.write("four ")
    await arrived("four ")
    client.end()
    expect(Exit.isFailure(await second)).toBe(true)
  })

  it("writes what may leave later at the end of the turn, and before all that is said behind it", async () => {
    const stream = new NetStream(socket)
    expect(stream.sendLater("one ")).toBe(true)
    expect(socket.bytesWritten).toBe(0)
    expect(stream.sendLater("refused")).toBe(false)
    await new Promise<void>((resolve) => void setImmediate(resolve))
    expect(socket.bytesWritten).toBe("one ".length)
    expect(stream.sendLater("two ")).toBe(true)
    expect(stream.send("three ")).toBe(undefined)
    stream.sendLater("four")
    stream.send(new Socket.CloseEvent(1000))
    let said = ""
    for await (const octets of client) said += String(octets)
    expect(said).toBe("one two three four")
  })

  it("lets nothing leave later while the other side does not read, nor once the connection is gone", async () => {
    const stream = new NetStream(socket)
    while (stream.send(Buffer.alloc(1024 * 1024)) === undefined);
    expect(stream.sendLater("later")).toBe(false)
    stream.send(new Socket.CloseEvent(1000))
    expect(stream.sendLater("later")).toBe(false)
  })

  it("ends with the defect of a step", async () => {
    const stream = new NetStream(socket)
    const ended = Effect.runPromiseExit(
      stream.each(() => {
        throw new Error("a mistake")
      })
    )
    client.write("one")
    expect(await ended).toEqual(Exit.die(new Error("a mistake")))
  })

  it("reads no further than one chunk and the socket's own buffer while nobody waits", async () => {
    const stream = new NetStream(socket)
    const first = pulled(stream)
    client.write("x")
    await first
    const paused = once(socket, "pause")
    client.write(Buffer.alloc(16 * 1024 * 1024))
    await paused
    expect(socket.isPaused()).toBe(true)
    expect(socket.readableLength).toBeLessThanOrEqual(2 * socket.readableHighWaterMark)
  })
})
