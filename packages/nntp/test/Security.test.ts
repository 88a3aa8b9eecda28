import * as Wildmat from "@lupin/core/Wildmat"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Access from "../src/Access.ts"
import * as Command from "../src/Command.ts"
import * as Sasl from "../src/Sasl.ts"
import * as Scram from "../src/Scram.ts"
import * as Security from "../src/Security.ts"
import * as Session from "../src/Session.ts"

const rule = (part: Partial<Access.Rule>): Access.Rule => ({ ...Access.everything, ...part })
const readers = rule({ post: Wildmat.nothing, feed: Wildmat.nothing })
const policies: ReadonlyArray<Access.Rules> = [
  Access.open,
  [rule({ users: ["*"], tls: true })],
  [rule({ users: ["ann"] }), readers],
  [rule({ tls: true }), readers],
  []
]

const factsOf = (rules: Access.Rules, { isSecure, user }: Security.State): Session.Facts => ({
  nowMillis: 0,
  mayPost: true,
  mayReconcile: true,
  generation: { id: "abc", startedMillis: 1, numberBase: 0 },
  security: {
    standing: Access.standing(rules, { address: "", isSecure, user, peers: [] }),
    hasTls: true,
    hasCompression: true
  }
})

/** Does what the outside would: ann's password is "right". */
const perform = (act: Security.Act): Security.Outcome => {
  switch (act._tag) {
    case "Verify":
      return { _tag: "Verified", user: act.user, isRight: act.user === "ann" && act.password === "right" }
    case "Lookup":
      return { _tag: "Found", first: act.first, keys: Scram.keysOf("right", new Uint8Array(8), 1), nonce: "def" }
    case "StartTls":
      return { _tag: "OnTls" }
    case "Compress":
      return { _tag: "Compressed" }
  }
}

/** One line and its answer, with the acts in between. */
const say = (state: Session.State, rules: Access.Rules, line: string) => {
  let step = Session.step(state, { _tag: "Line", line }, factsOf(rules, state.security))
  const acts: Array<Security.Act> = []
  while (step.task._tag === "Secure") {
    acts.push(step.task.act)
    step = Session.settleAct(step.state, perform(step.task.act))
  }
  return { ...step, acts, said: "line" in step.task ? step.task.line : "" }
}

/** Says all, and gives the codes of the answers; 0 where TLS or compression is the answer. */
const codes = (rules: Access.Rules, lines: ReadonlyArray<string>, from: Session.State = Session.initial) => {
  let state = from
  return lines.map((line) => {
    const answered = say(state, rules, line)
    state = answered.state
    return Number(answered.said.slice(0, 3))
  })
}

const first = Scram.clientFirst("ann", "abc")
const lines = fc.constantFrom(
  "AUTHINFO USER ann",
  "AUTHINFO PASS right",
  "AUTHINFO PASS wrong",
  `AUTHINFO SASL PLAIN ${Sasl.encode("\0ann\0right")}`,
  "AUTHINFO SASL PLAIN",
  "AUTHINFO SASL SCRAM-SHA-256",
  `AUTHINFO SASL SCRAM-SHA-256 ${Sasl.encode(`n,,${first.bare}`)}`,
  "AUTHINFO SASL X",
  "*",
  "=",
  Sasl.encode(`n,,${first.bare}`),
  "STARTTLS",
  "COMPRESS DEFLATE",
  "COMPRESS X",
  "POST",
  "GROUP misc.test",
  "CAPABILITIES",
  "DATE"
)

describe("Security", () => {
  it("logs in by AUTHINFO USER and PASS, once", () => {
    const rules = [rule({ users: ["ann"] })]
    expect(
      codes(rules, ["DATE", "STAT <a@b>", "AUTHINFO PASS right", "AUTHINFO USER ann", "AUTHINFO PASS wrong"])
    ).toEqual([111, 480, 482, 381, 481])
    expect(
      codes(rules, ["AUTHINFO PASS right", "AUTHINFO USER ann", "AUTHINFO PASS right", "AUTHINFO USER ann"])
    ).toEqual([482, 381, 281, 502])
    expect(codes(rules, ["AUTHINFO USER ann", "AUTHINFO PASS right", "GROUP Not A Group", "STARTTLS"])).toEqual([
      381, 281, 501, 502
    ])
  })

  it("takes names and passwords with white space as they are written", () => {
    expect(Command.parse("AUTHINFO PASS  two  words ")).toEqual({ _tag: "AuthPass", password: " two  words " })
    expect(Command.parse("authinfo user Ann B")).toEqual({ _tag: "AuthUser", user: "Ann B" })
    expect(Command.parse("AUTHINFO USER ")).toMatchObject({ _tag: "BadSyntax" })
    expect(Command.parse("AUTHINFO")).toMatchObject({ _tag: "BadSyntax" })
  })

  it("wants TLS before a password where the rules do", () => {
    const rules = [rule({ users: ["*"], tls: true })]
    const login = ["AUTHINFO USER ann", "AUTHINFO PASS right"]
    expect(codes(rules, ["POST", "CHECK <a@b>", ...login, "AUTHINFO SASL PLAIN"])).toEqual([483, 483, 483, 483, 483])
    expect(codes(rules, ["STARTTLS", ...login, "POST"])).toEqual([0, 381, 281, 340])
  })

  it("logs in by SCRAM-SHA-256 and PLAIN", () => {
    const rules = [rule({ users: ["ann"] })]
    expect(codes(rules, [`AUTHINFO SASL plain ${Sasl.encode("\0ann\0right")}`])).toEqual([281])
    expect(codes(rules, ["AUTHINFO SASL PLAIN", Sasl.encode("\0ann\0right"), "POST"])).toEqual([383, 281, 340])
    expect(codes(rules, ["AUTHINFO SASL PLAIN", "*", "AUTHINFO SASL PLAIN !", "AUTHINFO SASL X"])).toEqual([
      383, 481, 504, 503
    ])
    let answered = say(Session.initial, rules, `AUTHINFO SASL SCRAM-SHA-256 ${Sasl.encode(`n,,${first.bare}`)}`)
    expect(answered.state.phase._tag).toBe("Sasl")
    const proof = Scram.answer(first, "right", Sasl.decode(answered.said.slice(4)) ?? "")
    answered = say(answered.state, rules, Sasl.encode(proof?.final ?? ""))
    expect(answered.said).toBe(`283 ${Sasl.encode(proof?.awaited ?? "")}`)
    expect(answered.state.security.user).toBe("ann")
  })

  it("closes on a client that guesses", () => {
    const rules = [rule({ users: ["ann"] })]
    const guesses = Array.from({ length: Security.failuresMax }, () => `AUTHINFO SASL PLAIN ${Sasl.encode("\0ann\0x")}`)
    expect(codes(rules, guesses).at(-1)).toBe(400)
  })

  it("answers a TAKETHIS that is not granted behind its article, and stays in step", () => {
    const rules = [rule({ users: ["ann"] })]
    const { state, task } = say(Session.initial, rules, "TAKETHIS <a@b>")
    expect(task._tag).toBe("Nothing")
    const block = { _tag: "Block", block: new Uint8Array(3) } as const
    expect(Session.step(state, block, factsOf(rules, state.security))).toMatchObject({
      state: { phase: { _tag: "Command" } },
      task: { _tag: "Answer", line: expect.stringMatching(/^480 /) }
    })
  })

  it("keeps its promises in any conversation under any rules", () => {
    fc.assert(
      fc.property(fc.constantFrom(...policies), fc.array(lines, { maxLength: 30 }), (rules, conversation) => {
        let state = Session.initial
        for (const line of conversation) {
          const before = state.security
          const offered = Security.offer(before, factsOf(rules, before).security, "STARTTLS")
          const answered = say(state, rules, line)
          state = answered.state
          const after = state.security
          for (const { _tag } of answered.acts) {
            if (_tag === "StartTls") expect([offered, before.isSecure, before.user]).toEqual(["full", false, undefined])
            if (_tag === "Compress") expect(before.isCompressed).toBe(false)
            if (_tag === "Verify" || _tag === "Lookup") {
              expect(before.user).toBeUndefined()
              expect(factsOf(rules, before).security.standing.auth).toBe("login")
            }
          }
          if (before.isSecure) expect(after.isSecure).toBe(true)
          if (before.isCompressed) expect(after.isCompressed).toBe(true)
          if (before.user !== undefined) expect(after.user).toBe(before.user)
          if (after.isSecure && !before.isSecure)
            expect(state).toEqual({ ...Session.initial, security: Security.initial(true) })
          expect(state.phase._tag === "Sasl").toBe(after.exchange !== undefined)
          if (state.phase._tag === "Closed" || state.phase._tag === "Post") return
        }
      }),
      { numRuns: 1500 }
    )
  })

  it("offers STARTTLS, AUTHINFO and COMPRESS only while they are of use", () => {
    const offers = (rules: Access.Rules, security: Security.State) =>
      ["STARTTLS", "AUTHINFO", "SASL", "COMPRESS", "READER", "POST"].map((label) =>
        Security.offer(security, factsOf(rules, security).security, label)
      )
    const clear = Security.initial(false)
    const needsTls = [rule({ users: ["*"], tls: true })]
    expect(offers(needsTls, clear)).toEqual(["full", "bare", "none", "full", "full", "full"])
    const secure = Security.initial(true)
    expect(offers(needsTls, secure)).toEqual(["none", "full", "full", "full", "full", "full"])
    expect(offers(needsTls, { ...secure, user: "ann" })).toEqual(["none", "none", "none", "full", "full", "full"])
    expect(offers(needsTls, { ...secure, isCompressed: true })).toEqual([
      "none",
      "none",
      "none",
      "none",
      "full",
      "full"
    ])
    expect(offers(Access.open, clear)).toEqual(["full", "none", "none", "full", "full", "full"])
    expect(offers([readers], clear)).toEqual(["full", "none", "none", "full", "full", "none"])
  })
})
