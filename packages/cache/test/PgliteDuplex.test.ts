import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import { Buffer } from "node:buffer"
import { once } from "node:events"
import * as PgliteDuplex from "../src/PgliteDuplex.ts"

/** What a Postgres client sends: a startup message without a type, then messages with one. */
const message = (type: string, body: Uint8Array): Buffer => {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + body.length)
  return Buffer.concat([Buffer.from(type), length, body])
}

const body = FastCheck.uint8Array({ maxLength: 40 })
const conversation = FastCheck.tuple(
  body.map((rest) => message("", Buffer.concat([Buffer.from([0, 3, 0, 0]), rest]))),
  FastCheck.array(FastCheck.tuple(FastCheck.constantFrom("P", "B", "E", "S", "Q"), body), { maxLength: 8 })
).map(([startup, rest]) => [startup, ...rest.map(([type, octets]) => message(type, octets))])

const recorder = () => {
  const calls: Array<Uint8Array> = []
  return {
    calls,
    execute: async (messages: Uint8Array, onData: (octets: Uint8Array) => void) => {
      calls.push(messages)
      onData(Uint8Array.of(calls.length))
    },
    close: async () => undefined
  }
}

const write = async (octets: ReadonlyArray<Uint8Array>) => {
  const backend = recorder()
  const stream = PgliteDuplex.make(backend)
  const heard: Array<Buffer> = []
  stream.on("data", (data: Buffer) => heard.push(data))
  const end = once(stream, "end")
  for (const piece of octets) await new Promise((resolve) => stream.write(piece, resolve))
  stream.end()
  await end
  return { calls: backend.calls, heard: Buffer.concat(heard) }
}

/** Where each message of a conversation ends. */
const ends = (messages: ReadonlyArray<Uint8Array>): ReadonlySet<number> => {
  let end = 0
  return new Set(messages.map((each) => (end += each.length)))
}

describe("PgliteDuplex", () => {
  it("hands on whole messages in order, however the octets arrive", async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(
        conversation,
        FastCheck.array(FastCheck.nat(30), { maxLength: 30 }),
        async (messages, cuts) => {
          const octets = Buffer.concat(messages)
          const pieces: Array<Buffer> = []
          let at = 0
          for (const cut of cuts) pieces.push(octets.subarray(at, (at += cut)))
          pieces.push(octets.subarray(at))
          const { calls, heard } = await write(pieces)
          assert.deepStrictEqual(Buffer.concat(calls), octets)
          const whole = ends(messages)
          let end = 0
          for (const call of calls) assert.isTrue(whole.has((end += call.length)))
          assert.strictEqual(heard.length, calls.length)
        }
      )
    )
  })

  it("ends with a Terminate, which the backend does not see", async () => {
    const startup = message("", Buffer.from([0, 3, 0, 0]))
    const { calls } = await write([Buffer.concat([startup, message("X", Buffer.alloc(0))])])
    assert.deepStrictEqual(
      calls.map((call) => Buffer.from(call)),
      [startup]
    )
  })

  it("ends when asked to cancel a query, which PGlite cannot", async () => {
    const cancel = Buffer.alloc(12)
    cancel.writeInt32BE(80_877_102)
    const { calls } = await write([message("", cancel)])
    assert.deepStrictEqual(calls, [])
  })
})
