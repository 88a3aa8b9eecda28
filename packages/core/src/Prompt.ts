/**
 * Effects whose outcome is there when they are asked for: an `Exit` is gone on with at once and costs no step of a fiber, the
 * rest waits as ever.
 */
import { Effect, Exit } from "effect"

/** Something still to be done; nothing where all of it has been done. */
export type Rest<E> = Effect.Effect<void, E> | undefined

/** Whether an effect is its own outcome, and that a good one. */
export const isThere = <A, E>(effect: Effect.Effect<A, E>): effect is Exit.Success<A, E> =>
  Exit.isExit(effect) && Exit.isSuccess(effect)

/** What comes of an effect, at once where that is there. */
export const map = <A, B, E>(effect: Effect.Effect<A, E>, f: (value: A) => B): Effect.Effect<B, E> =>
  isThere(effect) ? Exit.succeed(f(effect.value)) : Effect.map(effect, f)

/** What follows from an effect, at once where that is there. */
export const flatMap = <A, B, E, E2>(
  effect: Effect.Effect<A, E>,
  f: (value: A) => Effect.Effect<B, E2>
): Effect.Effect<B, E | E2> => (isThere(effect) ? f(effect.value) : Effect.flatMap(effect, f))

/** Does what follows from an effect; gives what could not be done at once. */
export const andThen = <A, E, E2>(effect: Effect.Effect<A, E>, next: (value: A) => Rest<E2>): Rest<E | E2> => {
  if (isThere(effect)) return next(effect.value)
  return Effect.flatMap(effect, (value) => next(value) ?? Effect.void)
}

/** Runs `steps` up to the first effect that is not there yet; gives that one and all behind it. */
export const run = <E>(steps: Generator<Effect.Effect<unknown, E>, void>): Rest<E> => go(steps, undefined)

const go = <E>(steps: Generator<Effect.Effect<unknown, E>, void>, given: unknown): Rest<E> => {
  let next = steps.next(given)
  while (next.done !== true) {
    const effect = next.value
    if (!isThere(effect)) return Effect.flatMap(effect, (value) => go(steps, value) ?? Effect.void)
    next = steps.next(effect.value)
  }
  return undefined
}

/** An effect whose outcome `begin` tells, at once or later. What is begun here goes on whoever waits for it. */
export const begun = <A, E>(begin: (done: (outcome: Exit.Exit<A, E>) => void) => void): Effect.Effect<A, E> => {
  let outcome: Exit.Exit<A, E> | undefined
  let resume: ((outcome: Exit.Exit<A, E>) => void) | undefined
  begin((told) => {
    outcome = told
    resume?.(told)
  })
  return (
    outcome ??
    Effect.callback((waiting) => {
      if (outcome === undefined) resume = waiting
      else waiting(outcome)
    })
  )
}
