/**
 * Effects of which most are done when they are asked for: what can be had at once costs no step of a fiber, and the rest waits as ever.
 */
import { Effect, Exit } from "effect"

/** Something still to be done; nothing where all of it has been done. */
export type Rest<E> = Effect.Effect<void, E> | undefined

/** Runs `steps` up to the first effect that is not done yet; gives that one and all behind it. */
export const run = <E>(steps: Generator<Effect.Effect<unknown, E>, void>): Rest<E> => go(steps, undefined)

const go = <E>(steps: Generator<Effect.Effect<unknown, E>, void>, given: unknown): Rest<E> => {
  let next = steps.next(given)
  while (next.done !== true) {
    const effect = next.value
    if (!isThere(effect)) {
      return Effect.flatMap(effect, (value) => go(steps, value) ?? Effect.void)
    }
    next = steps.next(effect.value)
  }
  return undefined
}

/** Goes on with what an effect gives: at once where that is there already. */
export const andThen = <A, E, E2>(effect: Effect.Effect<A, E>, next: (value: A) => Rest<E2>): Rest<E | E2> => {
  if (isThere(effect)) return next(effect.value)
  return Effect.flatMap(effect, (value) => next(value) ?? Effect.void)
}

const isThere = <A, E>(effect: Effect.Effect<A, E>): effect is Exit.Success<A, E> =>
  Exit.isExit(effect) && Exit.isSuccess(effect)
