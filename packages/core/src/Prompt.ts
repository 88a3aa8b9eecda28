/**
 * Effects whose outcome is there when they are asked for: an `Exit` is gone on with at once and costs no step of a fiber, the
 * rest waits as ever. What was begun already can be listened to without a fiber.
 */
import { Cause, Effect, Exit, Result } from "effect"

/** Something still to be done; nothing where all of it has been done. */
export type Rest<E> = Effect.Effect<void, E> | undefined

/** Is told how something ended. */
type Tell<A, E> = (outcome: Exit.Exit<A, E>) => void

/** What was begun and is not over: it goes on whoever waits for it. */
class Coming<A, E> {
  outcome: Exit.Exit<A, E> | undefined
  /** Made where somebody waits: most of what is begun is over at once. */
  #told: Set<Tell<A, E>> | undefined

  end(outcome: Exit.Exit<A, E>): void {
    this.outcome = outcome
    if (this.#told === undefined) return
    for (const tell of this.#told) tell(outcome)
    this.#told = undefined
  }

  listen(tell: Tell<A, E>): void {
    this.#told ??= new Set()
    this.#told.add(tell)
  }

  leave(tell: Tell<A, E>): void {
    this.#told?.delete(tell)
  }
}

const coming: unique symbol = Symbol("@lupin/core/Prompt/coming")

interface Begun<A, E> extends Effect.Effect<A, E> {
  readonly [coming]: Coming<A, E>
}

const isBegun = <A, E>(effect: Effect.Effect<A, E>): effect is Begun<A, E> => coming in effect

/** A class of all that has the prototype of `one`. */
const classOf = (one: object): (() => void) => {
  const like = function (): void {}
  like.prototype = Object.getPrototypeOf(one)
  return like
}

// To look for a property of an effect, of which there are many kinds, costs twenty times as much.
const Succeeded = classOf(Exit.void)
const Failed = classOf(Exit.fail(undefined))

/** Whether an effect is its own outcome. */
export const isOver = <A, E>(effect: Effect.Effect<A, E>): effect is Exit.Exit<A, E> =>
  effect instanceof Succeeded || effect instanceof Failed

/** Whether an effect is its own outcome, and that a good one. */
export const isThere = <A, E>(effect: Effect.Effect<A, E>): effect is Exit.Success<A, E> => effect instanceof Succeeded

/** A good outcome is one of an effect that cannot fail, too. */
const good = <A, E>(outcome: Exit.Success<A, E>): Exit.Exit<A> => outcome as Exit.Success<A>

/** What comes of an effect, at once where that is there, and where it comes for what was begun. */
export const map = <A, B, E>(effect: Effect.Effect<A, E>, f: (value: A) => B): Effect.Effect<B, E> => {
  if (isThere(effect)) return Exit.succeed(f(effect.value))
  if (isOver(effect)) return Exit.map(effect, f)
  return isBegun(effect) ? after(effect, Exit.map(f)) : Effect.map(effect, f)
}

/** What follows from an effect, at once where that is there. */
export const flatMap = <A, B, E, E2>(
  effect: Effect.Effect<A, E>,
  f: (value: A) => Effect.Effect<B, E2>
): Effect.Effect<B, E | E2> => (isThere(effect) ? f(effect.value) : Effect.flatMap(effect, f))

/** An effect that does not fail: `f` tells what stands in the place of trouble. */
export const orElse = <A, E>(effect: Effect.Effect<A, E>, f: (trouble: E) => A): Effect.Effect<A> => {
  if (isThere(effect)) return good(effect)
  const settled = (outcome: Exit.Exit<A, E>): Exit.Exit<A> => {
    if (isThere(outcome)) return good(outcome)
    const found = Cause.findError(outcome.cause)
    return Result.isSuccess(found) ? Exit.succeed(f(found.success)) : Exit.failCause(found.failure)
  }
  if (isOver(effect)) return settled(effect)
  return isBegun(effect) ? after(effect, settled) : Effect.catch(effect, (trouble) => Effect.succeed(f(trouble)))
}

/** Does something once an effect is over, however that ends; of what was begun, also where nobody waits for it. */
export const ensuring = <A, E>(effect: Effect.Effect<A, E>, act: () => void): Effect.Effect<A, E> => {
  if (isOver(effect)) {
    act()
    return effect
  }
  if (!isBegun(effect)) return Effect.ensuring(effect, Effect.sync(act))
  return after(effect, (outcome) => {
    act()
    return outcome
  })
}

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
export const begun = <A, E>(begin: (done: Tell<A, E>) => void): Effect.Effect<A, E> => {
  const one = new Coming<A, E>()
  begin((outcome) => one.end(outcome))
  return one.outcome ?? waitedFor(one)
}

const waitedFor = <A, E>(one: Coming<A, E>): Begun<A, E> => {
  const waited = Effect.callback<A, E>((resume) => {
    if (one.outcome !== undefined) return resume(one.outcome)
    one.listen(resume)
    return Effect.sync(() => one.leave(resume))
  })
  return Object.assign(waited, { [coming]: one })
}

/**
 * Has the outcome of what was begun and is not over told to `tell`, where it comes, and says whether it will be: of all other
 * effects nothing is told. `tell` must not throw.
 */
export const listen = <A, E>(effect: Effect.Effect<A, E>, tell: Tell<A, E>): boolean => {
  if (!isBegun(effect) || effect[coming].outcome !== undefined) return false
  effect[coming].listen(tell)
  return true
}

const after = <A, B, E, E2>(
  { [coming]: one }: Begun<A, E>,
  f: (outcome: Exit.Exit<A, E>) => Exit.Exit<B, E2>
): Effect.Effect<B, E2> => {
  const turned = (outcome: Exit.Exit<A, E>): Exit.Exit<B, E2> => {
    try {
      return f(outcome)
    } catch (defect) {
      return Exit.die(defect)
    }
  }
  if (one.outcome !== undefined) return turned(one.outcome)
  return begun((done) => one.listen((outcome) => done(turned(outcome))))
}
