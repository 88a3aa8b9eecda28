import * as ArticleScan from "@lupin/core/ArticleScan"
import * as MessageId from "@lupin/core/MessageId"
import * as WireOctets from "@lupin/core/WireOctets"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as DotStuffing from "../src/DotStuffing.ts"
import { Framing, type TooLong } from "../src/Framing.ts"
import * as ReadMemory from "../src/ReadMemory.ts"
import { octetsLike, splits } from "./octets.ts"

const lineMax = 64
const blockMax = 200

/** Reads as a server would: a line `B` is followed by a block. */
const readAll = (chunks: ReadonlyArray<Uint8Array>, starts: ReadonlyArray<string> = []) => {
  const begins = starts.map((start) => Array.from(Buffer.from(start)))
  const framing = new Framing()
  const frames: Array<string | TooLong> = []
  let pendingMax = 0
  let wantsBlock = false
  for (const chunk of chunks) {
    framing.push(chunk)
    for (;;) {
      let argument: string | undefined = wantsBlock ? undefined : framing.argument(begins, lineMax)
      // As where it is no id.
      if (argument !== undefined && !/^[ -~]*$/.test(argument)) {
        framing.takeBack()
        argument = undefined
      }
      const lineInTwo: string | undefined = argument === undefined ? undefined : `${starts[framing.startAt]}${argument}`
      const frame: string | Uint8Array | TooLong | undefined = wantsBlock
        ? framing.block(blockMax)
        : (lineInTwo ?? framing.line(lineMax))
      if (frame === undefined) break
      wantsBlock = frame === "B"
      frames.push(frame instanceof Uint8Array ? Buffer.from(frame).toString("latin1") : frame)
    }
    pendingMax = Math.max(pendingMax, framing.pendingBytes)
  }
  return { frames, pendingMax }
}

describe("Framing", () => {
  it("gives the same lines and blocks however the octets are split", () => {
    fc.assert(
      fc.property(
        octetsLike(["B\r\n", "\r\n", ".\r\n", "\r\n.\r\n", "\r", "\n", ".", "..", "x", "y".repeat(80)]),
        splits,
        (octets, cuts) => {
          expect(readAll(cuts(octets)).frames).toEqual(readAll([octets]).frames)
        }
      ),
      { numRuns: 1000 }
    )
  })

  it("gives the same lines where it gives their arguments apart", () => {
    fc.assert(
      fc.property(
        octetsLike(["B\r\n", "ab ", "ac ", "\r\n", "\r", "\n", "é", "x", "y".repeat(60), "\r\n.\r\n"]),
        splits,
        (octets, cuts) => {
          const chunks = cuts(octets)
          expect(readAll(chunks, ["ab ", "ac ", "x"])).toEqual(readAll(chunks))
        }
      ),
      { numRuns: 1000 }
    )
  })

  it("takes lines that begin so, gives what is behind that, and all others as ever", () => {
    const start = Buffer.from("ab ")
    fc.assert(
      fc.property(
        octetsLike(["ab ", "ac ", "\r\n", "ab x\r\n", "\r", "\n", "é", "x", "y".repeat(60)]),
        splits,
        fc.infiniteStream(fc.boolean()),
        (octets, cuts, wants) => {
          const framing = new Framing()
          const frames: Array<string | TooLong> = []
          for (const chunk of cuts(octets)) {
            framing.push(chunk)
            for (;;) {
              let frame: string | TooLong | undefined
              if (framing.takes(start, lineMax)) {
                const { argumentFrom: from, argumentTo: to, octets: view } = framing
                const behind = Buffer.from(view.buffer, view.byteOffset + from, to - from)
                if (wants.next().value === true) frame = `ab ${behind.toString("utf8")}`
                else framing.takeBack()
              }
              frame ??= framing.line(lineMax)
              if (frame === undefined) break
              frames.push(frame)
            }
          }
          const plain = new Framing()
          plain.push(octets)
          const lines: Array<string | TooLong> = []
          for (let line = plain.line(lineMax); line !== undefined; line = plain.line(lineMax)) lines.push(line)
          expect(frames).toEqual(lines)
        }
      ),
      { numRuns: 1000 }
    )
  })

  it("reads back any block of CRLF lines that was stuffed and ended", () => {
    const block = fc
      .array(fc.stringMatching(/^[.ab\r\n\0é]{0,6}$/), { maxLength: 40 })
      .map((lines) => Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1"))
    fc.assert(
      fc.property(block, splits, (content, cuts) => {
        fc.pre(content.length <= blockMax && !content.includes("\r\n.\r\n\r\n.\r\n"))
        const wire = Buffer.concat([Buffer.from("B\r\n"), DotStuffing.stuff(content), Buffer.from(".\r\nend\r\n")])
        expect(readAll(cuts(wire)).frames).toEqual(["B", content.toString("latin1"), "end"])
      })
    )
  })

  it("keeps no more than its limits and one chunk, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 50 }), octetsLike(["B\r\n", "\r\n.\r\n", "y".repeat(40)])), {
          maxLength: 80
        }),
        splits,
        (chunks, cuts) => {
          for (const all of [chunks, cuts(Buffer.concat(chunks))]) {
            const largest = Math.max(0, ...all.map(({ length }) => length))
            expect(readAll(all).pendingMax).toBeLessThanOrEqual(blockMax * 2 + largest)
          }
        }
      )
    )
  })

  it("ends a line with CRLF only", () => {
    expect(readAll([Buffer.from("a\nb\rc\r\nd\r\n")]).frames).toEqual(["a\nb\rc", "d"])
  })

  it("ends a block with CRLF dot CRLF only", () => {
    expect(readAll([Buffer.from("B\r\nx\n.\nQUIT\r.\r\n\r\n.\n.\r\nend\r\n.\r\nnext\r\n")]).frames).toEqual([
      "B",
      "x\n.\nQUIT\r.\r\n\r\n\n.\r\nend\r\n",
      "next"
    ])
  })

  it("drains a block that is too large, and the next line is in step", () => {
    const wire = Buffer.from(`B\r\n${"zz.\r\nz\r\n..\r\n\r\n.z\r.\r\n".repeat(40)}.\r\nnext\r\n`)
    for (const bytes of [1, 2, 3, 5, 64, wire.length]) {
      const chunks: Array<Uint8Array> = []
      for (let at = 0; at < wire.length; at += bytes) chunks.push(wire.subarray(at, at + bytes))
      expect(readAll(chunks).frames).toEqual(["B", { _tag: "TooLong", start: "" }, "next"])
    }
  })

  it("gives the beginning of a line that is too long, and the next line is in step", () => {
    const { frames } = readAll([
      Buffer.from(`TAKETHIS ${"x".repeat(100)}`),
      Buffer.from("y\r"),
      Buffer.from("\nnext\r\n")
    ])
    expect(frames).toEqual([{ _tag: "TooLong", start: `TAKETHIS ${"x".repeat(55)}` }, "next"])
  })

  it("leaves a block that was handed out as it was when more octets come", () => {
    const framing = new Framing()
    for (const octet of Buffer.from("one\r\n.\r\n")) framing.push(Uint8Array.of(octet))
    const block = framing.block(100)
    for (const octet of Buffer.from("two two two two\r\n.\r\n")) framing.push(Uint8Array.of(octet))
    expect(Buffer.from(block as Uint8Array).toString()).toBe("one\r\n")
  })
})

/** Takes articles off a stream as a server does; `disturb` before each step, `rest` behind each chunk. */
const takeAll = (
  chunks: Iterable<Uint8Array>,
  rest: (turn: number, framing: Framing) => void,
  disturb: (turn: number) => void = () => {}
) => {
  const framing = new Framing()
  const taken: Array<{ readonly id: string; readonly isId: boolean; readonly block: string }> = []
  let looked = 0
  let id: string | undefined
  let isId = false
  let turn = 0
  for (const chunk of chunks) {
    framing.push(chunk)
    for (;;) {
      disturb(turn)
      if (id === undefined) {
        id = framing.argument([Array.from(Buffer.from("TAKETHIS "))], 512)
        isId = id !== undefined && framing.isId
        const line = id === undefined ? framing.line(512) : undefined
        if (typeof line === "string") id = line.slice("TAKETHIS ".length)
        if (id === undefined) break
      } else {
        const block = framing.block(10_000)
        if (block === undefined) break
        if (!(block instanceof Uint8Array)) throw new Error("too long")
        const { scan } = framing
        if (scan !== undefined) {
          looked += 1
          expect(Netnews.comparableScan(scan)).toEqual(Netnews.comparableScan(ArticleScan.portable(block)))
        }
        taken.push({ id, isId, block: Buffer.from(block).toString("latin1") })
        id = undefined
      }
    }
    rest(turn, framing)
    turn += 1
  }
  return { taken, looked }
}

interface Offered {
  readonly id: string
  readonly octets: Uint8Array
}

const wireOf = (sent: ReadonlyArray<Offered>): Buffer =>
  Buffer.concat(
    sent.flatMap(({ id, octets }) => [
      Buffer.from(`TAKETHIS ${id}\r\n`, "latin1"),
      DotStuffing.stuff(octets),
      Buffer.from(".\r\n")
    ])
  )

const expectedOf = (sent: ReadonlyArray<Offered>) =>
  sent.map(({ id, octets }) => ({ id, block: Buffer.from(octets).toString("latin1") }))

/** As what was read of a socket. */
const copyOf = (octets: Uint8Array): Buffer => {
  const copied = ReadMemory.take(octets.length)
  copied.set(octets)
  return copied
}

describe("Framing of articles", () => {
  const offer = fc.record({
    id: fc.oneof(Netnews.messageId, fc.stringMatching(/^<[a@.]{1,20}>$/)),
    octets: fc.oneof(
      { weight: 3, arbitrary: Netnews.articleOctets },
      {
        weight: 2,
        arbitrary: fc
          .tuple(
            fc.array(fc.constantFrom("A: b", ".A: b", "..: ..", " .", "Date: x"), { minLength: 1, maxLength: 4 }),
            fc.array(fc.constantFrom("", ".", "..", ".a", "a.", "a"), { maxLength: 4 })
          )
          .map(([fields, lines]) => Buffer.from([...fields, "", ...lines, ""].join("\r\n")))
      },
      { weight: 1, arbitrary: Netnews.nearlyArticleOctets }
    )
  })
  const ofBody = (octets: Uint8Array): boolean =>
    !Buffer.from(octets).includes("\r\n.\r\n") && octets.at(-1) === 10 && octets.at(-2) === 13

  it("gives the same ids and articles however they come, and what is found in an article is so", () => {
    let lookedAll = 0
    fc.assert(
      fc.property(fc.array(offer, { maxLength: 6 }), splits, fc.nat(4), (offers, cuts, every) => {
        const sent = offers.filter(({ octets }) => ofBody(octets))
        const wire = wireOf(sent)
        const disturb = (turn: number) => {
          if (every > 0 && turn % every === 0) WireOctets.load(Buffer.from("others"))
        }
        const expected = expectedOf(sent)
        for (const chunks of [[wire], cuts(wire)]) {
          const { looked, taken } = takeAll(chunks, () => {}, disturb)
          lookedAll += looked
          expect(taken.map(({ block, id }) => ({ id, block }))).toEqual(expected)
          for (const { id, isId } of taken) if (isId) expect(MessageId.parse(id)).toBe(id)
        }
      }),
      { numRuns: 500 }
    )
    expect(lookedAll).toBeGreaterThan(200)
  })

  it("gives the same of many articles a chunk, wherever that ends, while others read into memory that was given back", () => {
    const bytesMax = 65_536
    /** Where a chunk ends: about there, or so far from the end of an article or a line. */
    const end = fc.record({
      share: fc.double({ min: 0.05, max: 1, noNaN: true }),
      near: fc.constantFrom("\r\n.\r\n", "\r\nTAKETHIS", "\r\n", ""),
      by: fc.integer({ min: -3, max: 8 })
    })
    const others = Buffer.alloc(bytesMax, "x")
    let most = 0
    fc.assert(
      fc.property(
        fc.array(offer, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 20, max: 200 }),
        fc.array(end, { minLength: 1, maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
        (offers, times, ends, recycles) => {
          const all = offers.filter(({ octets }) => ofBody(octets))
          const sent = Array.from({ length: times }, () => all).flat()
          const wire = wireOf(sent)
          const pieces: Array<Buffer> = []
          for (let at = 0; at < wire.length;) {
            const { by, near, share } = ends[pieces.length % ends.length] ?? { by: 0, near: "", share: 1 }
            const about = at + Math.ceil(share * bytesMax)
            const found = wire.indexOf(near, about - 500)
            const to = Math.min(Math.max(at + 1, (found < 0 ? about : found) + by), at + bytesMax)
            pieces.push(wire.subarray(at, to))
            at = to
          }
          const brought = function* () {
            for (const piece of pieces) yield copyOf(piece)
          }
          const { taken } = takeAll(brought(), (turn, framing) => {
            const left = recycles[turn % recycles.length] === true ? framing.leave() : undefined
            if (left === undefined) return
            ReadMemory.giveBack(left)
            ReadMemory.giveBack(copyOf(others))
          })
          most = Math.max(most, taken.length / Math.max(1, pieces.length))
          expect(taken.map(({ block, id }) => ({ id, block }))).toEqual(expectedOf(sent))
        }
      ),
      { numRuns: 100 }
    )
    expect(most).toBeGreaterThan(50)
  })

  it("takes the rest of a block that is too long for no article", () => {
    const framing = new Framing()
    framing.push(Buffer.from(`From: a\r\n\r\n${"b".repeat(100)}\r\nX: y`))
    expect(framing.block(20)).toBeUndefined()
    framing.push(Buffer.from("\r\nDate: x\r\n\r\nc\r\n.\r\nnext\r\n"))
    expect([framing.block(20), framing.scan, framing.line(64)]).toEqual([
      { _tag: "TooLong", start: "" },
      undefined,
      "next"
    ])
  })

  it("looks at an article that comes whole with its command, and at none that is too long", () => {
    const article = "From: a\r\n\r\nbody\r\n"
    const framing = new Framing()
    framing.push(Buffer.from(`${article}.\r\n.\r\n`))
    expect([framing.block(100) instanceof Uint8Array, framing.scan?.bodyStart]).toEqual([true, 11])
    expect([framing.block(100), framing.scan]).toEqual([Buffer.alloc(0), undefined])
    const starts = [Array.from(Buffer.from("TAKETHIS "))]
    for (const [bytesMax, isLooked] of [
      [article.length, true],
      [article.length - 1, false]
    ] as const) {
      framing.push(Buffer.from(`TAKETHIS <a@b>\r\n${article}.\r\n`))
      expect([framing.argument(starts, 512), framing.isId]).toEqual(["<a@b>", true])
      const block = framing.block(bytesMax)
      expect(framing.scan !== undefined).toBe(isLooked)
      expect(block instanceof Uint8Array).toBe(isLooked)
    }
  })
})

describe("DotStuffing", () => {
  const octets = octetsLike(["\r\n", ".", "..", "a", "\n.", "\r."])

  it("gives back what it stuffed", () => {
    fc.assert(
      fc.property(octets, (block) => Buffer.compare(DotStuffing.unstuff(DotStuffing.stuff(block)), block) === 0)
    )
  })

  it("leaves no line that is a lone dot", () => {
    fc.assert(
      fc.property(
        octets,
        (block) => !/(?:^|\r\n)\.(?:\r\n|$)/.test(Buffer.from(DotStuffing.stuff(block)).toString("latin1"))
      )
    )
  })

  it("copies nothing where no line begins with a dot", () => {
    const block = Buffer.from("a.b\r\nc.\r\n")
    expect(DotStuffing.stuff(block)).toBe(block)
    expect(DotStuffing.unstuff(block)).toBe(block)
  })
})
