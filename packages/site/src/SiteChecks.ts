/**
 * What every site looks at to say how well it is: its spool, its feeds, its refill, its clock.
 */
import * as Health from "@lupin/api/Health"
import * as PeerStats from "@lupin/nntp/PeerStats"
import * as Spool from "@lupin/spool/Spool"
import { Effect } from "effect"
import * as Refill from "./Refill.ts"

const list = (names: ReadonlyArray<string>): string => names.join(", ")

/** Pure: some feeds down is a degraded site, all of them a site that hears nobody. */
const judgeFeeds = (
  feeds: ReadonlyArray<
    Pick<PeerStats.PeerState, "name" | "isConnected" | "lastTrouble" | "inFlight" | "deferred" | "position" | "head">
  >
): Health.Finding => {
  const away = feeds.filter(
    ({ isConnected, lastTrouble, position, head }) => !isConnected && lastTrouble !== undefined && position < head
  )
  return away.length === 0 ? Health.ok : Health.degraded(`articles wait for ${list(away.map(({ name }) => name))}`)
}

/** Pure: a spool that stores nothing is failing, one that waits for copies of damaged articles serves the others. */
export const judgeSpool = ({ damagedRecords, refuses }: Spool.Condition): Health.Finding => {
  if (refuses !== undefined) return Health.failing(refuses)
  return damagedRecords === 0 ? Health.ok : Health.degraded(`${damagedRecords} records are damaged and not served`)
}

/** The checks, over the services of this site. */
export const make = Effect.gen(function* () {
  const spool = yield* Spool.Spool
  const stats = yield* PeerStats.PeerStats
  const refill = yield* Refill.Refill
  const checks: ReadonlyArray<Health.Check> = [
    {
      name: "spool",
      run: spool.groups.pipe(
        Effect.andThen(spool.condition),
        Effect.map(judgeSpool),
        Effect.catch(({ reason }) => Effect.succeed(Health.failing(reason)))
      )
    },
    { name: "feeds", run: Effect.map(stats.snapshot, judgeFeeds) },
    {
      name: "refill",
      run: Effect.map(refill.missing, (zones) =>
        zones.length === 0 ? Health.ok : Health.degraded(`still to be copied from ${list(zones)}`)
      )
    }
  ]
  return checks
})
