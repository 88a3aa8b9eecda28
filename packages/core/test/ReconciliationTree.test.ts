import { assert, it } from "@effect/vitest"
import * as Tree from "@lupin/core/ReconciliationTree"
import * as Sha256 from "@lupin/core/Sha256"
import * as Sum256 from "@lupin/core/Sum256"
import * as fc from "fast-check"

const keyOf = (name: number): Uint8Array => Tree.key(1_700_000_000 + (name % 7), Sha256.hashText(`<${name}@x>`))

const weight = (of: Uint8Array, mark: Tree.Mark): bigint => {
  const octets = [...Tree.hashOf(of)]
  const read = mark === "removed" ? octets.toReversed() : octets
  return read.reduce((number, octet) => number * 256n + BigInt(octet), 0n)
}

const numberOf = (octets: Uint8Array): bigint => octets.reduce((number, octet) => number * 256n + BigInt(octet), 0n)

/** The same set, told by a list that is sorted when somebody looks. */
class Model {
  readonly #known = new Map<string, Tree.Item>()
  get items(): ReadonlyArray<Tree.Item> {
    return [...this.#known.values()].toSorted((left, right) => Tree.compare(left.key, right.key))
  }
  set(key: Uint8Array, mark: Tree.Mark, ref: number): void {
    this.#known.set(key.join(), { key, mark, ref })
  }
  delete(key: Uint8Array): void {
    this.#known.delete(key.join())
  }
}

const between = (items: ReadonlyArray<Tree.Item>, lower: Uint8Array, upper: Uint8Array) =>
  items.filter(({ key }) => Tree.compare(key, lower) >= 0 && Tree.compare(key, upper) < 0)

const command = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("set" as const),
      from: fc.integer({ min: 0, max: 4000 }),
      count: fc.integer({ min: 1, max: 400 }),
      mark: fc.constantFrom(...Tree.marks)
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("delete" as const),
      from: fc.integer({ min: 0, max: 4000 }),
      count: fc.integer({ min: 1, max: 200 })
    })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const), second: fc.integer({ min: 0, max: 7 }) }) }
)

const bound = fc.oneof(
  fc.integer({ min: -1, max: 8 }).map((second) => Tree.key(1_700_000_000 + second)),
  fc.integer({ min: 0, max: 4400 }).map(keyOf),
  fc.integer({ min: 0, max: 4400 }).map((name) => keyOf(name).slice(0, 6))
)

it("tells count, sum and items of any range as a sorted list does", () => {
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 30 }),
      fc.array(fc.tuple(bound, bound), { minLength: 4 }),
      (commands, ranges) => {
        const tree = new Tree.ReconciliationTree()
        const model = new Model()
        for (const step of commands) {
          if (step.do === "drop") {
            const before = Tree.key(1_700_000_000 + step.second)
            const dropped: Array<Uint8Array> = []
            tree.dropBefore(before, (key) => dropped.push(key.slice()))
            assert.deepStrictEqual(
              dropped,
              between(model.items, Tree.key(0), before).map(({ key }) => key)
            )
            for (const key of dropped) model.delete(key)
            continue
          }
          for (let name = step.from; name < step.from + step.count; name++) {
            if (step.do === "set") {
              tree.set(keyOf(name), step.mark, name * 2 ** 33)
              model.set(keyOf(name), step.mark, name * 2 ** 33)
            } else {
              tree.delete(keyOf(name))
              model.delete(keyOf(name))
            }
          }
        }
        const { items } = model
        assert.strictEqual(tree.size, items.length)
        for (const [one, other] of ranges) {
          const [lower, upper] = Tree.compare(one, other) <= 0 ? [one, other] : [other, one]
          const expected = between(items, lower, upper)
          assert.deepStrictEqual(tree.items(lower, upper, 1e9), expected)
          assert.deepStrictEqual(tree.items(lower, upper, 3), expected.slice(0, 3))
          const { count, sum } = tree.measure(lower, upper)
          assert.strictEqual(count, expected.length)
          assert.strictEqual(
            numberOf(Sum256.toOctets(sum)),
            expected.reduce((total, { key, mark }) => (total + weight(key, mark)) % (1n << 256n), 0n)
          )
          assert.strictEqual(tree.rank(lower), between(items, Tree.key(0), lower).length)
        }
        for (const rank of [0, 1, Math.floor(tree.size / 2), tree.size - 1, tree.size]) {
          assert.deepStrictEqual(tree.at(rank), items[rank])
        }
        for (const { key, mark, ref } of items.slice(0, 20)) assert.deepStrictEqual(tree.get(key), { key, mark, ref })
        assert.isUndefined(tree.get(Tree.key(5, Sha256.hashText("none"))))
      }
    ),
    { numRuns: 30 }
  )
})

it("weighs an id that was removed unlike one that is live, and an expired one like it", () => {
  const sumOf = (mark: Tree.Mark) => {
    const tree = new Tree.ReconciliationTree()
    tree.set(keyOf(1), mark, 1)
    return Sum256.toOctets(tree.measure(Tree.key(0), Tree.key(2 ** 32 - 1)).sum)
  }
  assert.notDeepEqual(sumOf("removed"), sumOf("live"))
  assert.deepStrictEqual(sumOf("expired"), sumOf("live"))
})
