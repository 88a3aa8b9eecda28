import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as Sasl from "../src/Sasl.ts"
import * as Scram from "../src/Scram.ts"

// RFC 7677 §3.
const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64")
const clientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
const serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
const serverFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
const clientFinal =
  "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
const serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((s) => (Scram.prepare(s) ?? "") !== "")
const nonce = fc.stringMatching(/^[!-+\--~]{5,30}$/)

describe("Scram", () => {
  it("says what RFC 7677 says, on both sides", () => {
    const first = Scram.readFirst(clientFirst)
    expect(first).toEqual(Scram.clientFirst("user", "rOprNGfwEbeRWgbNEkqO"))
    if (first === undefined) return
    const challenge = Scram.challenge(first, Scram.keysOf("pencil", salt, 4096), serverNonce)
    expect(challenge.message).toBe(serverFirst)
    expect(Scram.verify(challenge, clientFinal)).toBe(serverFinal)
    expect(Scram.answer(first, "pencil", serverFirst)).toEqual({ final: clientFinal, awaited: serverFinal })
  })

  it("lets in who knows the password, and nobody else", () => {
    fc.assert(
      fc.property(text, text, text, nonce, nonce, (user, password, guess, ours, theirs) => {
        const first = Scram.readFirst(`n,,${Scram.clientFirst(user, theirs).bare}`)
        if (first === undefined) return expect.unreachable()
        expect(first.user).toBe(Scram.prepare(user))
        const challenge = Scram.challenge(first, Scram.keysOf(password, salt, 2), ours)
        const answer = Scram.answer(first, guess, challenge.message)
        const isSame = Scram.prepare(guess) === Scram.prepare(password)
        expect(Scram.verify(challenge, answer?.final ?? "")).toBe(isSame ? answer?.awaited : undefined)
      })
    )
  })

  it("refuses a proof for another nonce, another header, or of another length", () => {
    const first = Scram.clientFirst("user", "abc")
    const challenge = Scram.challenge(first, Scram.keysOf("pencil", salt, 2), "def")
    const { final } = Scram.answer(first, "pencil", challenge.message) ?? { final: "" }
    expect(Scram.verify(challenge, final)).toBeDefined()
    expect(Scram.verify(challenge, final.replace("r=abcdef", "r=abcdeg"))).toBeUndefined()
    expect(Scram.verify(challenge, final.replace("c=biws", "c=eSws"))).toBeUndefined()
    expect(Scram.verify(challenge, final.slice(0, -8))).toBeUndefined()
    expect(Scram.verify(challenge, `${final}AAAA`)).toBeUndefined()
  })

  it("takes no channel binding, no foreign mechanism extension, no name that ends in mid escape", () => {
    for (const message of ["p=tls-unique,,n=a,r=b", "n,,m=x,n=a,r=b", "n,,n==2,r=b", "n,,n=,r=b", "n,,n=a,r="]) {
      expect(Scram.readFirst(message)).toBeUndefined()
    }
  })

  it("asks no client to work without end, nor with a nonce not its own", () => {
    const first = Scram.clientFirst("user", "abc")
    expect(Scram.answer(first, "x", "r=abcd,s=AAAA,i=9999999")).toBeUndefined()
    expect(Scram.answer(first, "x", "r=abc,s=AAAA,i=2")).toBeUndefined()
    expect(Scram.answer(first, "x", "r=xyz,s=AAAA,i=2")).toBeUndefined()
  })
})

describe("Sasl", () => {
  it("answers any line in any exchange with a step", () => {
    const challenge = Scram.challenge(Scram.clientFirst("user", "abc"), Scram.keysOf("pencil", salt, 2), "def")
    const exchange: fc.Arbitrary<Sasl.Exchange> = fc.constantFrom(
      { _tag: "Plain" },
      { _tag: "First" },
      { _tag: "Final", challenge }
    )
    const line = fc.oneof(fc.string(), fc.base64String(), fc.string().map(Sasl.encode), fc.constantFrom("*", "="))
    fc.assert(
      fc.property(exchange, line, (from, said) => {
        const { _tag } = Sasl.respond(from, said)
        expect(["Verify", "Lookup", "Failed"]).toContain(_tag)
      })
    )
  })

  it("reads PLAIN, for oneself only", () => {
    const respond = (message: string) => Sasl.start("PLAIN", Sasl.encode(message))
    expect(respond("\0ann\0secret")).toEqual({ _tag: "Verify", user: "ann", password: "secret" })
    expect(respond("ann\0ann\0secret")).toEqual({ _tag: "Verify", user: "ann", password: "secret" })
    expect(respond("bob\0ann\0secret")).toEqual({ _tag: "Failed", why: "Wrong" })
    for (const message of ["", "ann", "\0ann\0", "\0\0secret", "\0ann\0a\0b"]) {
      expect(respond(message)).toEqual({ _tag: "Failed", why: "Protocol" })
    }
    expect(Sasl.start("PLAIN", "not base64")).toEqual({ _tag: "Failed", why: "NotBase64" })
    expect(Sasl.start("PLAIN", undefined)).toMatchObject({ _tag: "Await", message: "" })
  })
})
