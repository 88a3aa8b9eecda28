/**
 * Histories as fast-check draws them for a property, and makes those that fail shorter.
 *
 * Commands are left out, never changed: first large parts, then single ones, going on where the last part was that had
 * to stay (ddmin, Zeller and Hildebrandt 2002). fast-check's own arrays begin anew behind each command that has to stay.
 */
import * as fc from "fast-check"
import type * as History from "./History.ts"

/** How many commands are left out at a time, from which on, and whether a try of this size has failed too. */
interface Place {
  readonly size: number
  readonly at: number
  readonly hasShrunk: boolean
}

class Histories extends fc.Arbitrary<History.History> {
  readonly #draw: (seed: number) => History.History

  constructor(draw: (seed: number) => History.History) {
    super()
    this.#draw = draw
  }

  override generate(random: fc.Random): fc.Value<History.History> {
    return new fc.Value(this.#draw(random.nextInt(1, 2 ** 31 - 1)), undefined)
  }

  override canShrinkWithoutContext(_: unknown): _ is History.History {
    return true
  }

  override shrink(history: History.History, context: unknown): fc.Stream<fc.Value<History.History>> {
    return fc.stream(shorter(history, (context as Place | undefined) ?? whole(history)))
  }
}

/** Of every history that `draw` makes of a seed. */
export const drawn = (draw: (seed: number) => History.History): fc.Arbitrary<History.History> => new Histories(draw)

const whole = ({ commands }: History.History): Place => ({
  size: Math.ceil(commands.length / 2),
  at: 0,
  hasShrunk: false
})

/** One after another, what is left without a part. Whichever fails is asked for what is shorter still, from its place on. */
function* shorter(history: History.History, from: Place): IterableIterator<fc.Value<History.History>> {
  const { commands } = history
  let { at, hasShrunk, size } = from
  while (commands.length > 0) {
    for (; at < commands.length; at += size) {
      yield new fc.Value({ ...history, commands: commands.toSpliced(at, size) }, { size, at, hasShrunk: true })
    }
    if (size === 1 && !hasShrunk) return
    size = Math.max(1, Math.floor(size / 2))
    at = 0
    hasShrunk = false
  }
}
