/**
 * A commutative monoid over a set of inputs: what a digester computes, in any order and in any batches.
 *
 * The laws (`combine` is commutative and associative, `empty` is neutral, `invert` undoes) hold exactly, so sums are
 * in integers and no order shows. `@lupin/testing/FoldLaws` tests them for a fold of your own.
 */
import * as HashMap from "effect/HashMap"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as CanonicalJson from "./CanonicalJson.ts"

export interface Fold<In, S> {
  /** The state of no inputs. */
  readonly empty: S
  /** The state of one input. Total: what cannot be counted gives `empty`. */
  of(input: In): S
  combine(a: S, b: S): S
  /** The state that takes `a` back, where the fold has one: `combine(a, invert(a))` is `empty`. */
  invert?(a: S): S
  /** The state as JSON; must be synchronous, and equal states must encode to equal JSON. */
  readonly codec: Schema.Codec<S, unknown>
}

/** The state as a JSON value. Throws where the fold's codec gives none. */
export const encodeJson = <In, S>(fold: Fold<In, S>, state: S): Schema.Json => {
  const known = encoders.get(fold.codec)
  const encode = known ?? Schema.encodeUnknownSync(fold.codec)
  if (known === undefined) encoders.set(fold.codec, encode)
  return encode(state) as Schema.Json
}

/** Making one takes as long as encoding by it. */
const encoders = new WeakMap<Schema.Top, (state: unknown) => unknown>()

/** The state as canonical JSON text: equal for equal sets of inputs. */
export const encode = <In, S>(fold: Fold<In, S>, state: S): string => CanonicalJson.encode(encodeJson(fold, state))

/** Reads a state from parsed JSON; the failure says what is wrong with it. */
export const decodeJson = <In, S>(fold: Fold<In, S>, json: unknown): Result.Result<S, string> =>
  Result.mapError(Schema.decodeUnknownResult(fold.codec)(json), (error) => error.message)

/** The state of a set of inputs. */
export const fold = <In, S>(fold: Fold<In, S>, inputs: Iterable<In>): S => {
  let state = fold.empty
  for (const input of inputs) state = fold.combine(state, fold.of(input))
  return state
}

/** How many inputs there are. */
export const count: Fold<unknown, number> = {
  empty: 0,
  of: () => 1,
  combine: (a, b) => a + b,
  invert: (a) => 0 - a,
  codec: Schema.Int
}

/** The sum of `of` over the inputs, exact, in units of 10^-decimals. What is no finite number counts as 0. */
export const sum = <In>(of: (input: In) => number, decimals = 0): Fold<In, bigint> => ({
  empty: 0n,
  of: (input) => integer(of(input) * 10 ** decimals),
  combine: (a, b) => a + b,
  invert: (a) => -a,
  codec: Schema.BigIntFromString
})

export interface Mean {
  readonly count: number
  /** In units of 10^-decimals of the fold. */
  readonly sum: bigint
}

/** What a mean is made of; see `meanOf`. Inputs without a finite number do not count. */
export const mean = <In>(of: (input: In) => number, decimals = 0): Fold<In, Mean> => ({
  empty: { count: 0, sum: 0n },
  of: (input) => {
    const value = of(input) * 10 ** decimals
    return Number.isFinite(value) ? { count: 1, sum: integer(value) } : { count: 0, sum: 0n }
  },
  combine: (a, b) => ({ count: a.count + b.count, sum: a.sum + b.sum }),
  invert: (a) => ({ count: 0 - a.count, sum: -a.sum }),
  codec: Schema.Struct({ count: Schema.Int, sum: Schema.BigIntFromString })
})

/** The mean, rounded to thousandths of the unit of `of`; `undefined` of no inputs. */
export const meanOf = (mean: Mean, decimals = 0): number | undefined => {
  if (mean.count === 0) return undefined
  const count = BigInt(mean.count)
  const doubled = mean.sum * 2000n
  // Division of big integers cuts towards zero: half a unit away from zero first makes that a rounding.
  const thousandths = (doubled + (doubled < 0n ? -count : count)) / (2n * count)
  return Number(thousandths) / 1000 / 10 ** decimals
}

/** Counts by label; no label has the count 0. */
export type Tally = HashMap.HashMap<string, number>

/**
 * How many inputs bear each label; an input without one counts nowhere. The state grows with the labels: where
 * strangers choose them, bound them by the schema of the event.
 */
export const tally = <In>(of: (input: In) => string | undefined): Fold<In, Tally> => ({
  empty: HashMap.empty(),
  of: (input) => {
    const label = of(input)
    return label === undefined ? HashMap.empty() : HashMap.make([label.toWellFormed(), 1])
  },
  combine: addTallies,
  invert: (a) => HashMap.map(a, (times) => 0 - times),
  codec: TallyFromPairs
})

/** How many inputs have each whole number; others count nowhere. See `bars`. */
export const histogram = <In>(of: (input: In) => number): Fold<In, Tally> =>
  tally((input) => {
    const value = of(input)
    return Number.isSafeInteger(value) ? String(value + 0) : undefined
  })

/** The counts of the whole numbers from `low` to `high`, absent ones 0. */
export const bars = (state: Tally, low: number, high: number): ReadonlyArray<number> =>
  Array.from({ length: high - low + 1 }, (_, i) => countIn(state, String(low + i)))

/** The `n` labels with the largest counts, ties in the order of their code units. */
export const top = (state: Tally, n: number): ReadonlyArray<readonly [label: string, count: number]> =>
  HashMap.toEntries(state)
    .sort(([a, timesA], [b, timesB]) => timesB - timesA || byCodeUnits(a, b))
    .slice(0, n)

export interface Latest<A> {
  readonly rank: number
  readonly value: A
}

/** The value of the greatest rank (a time in milliseconds, say); among equal ranks the last in canonical JSON. */
export const latest = <In, A>(options: {
  readonly rank: (input: In) => number
  readonly value: (input: In) => A
  readonly schema: Schema.Codec<A, unknown>
}): Fold<In, Latest<A> | null> => {
  const spelling = (value: A): string => CanonicalJson.encode(Schema.encodeSync(options.schema)(value))
  return {
    empty: null,
    of: (input) => ({ rank: finite(options.rank(input)), value: options.value(input) }),
    combine: (a, b) => {
      if (a === null || b === null) return a ?? b
      if (a.rank !== b.rank) return a.rank > b.rank ? a : b
      return byCodeUnits(spelling(a.value), spelling(b.value)) >= 0 ? a : b
    },
    codec: Schema.NullOr(Schema.Struct({ rank: Schema.Finite, value: options.schema }))
  }
}

type Folds<In> = { readonly [name: string]: Fold<In, unknown> }
type States<F> = { readonly [K in keyof F]: F[K] extends Fold<never, infer S> ? S : never }

/** Several folds over the same inputs, side by side. It inverts if all of them do. */
export const struct = <In, const F extends Folds<In>>(folds: F): Fold<In, States<F>> => {
  const each = (f: (name: keyof F & string) => unknown): States<F> =>
    Object.fromEntries(Object.keys(folds).map((name) => [name, f(name)])) as States<F>
  const at = (name: keyof F & string): Fold<In, unknown> => folds[name] as Fold<In, unknown>
  const combined: Fold<In, States<F>> = {
    empty: each((name) => at(name).empty),
    of: (input) => each((name) => at(name).of(input)),
    combine: (a, b) => each((name) => at(name).combine(a[name], b[name])),
    codec: Schema.Struct(
      Object.fromEntries(Object.keys(folds).map((name) => [name, at(name).codec]))
    ) as unknown as Schema.Codec<States<F>, unknown>
  }
  if (!Object.values(folds).every((fold) => fold.invert !== undefined)) return combined
  return { ...combined, invert: (a) => each((name) => at(name).invert?.(a[name])) }
}

/** The same fold over other inputs. */
export const over = <In, Of, S>(fold: Fold<Of, S>, of: (input: In) => Of): Fold<In, S> => ({
  ...fold,
  of: (input) => fold.of(of(input))
})

const integer = (value: number): bigint => BigInt(Math.round(finite(value)))

const finite = (value: number): number => (Number.isFinite(value) ? value + 0 : 0)

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const countIn = (state: Tally, label: string): number => {
  const found = HashMap.get(state, label)
  return found._tag === "Some" ? found.value : 0
}

// The smaller enters the larger: folding one input costs a path of the map, not a copy.
const addTallies = (a: Tally, b: Tally): Tally => {
  const [small, large] = HashMap.size(a) < HashMap.size(b) ? [a, b] : [b, a]
  let sums = large
  for (const [label, times] of HashMap.entries(small)) {
    const total = countIn(sums, label) + times
    sums = total === 0 ? HashMap.remove(sums, label) : HashMap.set(sums, label, total)
  }
  return sums
}

const Pairs = Schema.Array(Schema.Tuple([Schema.String, Schema.Int]))

const isTally = (value: unknown): value is Tally => HashMap.isHashMap(value)

// Pairs in the order of their labels: an object would trip over labels such as `__proto__`.
const TallyFromPairs: Schema.Codec<Tally, unknown> = Pairs.pipe(
  Schema.decodeTo(
    Schema.declare(isTally),
    SchemaTransformation.transform({
      decode: (pairs: typeof Pairs.Type): Tally => HashMap.fromIterable(pairs.filter(([, times]) => times !== 0)),
      encode: (state: Tally): typeof Pairs.Type => HashMap.toEntries(state).sort(([a], [b]) => byCodeUnits(a, b))
    })
  )
)
