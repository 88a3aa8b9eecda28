import * as Wildmat from "@lupin/core/Wildmat"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Access from "../src/Access.ts"
import * as AccessControl from "../src/AccessControl.ts"
import * as Cidr from "../src/Cidr.ts"

const wildmat = fc.constantFrom(Wildmat.nothing, Wildmat.everything, Wildmat.compile("misc.*") ?? Wildmat.nothing)
const name = fc.constantFrom("ann", "bob", "*")
const cidr = fc
  .constantFrom("10.0.0.0/8", "::1", "0.0.0.0/0")
  .map((text) => Cidr.parse(text) ?? { text, octets: [], bits: 0 })

const rule: fc.Arbitrary<Access.Rule> = fc.record(
  {
    read: wildmat,
    post: wildmat,
    approve: wildmat,
    feed: wildmat,
    newnews: fc.boolean(),
    control: fc.boolean(),
    from: fc.array(cidr, { maxLength: 2 }),
    tls: fc.boolean(),
    users: fc.array(name, { maxLength: 2 }),
    peers: fc.array(name, { maxLength: 2 })
  },
  { requiredKeys: ["read", "post", "approve", "feed", "newnews", "control"] }
)
const rules = fc.array(rule, { maxLength: 5 })
const subject: fc.Arbitrary<Access.Subject> = fc.record({
  address: fc.constantFrom("10.1.2.3", "::1", "192.0.2.1", ""),
  isSecure: fc.boolean(),
  user: fc.constantFrom(undefined, "ann", "bob", "eve"),
  peers: fc.uniqueArray(fc.constantFrom("ann", "bob"), { maxLength: 2 })
})
const rights = ["read", "post", "feed", "newnews"] as const

describe("Access", () => {
  it("lets the first rule that holds decide alone", () => {
    fc.assert(
      fc.property(rules, rule, subject, (list, extra, who) => {
        const granted = Access.grants(list, who)
        if (granted !== Access.nothing) expect(Access.grants([...list, extra], who)).toBe(granted)
        const unconditional = { ...Access.everything }
        expect(Access.grants([unconditional, ...list], who)).toBe(unconditional)
      })
    )
  })

  it("promises by 480 and 483 only what a login or TLS then gives, and gives it where it promises none", () => {
    fc.assert(
      fc.property(rules, subject, (list, who) => {
        const standing = Access.standing(list, who)
        for (const right of rights) {
          const hasNow = Access.has(Access.grants(list, who), right)
          expect(standing[right] === "allowed").toBe(hasNow)
          if (hasNow) continue
          const users = who.user === undefined ? ["ann", "bob", "eve"] : []
          const after = (isSecure: boolean): boolean =>
            users.some((user) => Access.has(Access.grants(list, { ...who, isSecure, user }), right))
          const onTls = Access.has(Access.grants(list, { ...who, isSecure: true }), right) || after(true)
          const expected = after(who.isSecure) ? "login" : !who.isSecure && onTls ? "tls" : "never"
          expect(standing[right]).toBe(expected)
        }
      }),
      { numRuns: 1000 }
    )
  })

  it("asks nobody to log in twice", () => {
    fc.assert(
      fc.property(rules, subject, (list, who) => {
        fc.pre(who.user !== undefined && who.isSecure)
        expect(Access.standing(list, who).auth).toBe("never")
      })
    )
  })

  it("grants this machine alone where no rules were given", () => {
    const of = (address: string) =>
      Access.standing(Access.loopback, { address, isSecure: false, user: undefined, peers: [] })
    expect(of("127.0.0.1").read).toBe("allowed")
    expect(of("::ffff:127.0.0.1").feed).toBe("allowed")
    expect(Access.isHopeless(of("192.0.2.1"))).toBe(true)
    expect(Access.isHopeless(of(""))).toBe(true)
  })

  it("knows a peer by its certificate before its user, and its user before its address", () => {
    const peer = (of: string, address: string) => ({
      name: of,
      path: `${of}.test`,
      addresses: [Cidr.parse(address) ?? { text: "", octets: [], bits: 0 }],
      certificates: [`cert-${of}`],
      users: [`user-${of}`]
    })
    const policy = { rules: [], peers: [peer("a", "10.0.0.1"), peer("b", "10.0.0.2"), peer("c", "10.0.0.3")] }
    const named = (address: string, user: string | undefined, certificates: ReadonlyArray<string>) =>
      AccessControl.subjectOf(policy, { address, isSecure: true, user, certificates }).peers
    expect(named("10.0.0.1", "user-b", ["cert-c"])).toEqual(["c"])
    expect(named("10.0.0.1", "user-b", [])).toEqual(["b"])
    expect(named("10.0.0.1", undefined, ["of nobody"])).toEqual(["a"])
    expect(named("10.0.0.9", undefined, [])).toEqual([])
    const twins = { ...policy, peers: [...policy.peers, peer("d", "10.0.0.1")] }
    const shown = { address: "10.0.0.1", isSecure: true, user: undefined, certificates: [] }
    expect(AccessControl.subjectOf(twins, shown).peers).toEqual(["a", "d"])
    expect(AccessControl.subjectOf(twins, { ...shown, user: "user-d" }).peers).toEqual(["d"])
  })

  it("lets a rule hold for peers of one address only where it means each of them", () => {
    const both: Access.Subject = { address: "10.0.0.1", isSecure: false, user: undefined, peers: ["a", "d"] }
    const holds = (peers: ReadonlyArray<string>) => Access.grants([{ ...Access.everything, peers }], both).newnews
    expect([holds(["*"]), holds(["a", "d"]), holds(["a"]), holds([])]).toEqual([true, true, false, false])
  })
})
