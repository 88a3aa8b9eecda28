/** Serves a face on a free loopback port and asks it with fetch, as a phone or curl would. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { createServer } from "node:http"
import { connect } from "node:net"
import * as ParserAnswer from "@lupin/api/ParserAnswer"

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly type: string
  readonly text: string
  /** The body where it is JSON. */
  readonly json: Record<string, unknown>
}

export class FaceClient extends Context.Service<
  FaceClient,
  {
    readonly url: string
    readonly ask: (path: string, init?: RequestInit) => Effect.Effect<Answered>
    readonly post: (path: string, body: unknown) => Effect.Effect<Answered>
    /** Sends a request line as it is, which fetch would tidy up, and returns all that comes back. */
    readonly raw: (text: string) => Effect.Effect<string>
  }
>()("@lupin/api/test/FaceClient") {}

const asked = async (url: string, init: RequestInit | undefined): Promise<Answered> => {
  const response = await fetch(url, init)
  const text = await response.text()
  const type = response.headers.get("content-type") ?? ""
  const json = type.includes("json") && text !== "" ? (JSON.parse(text) as Record<string, unknown>) : {}
  return { status: response.status, headers: response.headers, type, text, json }
}

const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(Buffer.from(text, "latin1")))
    const chunks: Array<Buffer> = []
    socket.on("data", (chunk: Buffer) => void chunks.push(chunk))
    socket.on("error", reject)
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")))
  })

const client = Layer.effect(
  FaceClient,
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const url = HttpServer.formatAddress(address)
    const port = "port" in address ? address.port : 0
    const ask = (path: string, init?: RequestInit) => Effect.promise(() => asked(url + path, init))
    return {
      url,
      ask,
      post: (path, body) =>
        ask(path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: typeof body === "string" ? body : JSON.stringify(body)
        }),
      raw: (text) => Effect.promise(() => raw(port, text))
    }
  })
)

/** A server as an app has it: what is no HTTP is answered too. */
const listening = () =>
  createServer().on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (socket.writable) socket.end(ParserAnswer.of(error.code))
    else socket.destroy()
  })

/** A face on a server of its own, and the client to ask it. */
export const serve = <A, E, R>(face: Layer.Layer<A, E, R>) =>
  Layer.mergeAll(client, face).pipe(Layer.provide(NodeHttpServer.layer(listening, { port: 0, host: "127.0.0.1" })))
