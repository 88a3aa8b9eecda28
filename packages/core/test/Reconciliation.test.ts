import { assert, describe, it } from "@effect/vitest"
import * as Reconciliation from "@lupin/core/Reconciliation"
import * as Frame from "@lupin/core/ReconciliationFrame"
import { Inquiry } from "@lupin/core/ReconciliationInquiry"
import * as Tree from "@lupin/core/ReconciliationTree"
import * as Sha256 from "@lupin/core/Sha256"
import * as fc from "fast-check"

const from = 1_699_999_200
const window = { from, until: from + 100_000 }

const idOf = (name: number): string => `<${name}.${"k".repeat(name % 9)}@trailblaze.client.lupin>`
/** Many ids share a second. */
const keyOf = (name: number): Uint8Array => Tree.key(from + (name % 97), Sha256.hashText(idOf(name)))

const treeOf = (names: Iterable<readonly [number, Tree.Mark]>): Tree.ReconciliationTree => {
  const tree = new Tree.ReconciliationTree()
  for (const [name, mark] of names) tree.set(keyOf(name), mark, name)
  return tree
}

const describeItem: Frame.Describe = ({ ref }) => ({ id: idOf(ref), heat: ref % 256 })

const answerOf = (tree: Tree.ReconciliationTree, frame: Uint8Array, bytesMax: number): Uint8Array => {
  const asked = Frame.decodeQuestions(frame, window)
  assert.isDefined(asked)
  const questions = asked?.questions ?? []
  return Frame.encodeAnswers(questions, Reconciliation.answers(tree, questions), describeItem, window, bytesMax)
}

interface Run {
  readonly inquiry: Inquiry
  readonly bytes: number
  readonly exchanges: number
}

/** Asks until nothing is left, two frames at a time. */
const run = (here: Tree.ReconciliationTree, there: Tree.ReconciliationTree, ours: number, theirs = ours): Run => {
  const inquiry = new Inquiry(here, window, ours)
  let bytes = 0
  let exchanges = 0
  for (let frame = inquiry.ask(); frame !== undefined; frame = inquiry.ask()) {
    const frames = [frame, inquiry.ask()].filter((asked) => asked !== undefined)
    exchanges += 1
    for (const answer of frames.map((asked) => [asked, answerOf(there, asked, theirs)] as const)) {
      assert.isAtMost(answer[0].length, ours)
      assert.isAtMost(answer[1].length, theirs)
      bytes += answer[0].length + answer[1].length
      inquiry.take(answer[1])
    }
  }
  assert.isUndefined(inquiry.trouble)
  return { inquiry, bytes, exchanges }
}

const sorted = (names: Iterable<number>): ReadonlyArray<number> => [...names].toSorted((left, right) => left - right)
const nameOf = (id: string): number => Number(/^<(\d+)/.exec(id)?.[1])

type Names = Map<number, Tree.Mark>

const some = (max: number) =>
  fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max }), fc.constantFrom(...Tree.marks))

const namesOf = (runs: ReadonlyArray<readonly [number, number, Tree.Mark]>): Names =>
  new Map(runs.flatMap(([first, count, mark]) => Array.from({ length: count }, (_, at) => [first + at, mark] as const)))

/** Two sets of which a good part is common. */
const pair = fc
  .tuple(
    fc.array(some(1500), { maxLength: 3 }),
    fc.array(some(60), { maxLength: 8 }),
    fc.array(some(60), { maxLength: 8 })
  )
  .map(([common, ours, theirs]) => {
    const both = namesOf(common)
    return [new Map([...both, ...namesOf(ours)]), new Map([...both, ...namesOf(theirs)])] as const
  })

const frameBytes = fc.oneof(fc.integer({ min: Reconciliation.frameBytesMin, max: 3000 }), fc.constant(65_536))

describe("two sets", () => {
  it("find exactly what differs, whatever their frames", () => {
    fc.assert(
      fc.property(pair, frameBytes, frameBytes, ([here, there], ours, theirs) => {
        const { inquiry } = run(treeOf(here), treeOf(there), ours, theirs)
        assert.isTrue(inquiry.isComplete)
        const { found } = inquiry
        const isRemoved = (names: Names, name: number) => names.get(name) === "removed"
        assert.deepStrictEqual(
          sorted(found.there.map(({ id }) => nameOf(id))),
          sorted([...there.keys()].filter((name) => !here.has(name)))
        )
        assert.deepStrictEqual(
          sorted(found.here.map(({ ref }) => ref)),
          sorted([...here.keys()].filter((name) => !there.has(name)))
        )
        assert.strictEqual(found.hereCount, found.here.length)
        assert.deepStrictEqual(
          sorted(found.unlike.map(({ item }) => item.ref)),
          sorted([...here.keys()].filter((name) => there.has(name) && isRemoved(here, name) !== isRemoved(there, name)))
        )
        for (const { isRemovedThere, item } of found.unlike)
          assert.strictEqual(isRemovedThere, isRemoved(there, item.ref))
        for (const { heat, id, mark, second } of found.there) {
          const name = nameOf(id)
          assert.deepStrictEqual([second, mark, heat], [from + (name % 97), there.get(name), name % 256])
        }
      }),
      { numRuns: 60 }
    )
  })

  it("learn in one exchange that they are equal, in less than fifty octets", () => {
    const names = namesOf([
      [0, 20_000, "live"],
      [500, 40, "removed"]
    ])
    const { bytes, exchanges, inquiry } = run(treeOf(names), treeOf(names), 65_536)
    assert.isTrue(inquiry.isEqual)
    assert.strictEqual(exchanges, 1)
    assert.isBelow(bytes, 50)
  })

  it("find one difference in a logarithm of exchanges, and in few octets", () => {
    for (const size of [100, 1_000, 10_000, 50_000]) {
      const names = namesOf([[0, size, "live"]])
      const { bytes, exchanges, inquiry } = run(
        treeOf(names),
        treeOf([...names].filter(([name]) => name !== 77)),
        65_536
      )
      assert.deepStrictEqual(
        inquiry.found.here.map(({ ref }) => ref),
        [77]
      )
      assert.isAtMost(exchanges, 2 + Math.ceil(Math.log(size) / Math.log(16)))
      assert.isAtMost(bytes, 2_000)
    }
  })

  it("cost little more than the names of what differs, where one lacks everything", () => {
    const names = namesOf([[0, 3_000, "live"]])
    const { bytes, inquiry } = run(treeOf([]), treeOf(names), 65_536)
    assert.strictEqual(inquiry.found.there.length, 3_000)
    assert.isBelow(bytes / 3_000, 45)
    assert.strictEqual(run(treeOf(names), treeOf([]), 65_536).inquiry.found.hereCount, 3_000)
  })

  it("agree on expired ids, which are history", () => {
    const here = treeOf([
      [1, "live"],
      [2, "expired"]
    ])
    const there = treeOf([
      [1, "expired"],
      [2, "expired"]
    ])
    assert.isTrue(run(here, there, 4_096).inquiry.isEqual)
  })
})

describe("a hostile side", () => {
  const tree = treeOf(namesOf([[0, 2_000, "live"]]))

  it("is answered within a frame, or its octets are no frame", () => {
    const valid = new Inquiry(treeOf(namesOf([[100, 900, "live"]])), window).ask() ?? new Uint8Array()
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((rest) => Uint8Array.of(1, 0, ...rest)),
      fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, octet]) => valid.with(at, octet))
    )
    fc.assert(
      fc.property(octets, (frame) => {
        const asked = Frame.decodeQuestions(frame, window)
        if (asked === undefined) return
        const drafts = Reconciliation.answers(tree, asked.questions)
        const answer = Frame.encodeAnswers(asked.questions, drafts, describeItem, window, 4_096)
        assert.isAtMost(answer.length, 4_096)
      }),
      { numRuns: 500 }
    )
  })

  it("ends an inquiry with a reason, and cannot prolong it for ever", () => {
    const answer = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.of(1, ...rest)),
      fc.constantFrom(...[0, 1, 3, 4].map((kind) => Uint8Array.of(1, kind, 0, 0, 0, 0)))
    )
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 40 }), (answers) => {
        const inquiry = new Inquiry(tree, window, 1_024)
        let steps = 0
        for (let frame = inquiry.ask(); frame !== undefined && steps < 500; frame = inquiry.ask()) {
          inquiry.take(answers[steps % answers.length] ?? new Uint8Array())
          steps += 1
        }
        assert.isBelow(steps, 500)
        assert.isTrue(inquiry.isComplete || inquiry.trouble !== undefined)
      }),
      { numRuns: 500 }
    )
  })

  it("may not tell ids outside of what was asked, nor out of order", () => {
    const question = Reconciliation.compareOf(treeOf([]), Reconciliation.rangeOf(window))
    const told = (items: ReadonlyArray<Tree.Item>): string | undefined => {
      const inquiry = new Inquiry(treeOf([]), window)
      inquiry.ask()
      inquiry.take(Frame.encodeAnswers([question], [{ _tag: "Inventory", items }], describeItem, window, 4_096))
      return inquiry.trouble
    }
    const items = treeOf(namesOf([[0, 40, "live"]])).items(Tree.key(0), Tree.key(2 ** 32 - 1), 100)
    assert.isUndefined(told(items))
    assert.isDefined(told(items.toReversed()))
    assert.isDefined(told([...items, ...items.slice(0, 1)]))
  })
})

it("takes windows of whole hours alone", () => {
  assert.isTrue(Reconciliation.isWindow(window))
  assert.isFalse(Reconciliation.isWindow({ from: from + 1, until: from + 3_600 }))
  assert.isFalse(Reconciliation.isWindow({ from, until: from }))
})
