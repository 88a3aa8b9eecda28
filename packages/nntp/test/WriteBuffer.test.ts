import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as DotStuffing from "../src/DotStuffing.ts"
import { WriteBuffer } from "../src/WriteBuffer.ts"
import { octetsLike } from "./octets.ts"

const block = octetsLike(["\r\n", ".", "a", "\n.", "\r.", "b".repeat(5000)])

describe("WriteBuffer", () => {
  it("stuffs as DotStuffing does, however it has grown, and ends with a lone dot", () => {
    fc.assert(
      fc.property(block, block, (before, octets) => {
        const buffer = new WriteBuffer()
        buffer.raw(before)
        buffer.line("222")
        buffer.stuffed(octets)
        buffer.endBlock()
        const stuffed = Buffer.from(DotStuffing.stuff(octets))
        const isEnded = octets.length === 0 || stuffed.toString("latin1").endsWith("\r\n")
        const expected = Buffer.concat([
          before,
          Buffer.from("222\r\n"),
          stuffed,
          Buffer.from(isEnded ? ".\r\n" : "\r\n.\r\n")
        ])
        expect(Buffer.compare(buffer.take(), expected)).toBe(0)
      })
    )
  })

  it("forgets what was truncated, and begins anew after it was taken", () => {
    const buffer = new WriteBuffer()
    buffer.line("öne")
    const mark = buffer.mark()
    buffer.line("two")
    buffer.truncate(mark)
    expect(Buffer.from(buffer.take()).toString()).toBe("öne\r\n")
    buffer.recycle(true)
    buffer.blockLine(".é")
    expect(Buffer.from(buffer.take()).toString()).toBe("..é\r\n")
  })

  it("leaves octets alone that have not left the process", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 12 }), (hasLeft) => {
        const buffer = new WriteBuffer()
        const onTheirWay: Array<readonly [Uint8Array, string]> = []
        for (const [index, isWritten] of hasLeft.entries()) {
          buffer.line(`line ${index}`)
          onTheirWay.push([buffer.take(), `line ${index}\r\n`])
          if (isWritten) onTheirWay.length = 0
          buffer.recycle(isWritten)
          for (const [taken, text] of onTheirWay) expect(Buffer.from(taken).toString()).toBe(text)
        }
      })
    )
  })

  it("gives away what may leave whenever it likes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9_000), { maxLength: 6 }), (sizes) => {
        const [buffer, other] = [new WriteBuffer(), new WriteBuffer()]
        const taken = sizes.map((bytes, index) => {
          const octets = Buffer.alloc(bytes, index + 1)
          buffer.raw(octets)
          const away = buffer.takeAway()
          other.line("what another connection says")
          return [away, octets] as const
        })
        for (const [away, octets] of taken) expect(octets.equals(away)).toBe(true)
      })
    )
  })
})
