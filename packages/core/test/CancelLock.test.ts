import * as CancelLock from "@lupin/core/CancelLock"
import * as fc from "fast-check"
import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"

const secret = fc.uint8Array({ minLength: 1, maxLength: 40 })
const messageId = fc.stringMatching(/^<[a-z0-9]{1,12}@[a-z]{1,8}\.example>$/)
const owner = fc.constantFrom("", "ann", "bob")
const code = fc.stringMatching(/^[A-Za-z0-9+/]{1,60}={0,2}$/)
const octetsOf = (text: string) => new TextEncoder().encode(text)

describe("CancelLock", () => {
  it("mints keys that open the locks minted for the same article, and no others", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(secret, messageId, owner), {
          selector: ([octets, id, name]) => `${octets.join()} ${name}${id}`,
          minLength: 1,
          maxLength: 4
        }),
        (all) => {
          const locks = all.map(([octets, id, name]) => CancelLock.mintLock(octets, id, name))
          for (const [index, [octets, id, name]] of all.entries()) {
            const key = CancelLock.mintKey(octets, id, name)
            expect(locks.map((lock) => CancelLock.opens([key], [lock]))).toEqual(all.map((_, at) => at === index))
          }
        }
      )
    )
  })

  it("hashes the characters of a key by either scheme, as another implementation does", () => {
    fc.assert(
      fc.property(code, fc.constantFrom("sha256", "sha1"), (text, scheme) => {
        const lock = `${scheme}:${createHash(scheme).update(text).digest("base64")}`
        expect(CancelLock.lockOf(`${scheme}:${text}`)).toBe(lock)
        expect(CancelLock.opens([`${scheme}:${text}`], [lock])).toBe(true)
      })
    )
  })

  it("gives and takes the examples of the RFC", () => {
    const key = "sha256:qv1VXHYiCGjkX/N1nhfYKcAeUn8bCVhrWhoKuBSnpMA="
    const lock = "sha256:s/pmK/3grrz++29ce2/mQydzJuc7iqHn1nqcJiQTPMc="
    expect(CancelLock.mintKey(octetsOf("ExampleSecret"), "<12345@mid.example>")).toBe(key)
    expect(CancelLock.mintLock(octetsOf("ExampleSecret"), "<12345@mid.example>")).toBe(lock)
    expect(CancelLock.mintKey(octetsOf("AnotherSecret"), "<12345@mid.example>", "JaneDoe")).toBe(
      "sha256:yM0ep490Fzt83CLYYAytm3S2HasHhYG4LAeAlmuSEys="
    )
    const [old] = CancelLock.parse("ShA1:aaaBBBcccDDDeeeFFF")
    expect(CancelLock.opens([old ?? ""], CancelLock.parse("sha1:bNXHc6ohSmeHaRHHW56BIWZJt+4="))).toBe(true)
    const mixed = CancelLock.parse("shA256:sSkDke97Dh78/d+Diu1i3dQ2Fp/EMK3xE2GfEqZlvK8=")
    expect(CancelLock.opens(mixed, CancelLock.parse("sHa256:RrKLp7YCQc9T8HmgSbxwIDlnCDWsgy1awqtiDuhedRo="))).toBe(true)
  })

  it("opens a lock by one of several keys, and only by its own scheme", () => {
    const key = "sha1:aaaBBBcccDDDeeeFFF"
    const locks = CancelLock.parse("md5:abc=  sha1:bNXHc6ohSmeHaRHHW56BIWZJt+4=\t sha256:AAAA")
    expect(CancelLock.opens(["sha256:x", key], locks)).toBe(true)
    expect(CancelLock.opens(["sha256:aaaBBBcccDDDeeeFFF"], locks)).toBe(false)
    expect(CancelLock.opens(["md5:abc="], locks)).toBe(false)
    expect(CancelLock.opens([], locks)).toBe(false)
    expect(CancelLock.opens([key], [])).toBe(false)
  })

  it("reads any text, and passes over what is no element", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.array(code, { maxLength: 5 }), (noise, codes) => {
        expect(() => CancelLock.parse(noise)).not.toThrow()
        const elements = codes.map((text) => `sha256:${text}`)
        expect(CancelLock.parse(`  ${elements.join(" \t ")} sha1:key:clue`)).toEqual(elements)
      })
    )
    expect(CancelLock.parse("sha256:A ".repeat(100))).toHaveLength(CancelLock.elementsMax)
  })

  it("says of a field whether all of it is elements", () => {
    expect(CancelLock.isWellFormed("sha256:AAAA sha1:BBBB=")).toBe(true)
    for (const text of ["", "sha256", "sha256:", "sha256:A sha1:b:c", `sha256:${"A".repeat(300)}`]) {
      expect(CancelLock.isWellFormed(text)).toBe(false)
    }
  })
})
