/**
 * When each site of a simulated fleet filed each article: by Message-ID, then by site, the first one first.
 */
import type * as Fleet from "@lupin/testing/Fleet"

export type Arrivals = ReadonlyMap<string, ReadonlyMap<string, number>>

/** Grows as the fleet goes on from here. */
export const watch = (fleet: Fleet.Fleet): Arrivals => {
  const arrivals = new Map<string, Map<string, number>>()
  fleet.observe((happening) => {
    if (happening._tag !== "Stored") return
    for (const { id, stored } of happening.articles) {
      if (stored._tag !== "Filed") continue
      const at = arrivals.get(id) ?? new Map<string, number>()
      arrivals.set(id, at.set(happening.site, happening.atMillis))
    }
  })
  return arrivals
}
