/**
 * DEFLATE over the two directions of a connection (RFC 8054, RFC 1951), with a bound on what a client may inflate.
 *
 * Everything written is flushed at once, so that the other side can always answer what it has got.
 */
import { Effect, type Scope } from "effect"
import * as Socket from "effect/socket/Socket"
import { Buffer } from "node:buffer"
import * as zlib from "node:zlib"

/** How far the octets of one command, or of one reply, may inflate. */
export interface Bounds {
  /** Octets allowed whatever they took on the wire. */
  readonly bytesFree: number
  /** Beyond that, so many octets for each octet on the wire. */
  readonly ratioMax: number
  /** Never more than this. */
  readonly bytesMax: number
}

/** Of clients: the largest article fits twice, stuffed, however well it compresses; what is more than that is drained. */
export const ofClient: Bounds = { bytesFree: 3 * 1024 * 1024, ratioMax: 20, bytesMax: 64 * 1024 * 1024 }

/** Of servers, which answer what we asked for: lists are long and compress well. */
export const ofServer: Bounds = { bytesFree: 64 * 1024 * 1024, ratioMax: 20, bytesMax: 128 * 1024 * 1024 }

/** Octets inflated at a time; more are not held. */
const pieceBytes = 64 * 1024

/** Keeps one side's memory near 100 kB a connection; larger windows win some percent on news. */
const shape = { level: 6, memLevel: 7, windowBits: 14 }

type Pull = Effect.Effect<ReadonlyArray<Uint8Array>, Socket.SocketError>
type Write = (octets: Uint8Array) => Effect.Effect<void, Socket.SocketError>

export interface Inflation {
  /** Fails as the connection does, where the octets are no DEFLATE, and where they inflate too far. */
  readonly pull: Pull
  /** Says that a command has been completed: the bounds count from here. */
  readonly settle: () => void
}

/** Whether `inflated` octets out of `taken` are more than one command may be. */
export const isTooMuch = (bounds: Bounds, taken: number, inflated: number): boolean =>
  inflated > bounds.bytesMax || (inflated > bounds.bytesFree && inflated > taken * bounds.ratioMax)

/** Inflates what is pulled. */
export const inflating = Effect.fnUntraced(function* (
  pull: Pull,
  bounds: Bounds
): Effect.fn.Return<Inflation, never, Scope.Scope> {
  const inflater = yield* Effect.acquireRelease(
    Effect.sync(() => zlib.createInflateRaw({ chunkSize: pieceBytes })),
    (made) => Effect.sync(() => made.destroy())
  )
  let unfinished = 0
  let taken = 0
  let inflated = 0
  let failure: Error | undefined
  let wake = (): void => {}
  inflater.on("readable", () => wake())
  inflater.on("error", (error) => {
    failure = error
    wake()
  })
  inflater.on("end", () => {
    failure = new Error("the compressed stream has ended")
    wake()
  })

  const changed = Effect.callback<void>((resume) => {
    wake = () => resume(Effect.void)
    if (inflater.readableLength > 0 || failure !== undefined || unfinished === 0) wake()
    return Effect.sync(() => {
      wake = () => {}
    })
  })
  const feed = (chunk: Uint8Array): void => {
    unfinished += 1
    taken += chunk.length
    inflater.write(chunk, () => {
      unfinished -= 1
      wake()
    })
  }
  const next: Pull = Effect.suspend(() => {
    const piece: Buffer | null = inflater.read()
    if (piece !== null) {
      inflated += piece.length
      return isTooMuch(bounds, taken, inflated)
        ? Effect.fail(broken(new Error("inflates too far")))
        : Effect.succeed([piece])
    }
    if (failure !== undefined) return Effect.fail(broken(failure))
    if (unfinished > 0) return Effect.andThen(changed, next)
    return Effect.flatMap(pull, (chunks) => {
      for (const chunk of chunks) feed(chunk)
      return next
    })
  })
  return {
    pull: next,
    settle: () => {
      taken = 0
      inflated = 0
    }
  }
})

/** Deflates what is written; each write leaves whole. */
export const deflating = Effect.fnUntraced(function* (write: Write): Effect.fn.Return<Write, never, Scope.Scope> {
  const deflater = yield* Effect.acquireRelease(
    Effect.sync(() => zlib.createDeflateRaw({ ...shape, chunkSize: pieceBytes })),
    (made) => Effect.sync(() => made.destroy())
  )
  let pieces: Array<Buffer> = []
  const collect = (): void => {
    for (let piece: Buffer | null = deflater.read(); piece !== null; piece = deflater.read()) pieces.push(piece)
  }
  deflater.on("readable", collect)
  deflater.on("error", () => {})
  return (octets) =>
    Effect.callback<Buffer>((resume) => {
      deflater.write(octets)
      deflater.flush(zlib.constants.Z_SYNC_FLUSH, () => {
        collect()
        const whole = Buffer.concat(pieces)
        pieces = []
        resume(Effect.succeed(whole))
      })
    }).pipe(Effect.flatMap(write))
})

const broken = (cause: Error): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketReadError({ cause }) })
