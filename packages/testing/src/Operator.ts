/**
 * The operator of a simulated fleet, who has articles erased: at every site, and again wherever it is not certain.
 *
 * Erasing acts on one site at once, on others by the hour (docs/storage.md). So who cannot wait asks each of them by `lupin erase`, those
 * that are down once they are back, and one that was wiped, or whose disk is damaged, once more: it may have
 * forgotten what it was told.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as Orders from "@lupin/site/Orders"
import { Effect } from "effect"
import type * as BirdEvents from "./BirdEvents.ts"
import type * as Census from "./Census.ts"
import type { Evidence } from "./Evidence.ts"
import type * as Fleet from "./Fleet.ts"

/** How long a site may take to answer, in milliseconds; one that is paused does not. */
const answerMillisMax = 10_000
/** Between two rounds that ask again, once everything has healed, and how many there are. */
const againMillis = 1_000
const roundsMax = 30

type Id = MessageId.MessageId

export class Operator {
  readonly #fleet: Fleet.Fleet
  readonly #tell: (evidence: Evidence) => void
  /** What was to be erased, with words that stand in it and nowhere else. */
  readonly #erased = new Map<Id, Census.Erased>()
  /** By site: ids of which it has said that nothing is left. */
  readonly #done = new Map<string, Set<Id>>()

  constructor(fleet: Fleet.Fleet, tell: (evidence: Evidence) => void) {
    this.#fleet = fleet
    this.#tell = tell
    fleet.observe((happening) => {
      if (happening._tag === "Fault" && happening.what._tag === "Wipe") this.forget(happening.what.site)
    })
  }

  /** A site may have lost what it was told. */
  forget(site: string): void {
    this.#done.delete(site)
  }

  /** Has an event erased at all sites that are up. */
  erase({ messageId, post }: BirdEvents.BirdEvent): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#erased.set(messageId, { id: messageId, text: textOf(post.payload) })
      return this.again
    })
  }

  /** Asks all sites that are up for what they have not done yet. */
  readonly again = Effect.suspend(() =>
    Effect.forEach(this.#due(), ([site, id]) => this.#order(site, id), { concurrency: "unbounded", discard: true })
  )

  /** Asks until all that are up have done it. */
  readonly finish = Effect.gen({ self: this }, function* () {
    for (let round = 0; round < roundsMax && this.#due().length > 0; round += 1) {
      yield* this.again
      yield* Effect.sleep(againMillis)
    }
  })

  /** What a site has erased, to be looked for there. */
  erasedAt(site: string): ReadonlyArray<Census.Erased> {
    return [...(this.#done.get(site) ?? [])].flatMap((id) => this.#erased.get(id) ?? [])
  }

  #due(): ReadonlyArray<readonly [site: string, id: Id]> {
    const up = this.#fleet.sites.filter(({ isUp }) => isUp)
    return up.flatMap(({ name }) =>
      [...this.#erased.keys()].filter((id) => this.#done.get(name)?.has(id) !== true).map((id) => [name, id] as const)
    )
  }

  readonly #order = Effect.fnUntraced(function* (this: Operator, name: string, id: Id) {
    const { world } = this.#fleet
    const site = this.#fleet.site(name)
    const generation: string = site.running?.spool.generation.id ?? ""
    const erased = { _tag: "Erased", site: name, generation, id } as const
    this.#tell({ ...erased, isDone: false, atMillis: world.nowMillis })
    const { isDone, message } = yield* site
      .call(({ spool }) => Orders.answer(spool, Effect.succeed(noReload))(`erase ${id}`))
      .pipe(
        Effect.timeout(answerMillisMax),
        Effect.orElseSucceed(() => ({ isDone: false, message: "no answer" }))
      )
    world.tell(name, "erase", message)
    if (!isDone) return
    const known = this.#done.get(name) ?? new Set()
    this.#done.set(name, known.add(id))
    this.#tell({ ...erased, isDone: true, atMillis: world.nowMillis })
  })
}

/** As its words stand in the body: its lock would not do, as a cancel that waits for it names that too. */
const textOf = (payload: unknown): string => JSON.stringify((payload as { readonly text: string }).text)

const noReload = { isDone: false, message: "there is no file to read" }
