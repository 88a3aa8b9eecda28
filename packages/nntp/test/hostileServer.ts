/**
 * Servers in memory that say whatever they are told to, at the time they are told to: what clients of ours must survive.
 */
import { Effect } from "effect"
import * as Socket from "effect/socket/Socket"
import { Buffer } from "node:buffer"
import { type Network } from "../src/Network.ts"

/** What a server does next. `said` is called when the octets have gone out. */
export type Act =
  | { readonly _tag: "Say"; readonly text: string; readonly said?: () => void }
  | { readonly _tag: "Wait"; readonly millis: number }
  | { readonly _tag: "Close" }
  /** Says it again and again, without end. */
  | { readonly _tag: "Endless"; readonly text: string; readonly everyMillis: number }

export const say = (text: string): Act => ({ _tag: "Say", text })

/** One connection of a server: what it does when it opens, and at each line that comes. */
export interface Behaviour {
  readonly opening: ReadonlyArray<Act>
  readonly onLine: (line: string) => ReadonlyArray<Act>
}

/** What went over all connections. */
export interface Traffic {
  connections: number
  /** Octets that clients have taken. */
  bytes: number
}

/** A network on which every dial reaches a server that behaves as `behave` says for that connection. */
export const network = (
  behave: () => Behaviour
): { readonly traffic: Traffic; readonly network: (typeof Network)["Service"] } => {
  const traffic: Traffic = { connections: 0, bytes: 0 }
  const dial = Effect.sync(() => {
    traffic.connections += 1
    return connection(behave(), traffic)
  })
  return { traffic, network: { dial: () => dial, listen: () => Effect.die(new Error("nobody listens here")) } }
}

const closed = new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) })

const connection = ({ onLine, opening }: Behaviour, traffic: Traffic): Socket.Socket => {
  const acts = [...opening]
  let isClosed = false
  let rest = ""
  let wake = (): void => {}

  const some = Effect.callback<void>((resume) => {
    wake = () => resume(Effect.void)
    if (acts.length > 0 || isClosed) wake()
    return Effect.sync(() => {
      wake = () => {}
    })
  })
  const out = (text: string): readonly [Uint8Array] => {
    traffic.bytes += text.length
    return [Buffer.from(text, "latin1")]
  }
  const pull: Socket.Reader["pull"] = Effect.suspend(() => {
    if (isClosed) return Effect.fail(closed)
    const act = acts[0]
    switch (act?._tag) {
      case undefined:
        return Effect.andThen(some, pull)
      case "Say":
        acts.shift()
        act.said?.()
        return act.text === "" ? pull : Effect.succeed(out(act.text))
      case "Wait":
        acts.shift()
        return Effect.andThen(Effect.sleep(act.millis), pull)
      case "Close":
        return Effect.fail(closed)
      case "Endless":
        return Effect.as(act.everyMillis === 0 ? Effect.yieldNow : Effect.sleep(act.everyMillis), act.text).pipe(
          Effect.map(out)
        )
    }
  })
  const write: Socket.Writer["write"] = (chunk) =>
    Effect.suspend(() => {
      if (isClosed) return Effect.fail(closed)
      if (Socket.isCloseEvent(chunk)) isClosed = true
      else {
        const lines = (rest + Buffer.from(chunk).toString("latin1")).split("\r\n")
        rest = lines.pop() ?? ""
        for (const line of lines) acts.push(...onLine(line))
      }
      wake()
      return Effect.void
    })
  return Socket.make({
    reader: Effect.succeed({ pull, upgrade: Socket.SocketUpgradeError.unsupported }),
    writer: Effect.succeed({ write, writeAll: (chunks) => Effect.forEach(chunks, write, { discard: true }) })
  })
}
