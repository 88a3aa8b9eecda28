/**
 * The laws that every fold keeps, as properties to run over inputs of your own.
 *
 * `for (const law of foldLaws(fold, input)) it(law.name, law.check)`. States count as equal when they encode to the
 * same canonical JSON, as that is what becomes an article.
 */
import * as Fold from "@lupin/core/Fold"
import * as Result from "effect/Result"
import * as fc from "fast-check"

export interface Law {
  /** The fact it states, to name a test. */
  readonly name: string
  /** Throws with a shrunk counterexample where the fold breaks it. */
  readonly check: () => void
}

/** How many cases each law is tried on, unless told otherwise. */
export const runsDefault = 100

/** The laws of a commutative monoid, its independence of order and batches, and the round trip of its codec. */
export const foldLaws = <In, S>(
  fold: Fold.Fold<In, S>,
  input: fc.Arbitrary<In>,
  { runs = runsDefault }: { readonly runs?: number } = {}
): ReadonlyArray<Law> => {
  // Said here, as an app's own suite may leave lists short.
  const inputs = fc.array(input, { maxLength: 12, size: "max" })
  const state = inputs.map((inputs) => Fold.fold(fold, inputs))
  const combine = (a: S, b: S): S => fold.combine(a, b)
  const check =
    <Cases extends [unknown, ...Array<unknown>]>(property: fc.IProperty<Cases>) =>
    (): void =>
      fc.assert(property, { numRuns: runs })
  const equal = (law: string, a: S, b: S): void => {
    const [left, right] = [Fold.encode(fold, a), Fold.encode(fold, b)]
    if (left !== right) throw new Error(`${law}: ${left} is not ${right}`)
  }
  const laws: ReadonlyArray<Law> = [
    {
      name: "leaves a state as it is when nothing is added",
      check: check(
        fc.property(state, (a) => {
          equal("empty + a = a", combine(fold.empty, a), a)
          equal("a + empty = a", combine(a, fold.empty), a)
        })
      )
    },
    {
      name: "combines in either order",
      check: check(fc.property(state, state, (a, b) => equal("a + b = b + a", combine(a, b), combine(b, a))))
    },
    {
      name: "combines in any grouping",
      check: check(
        fc.property(state, state, state, (a, b, c) =>
          equal("(a + b) + c = a + (b + c)", combine(combine(a, b), c), combine(a, combine(b, c)))
        )
      )
    },
    {
      name: "shows neither the order nor the batches of its inputs",
      check: check(
        fc.property(shuffledBatches(inputs), ({ batches, inputs }) => {
          const partials = batches.map((batch) => Fold.fold(fold, batch))
          equal("in batches = at once", partials.reduce(combine, fold.empty), Fold.fold(fold, inputs))
        })
      )
    },
    {
      name: "does not change the states it combines",
      check: check(
        fc.property(state, state, (a, b) => {
          const before = [Fold.encode(fold, a), Fold.encode(fold, b), Fold.encode(fold, fold.empty)]
          combine(a, b)
          combine(fold.empty, a)
          equal("a before = a after", a, decoded(fold, before[0]))
          equal("b before = b after", b, decoded(fold, before[1]))
          equal("empty before = empty after", fold.empty, decoded(fold, before[2]))
        })
      )
    },
    {
      name: "reads the state it wrote, and goes on from there",
      check: check(
        fc.property(state, state, (a, b) => {
          const again = decoded(fold, Fold.encode(fold, a))
          equal("decode(encode(a)) = a", again, a)
          equal("decode(encode(a)) + b = a + b", combine(again, b), combine(a, b))
        })
      )
    }
  ]
  if (fold.invert === undefined) return laws
  const invert = (a: S): S => fold.invert?.(a) ?? a
  return [
    ...laws,
    {
      name: "takes back what it counted",
      check: check(
        fc.property(state, state, (a, b) => {
          equal("a + b - b = a", combine(combine(a, b), invert(b)), a)
          equal("a - a = empty", combine(a, invert(a)), fold.empty)
        })
      )
    }
  ]
}

interface Batches<In> {
  readonly inputs: ReadonlyArray<In>
  readonly batches: ReadonlyArray<ReadonlyArray<In>>
}

const shuffledBatches = <In>(inputs: fc.Arbitrary<ReadonlyArray<In>>): fc.Arbitrary<Batches<In>> =>
  inputs.chain((inputs) =>
    fc
      .tuple(
        fc.shuffledSubarray([...inputs], { minLength: inputs.length }),
        fc.array(fc.nat(inputs.length), { maxLength: 4 })
      )
      .map(([shuffled, cuts]) => {
        const ends = [0, ...cuts.toSorted((a, b) => a - b), inputs.length]
        return { inputs, batches: ends.slice(1).map((end, i) => shuffled.slice(ends[i], end)) }
      })
  )

const decoded = <In, S>(fold: Fold.Fold<In, S>, text: string | undefined): S =>
  Result.getOrThrowWith(Fold.decodeJson(fold, JSON.parse(text ?? "")), (fault) => new Error(fault))
