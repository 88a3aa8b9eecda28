/**
 * Remembers which events totals have to count, from looks at the sites of a simulated fleet: what has expired counts on.
 *
 * An event that nobody held when its day was closed is left out, if its key had a partial of that day by then.
 */
import type * as App from "@lupin/core/App"
import type * as Article from "@lupin/core/Article"
import * as DayPartial from "@lupin/core/DayPartial"
import * as Digestion from "@lupin/core/Digestion"
import type * as MessageId from "@lupin/core/MessageId"
import * as Calendar from "@lupin/digest/Calendar"
import * as EventInput from "@lupin/digest/EventInput"
import type * as Evidence from "../Evidence.ts"
import type * as Census from "../Census.ts"

/** An event as one digestion counts it. */
export interface Input {
  readonly digestion: Digestion.Digestion
  readonly key: string
  /** The slot of the partial of its day. */
  readonly slot: string
  readonly day: number
  readonly input: Digestion.Input
}

export class Counted {
  readonly #apps: ReadonlyArray<App.App>
  readonly #calendar: Calendar.Calendar
  readonly #known = new Map<MessageId.MessageId, Article.Article>()
  readonly #partials = new Set<string>()
  /** Slots and ids of events that came after the deadline. */
  readonly #leftOut = new Set<string>()

  constructor(apps: ReadonlyArray<App.App>, calendar: Calendar.Calendar) {
    this.#apps = apps
    this.#calendar = calendar
  }

  see({ atMillis, sites }: Evidence.Looked): void {
    const found = sites.flatMap(({ articles = [] }) => [...articles]).filter(([id]) => !this.#known.has(id))
    for (const [id, article] of found) {
      this.#known.set(id, article)
      for (const { day, slot } of this.inputsOf(article)) {
        if (atMillis > Calendar.deadlineMillis(this.#calendar, day) && this.#partials.has(slot))
          this.#leftOut.add(`${slot} ${id}`)
      }
    }
    for (const [, article] of found) {
      const slot = DayPartial.slot(article)
      if (slot !== undefined) this.#partials.add(slot.key)
    }
  }

  /** What counts in the end although nobody holds it any more: it expired, and nobody removed it before. */
  expired(sites: ReadonlyArray<Census.Look>): ReadonlyArray<Article.Article> {
    return [...this.#known].flatMap(([id, article]) => {
      const why = sites.map(({ removed }) => removed.get(id))
      const hasExpired = why.includes("expired") && !why.includes("cancelled")
      return hasExpired && !sites.some(({ held }) => held.has(id)) ? [article] : []
    })
  }

  /** What an article is to digestions; nothing of what is no event, or was left out. */
  inputsOf(article: Article.Article): ReadonlyArray<Input> {
    const read = EventInput.read(this.#apps, article)
    if (read === undefined || "_tag" in read) return []
    const { app, input } = read
    const day = Calendar.dayOf(this.#calendar, input.injectedMillis)
    return app.digestions.flatMap((digestion) => {
      const key = Digestion.keyOf(digestion, input)
      if (key === undefined) return []
      const slot = DayPartial.slotKey({ app: digestion.app, name: digestion.name, key, dayMillis: day })
      return this.#leftOut.has(`${slot} ${input.messageId}`) ? [] : [{ digestion, key, slot, day, input }]
    })
  }
}
