import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Socket from "effect/socket/Socket"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as zlib from "node:zlib"
import * as Deflate from "../src/Deflate.ts"
import { splits } from "./octets.ts"

const closed = new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) })

/** Pulls these chunks one by one, then fails as a closed socket does. */
const pulling = (chunks: ReadonlyArray<Uint8Array>) => {
  let at = 0
  return Effect.suspend(() => {
    const chunk = chunks[at]
    at += 1
    return chunk === undefined ? Effect.fail(closed) : Effect.succeed([chunk])
  })
}

/** Everything that inflates out of the chunks, and why it ended. */
const inflate = (chunks: ReadonlyArray<Uint8Array>, bounds: Deflate.Bounds = Deflate.ofClient) =>
  Effect.gen(function* () {
    const { pull } = yield* Deflate.inflating(pulling(chunks), bounds)
    const pieces: Array<Uint8Array> = []
    let largest = 0
    const error = yield* Effect.flip(
      Effect.forever(
        Effect.map(pull, (got) => {
          for (const piece of got) {
            largest = Math.max(largest, piece.length)
            pieces.push(piece)
          }
        })
      )
    )
    return { octets: Buffer.concat(pieces), error, largest }
  }).pipe(Effect.scoped)

const deflate = (writes: ReadonlyArray<Uint8Array>) =>
  Effect.gen(function* () {
    const left: Array<Buffer> = []
    const write = yield* Deflate.deflating((octets) => Effect.sync(() => void left.push(Buffer.from(octets))))
    for (const octets of writes) yield* write(octets)
    return left
  }).pipe(Effect.scoped)

const text = fc.array(fc.constantFrom("TAKETHIS <a@x>\r\n", ".\r\n", "DATE\r\n", "\u00ff\u0000", "x".repeat(3000)))

describe("Deflate", () => {
  it("gives back what was written, each write at once, however the octets arrive", () =>
    fc.assert(
      fc.asyncProperty(fc.array(text.map((parts) => Buffer.from(parts.join("")))), splits, async (writes, cuts) => {
        const left = await Effect.runPromise(deflate(writes))
        expect(left.length).toBe(writes.length)
        for (let count = 0; count <= left.length; count += 4) {
          const { octets } = await Effect.runPromise(inflate(cuts(Buffer.concat(left.slice(0, count)))))
          expect(octets.equals(Buffer.concat(writes.slice(0, count)))).toBe(true)
        }
      }),
      { numRuns: 60 }
    ))

  it("fails on octets that are no DEFLATE, and behind the end of a stream", () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), splits, async (octets, cuts) => {
        const { error } = await Effect.runPromise(inflate(cuts(octets)))
        expect(["SocketReadError", "SocketCloseError"]).toContain(error.reason._tag)
      })
    ))

  it.live("passes on what compresses well, up to the largest article", () =>
    Effect.gen(function* () {
      const article = Buffer.alloc(1_400_000, "x")
      const { error, largest, octets } = yield* inflate(yield* deflate([article]))
      expect(octets.length).toBe(article.length)
      expect(error).toBe(closed)
      expect(largest).toBeLessThan(256 * 1024)
    })
  )

  it.live("stops a bomb at its bound, holding little of it", () =>
    Effect.gen(function* () {
      const bomb = zlib.deflateRawSync(Buffer.alloc(200 * 1024 * 1024))
      const { error, largest, octets } = yield* inflate([bomb])
      expect(error.reason._tag).toBe("SocketReadError")
      expect(octets.length).toBeLessThanOrEqual(bomb.length * Deflate.ofClient.ratioMax)
      expect(largest).toBeLessThan(256 * 1024)
    })
  )

  it("counts a ratio only beyond what is free, and a maximum always", () => {
    const bounds = { bytesFree: 1_000, ratioMax: 10, bytesMax: 5_000 }
    fc.assert(
      fc.property(fc.nat(2_000), fc.nat(10_000), (taken, inflated) => {
        const isTooMuch = Deflate.isTooMuch(bounds, taken, inflated)
        if (inflated <= 1_000) expect(isTooMuch).toBe(false)
        if (inflated > 5_000) expect(isTooMuch).toBe(true)
        if (inflated > 1_000 && inflated <= 5_000) expect(isTooMuch).toBe(inflated > 10 * taken)
      })
    )
  })
})
