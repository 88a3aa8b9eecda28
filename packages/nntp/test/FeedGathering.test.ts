import { assert, describe, it } from "@effect/vitest"
import * as MessageId from "@lupin/core/MessageId"
import * as FeedGathering from "../src/FeedGathering.ts"
import { FeedWindow } from "../src/FeedWindow.ts"
import type * as PeerFeed from "../src/PeerFeed.ts"

const delays = { gatherMillis: 250, headStartMillis: 150, lateMillis: 1_000, paceMillis: 40 }
const start = 1_000_000

/** An open article that arrived at a time. */
const opened = (position: number, arrivedMillis = start) => {
  const id = MessageId.MessageId.make(`<${position}@gathering.test>`)
  const entry = new FeedWindow(0).add(id, position, arrivedMillis)
  assert.isDefined(entry)
  return entry
}
const path = "a.test!b.test!not-for-mail"
/** What a feed is eager for; the rest is asked about soon. */
const part = (eager: PeerFeed.Part["eager"]) => ({ eager, asks: "soon" as const, turn: 1 })
const positions = (entries: ReadonlyArray<{ readonly position: number }>) => entries.map(({ position }) => position)

describe("FeedGathering", () => {
  it("gathers what is asked about from the first article on", () => {
    const gathering = new FeedGathering.FeedGathering(delays)
    assert.strictEqual(gathering.dueMillis(), Infinity)
    gathering.add(opened(1), path, part("none"), start)
    gathering.add(opened(2, start + 200), path, part("none"), start + 200)
    assert.strictEqual(gathering.dueMillis(), start + 250)
    assert.isFalse(gathering.isDue(start + 249))
    assert.deepStrictEqual(gathering.takeToAsk(start + 249, false), [])
    assert.deepStrictEqual(positions(gathering.takeToAsk(start + 250, false)), [1, 2])
    assert.deepStrictEqual([gathering.size, gathering.dueMillis()], [0, Infinity])
  })

  it("sends at once, and then paced", () => {
    const gathering = new FeedGathering.FeedGathering(delays)
    gathering.add(opened(1), path, part("all"), start)
    assert.isTrue(gathering.isDue(start))
    assert.deepStrictEqual(positions(gathering.takeToSend(start, false)), [1])
    gathering.add(
      opened(2),
      path,
      part((from) => from.startsWith("a.")),
      start + 10
    )
    assert.isFalse(gathering.isGathering)
    assert.strictEqual(gathering.dueMillis(), start + 40)
    assert.deepStrictEqual(gathering.takeToSend(start + 39, false), [])
    assert.deepStrictEqual(positions(gathering.takeToSend(start + 40, false)), [2])
  })

  it("asks about what is old, or stood in the log before the connection, however eager it is", () => {
    const gathering = new FeedGathering.FeedGathering(delays, 1)
    gathering.add(opened(1), path, part("all"), start)
    gathering.add(opened(2, start - FeedGathering.eagerAgeMillisMax - 1), path, part("all"), start)
    gathering.add(opened(3), path, part("all"), start)
    assert.deepStrictEqual(positions(gathering.takeToSend(start, true)), [3])
    assert.deepStrictEqual(positions(gathering.takeToAsk(start, true)), [1, 2])
  })

  it("gives all of it where there is no time, and in their order where nothing is decided", () => {
    const gathering = new FeedGathering.FeedGathering(delays)
    const eager = (from: string) => from === path
    gathering.add(opened(1), path, part("none"), start)
    gathering.add(opened(2), path, part(eager), start)
    assert.deepStrictEqual(positions(gathering.takeToAsk(start, true)), [1])
    gathering.add(opened(3), path, part("none"), start)
    assert.deepStrictEqual(positions(gathering.takeAll()), [2, 3])
    assert.strictEqual(gathering.size, 0)
  })

  it("asks late about what others bring, and not at all about what is dropped meanwhile", () => {
    const gathering = new FeedGathering.FeedGathering(delays)
    const late = { eager: "none", asks: (): PeerFeed.When => "late", turn: 1 } as const
    const [first, second, third] = [opened(1), opened(2), opened(3)]
    gathering.add(first, path, late, start)
    gathering.add(second, path, late, start + 10)
    gathering.add(third, path, part("none"), start + 20)
    assert.deepStrictEqual(positions(gathering.takeToAsk(start + 270, false)), [3])
    assert.strictEqual(gathering.dueMillis(), start + 1_000)
    gathering.drop(first)
    assert.deepStrictEqual(gathering.takeToAsk(start + 999, false), [])
    assert.deepStrictEqual(positions(gathering.takeToAsk(start + 1_000, false)), [2])
    gathering.add(first, path, late, start + 2_000)
    gathering.add(second, path, part("all"), start + 2_000)
    gathering.drop(first)
    gathering.drop(second)
    assert.deepStrictEqual([gathering.size, gathering.dueMillis()], [0, Infinity])
  })

  it("gives others a head start, but waits no longer for that", () => {
    const gathering = new FeedGathering.FeedGathering(delays)
    const after = { eager: "none", asks: (): PeerFeed.When => "after", turn: 1 } as const
    gathering.add(opened(1), path, part("none"), start)
    gathering.add(opened(2, start + 50), path, after, start + 50)
    gathering.add(opened(3, start + 200), path, after, start + 200)
    assert.deepStrictEqual(positions(gathering.takeToAsk(start + 250, false)), [1, 2])
    assert.strictEqual(gathering.dueMillis(), start + 450)
    assert.deepStrictEqual(gathering.takeToAsk(start + 449, false), [])
    assert.deepStrictEqual(positions(gathering.takeToAsk(start + 450, false)), [3])
    gathering.add(opened(4), path, after, start)
    assert.isTrue(gathering.isDue(start - 3_600_000))
    assert.deepStrictEqual(positions(gathering.takeToAsk(start - 3_600_000, false)), [4])
    gathering.add(opened(5), path, after, start)
    assert.deepStrictEqual(positions(gathering.takeToAsk(start, true)), [5])
  })

  it("lets the second of two sites that would ask each other wait twice as long", () => {
    const gathering = new FeedGathering.FeedGathering(delays)
    gathering.add(opened(1), path, { eager: "none", asks: () => "late", turn: 2 }, start)
    assert.strictEqual(gathering.dueMillis(), start + 2_000)
  })

  it("holds nothing up where the clock was set back", () => {
    const gathering = new FeedGathering.FeedGathering(delays)
    gathering.add(opened(1), path, part("all"), start)
    gathering.takeToSend(start, false)
    const back = start - 3_600_000
    gathering.add(opened(2), path, part("all"), back)
    gathering.add(opened(3), path, part("none"), back)
    assert.isTrue(gathering.isDue(back))
    assert.deepStrictEqual(positions(gathering.takeToSend(back, false)), [2])
    assert.strictEqual(gathering.dueMillis(), back + 250)
  })
})
