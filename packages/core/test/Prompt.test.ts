import { Effect, Exit } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Prompt from "../src/Prompt.ts"

/** How one step is told: at once, by an effect that runs to its end, or later. */
const manner = fc.constantFrom("there", "sync", "later", "failed")
type Manner = "there" | "sync" | "later" | "failed"

const stepOf = (how: Manner, value: number): Effect.Effect<number, string> => {
  if (how === "there") return Exit.succeed(value)
  if (how === "failed") return Exit.fail(`at ${value}`)
  return how === "sync" ? Effect.sync(() => value) : Effect.as(Effect.yieldNow, value)
}

describe("Prompt", () => {
  it("does the same steps in the same order as a fiber, and leaves no rest where all are there", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(manner, { maxLength: 8 }), async (manners) => {
        const seen: Array<number> = []
        const steps = function* (into: Array<number>): Generator<Effect.Effect<number, string>, void> {
          for (const [at, how] of manners.entries()) into.push(yield* stepOf(how, at))
        }
        const rest = Prompt.run(steps(seen))
        const first = manners.findIndex((how) => how !== "there")
        expect(rest === undefined).toBe(first === -1)
        expect(seen).toHaveLength(first === -1 ? manners.length : first)
        const expected: Array<number> = []
        const wanted = await Effect.runPromiseExit(Effect.gen(() => steps(expected)))
        const got = await Effect.runPromiseExit(rest ?? Effect.void)
        expect(seen).toEqual(expected)
        expect(Exit.isSuccess(got)).toBe(Exit.isSuccess(wanted))
        if (Exit.isFailure(wanted)) expect(got).toEqual(wanted)
      })
    )
  })

  it("goes on at once with what is there, and later with what is not", async () => {
    const seen: Array<number> = []
    const note = (value: number): undefined => void seen.push(value)
    expect(Prompt.andThen(Exit.succeed(1), note)).toBeUndefined()
    expect(seen).toEqual([1])
    const rest = Prompt.andThen(Effect.as(Effect.yieldNow, 2), note)
    expect(seen).toEqual([1])
    await Effect.runPromise(rest ?? Effect.void)
    expect(seen).toEqual([1, 2])
    expect(await Effect.runPromiseExit(Prompt.andThen(Exit.fail("no"), note) ?? Effect.void)).toEqual(Exit.fail("no"))
    expect(seen).toEqual([1, 2])
  })

  it("tells of what was begun whether anybody waits or not, and of nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.boolean(), fc.boolean(), async (isWell, isAtOnce, isOdd) => {
        const isThrowing = isOdd && !isAtOnce
        let finish = (): void => {}
        let ended = 0
        const told: Array<unknown> = []
        const effect = Prompt.begun<number, string>((done) => {
          finish = () => done(isWell ? Exit.succeed(1) : Exit.fail("no"))
          if (isAtOnce) finish()
        })
        const mapped = Prompt.map(effect, (value) => {
          if (isThrowing) throw new Error("defect")
          return value + 1
        })
        const whole = Prompt.orElse(
          Prompt.ensuring(mapped, () => (ended += 1)),
          (trouble) => trouble.length
        )
        if (isAtOnce) expect(Prompt.isThere(whole)).toBe(true)
        const isTold = Prompt.listen(whole, (outcome) => told.push(outcome))
        expect(isTold).toBe(!isAtOnce)
        expect(ended).toBe(isAtOnce ? 1 : 0)
        if (!isAtOnce) finish()
        expect(ended).toBe(1)
        const outcome = await Effect.runPromiseExit(whole)
        expect(Exit.isSuccess(outcome)).toBe(!isWell || !isThrowing)
        if (!isWell || !isThrowing) expect(outcome).toEqual(Exit.succeed(2))
        expect(told).toEqual(isTold ? [outcome] : [])
        expect(Prompt.listen(Effect.succeed(1), () => told.push(1))).toBe(false)
        expect(
          Prompt.listen(
            Effect.sync(() => 1),
            () => told.push(1)
          )
        ).toBe(false)
      })
    )
  })
})
