/**
 * Which groups an event belongs to: a pure function of the event and the version of the routing rules.
 *
 * Needs the gazetteer, so it is a host's module and never a phone's.
 */
import type * as Event from "./Event.ts"
import * as Gazetteer from "./Gazetteer.ts"
import * as GeoPoint from "./GeoPoint.ts"
import * as GroupName from "./GroupName.ts"
import * as S2 from "./S2.ts"

/** The rules by which new events are routed. Older versions stay, as the ids of their events bind them. */
export const version = 1

/**
 * With a place: `clientposts.<app>.geo.<country>.<region>[.<district>]` for people, then
 * `clientposts.<app>.s2.<face>.<4 letters>` for machines. Without one: `clientposts.<app>.topic.<kind>`.
 * `undefined` for a version of the rules that is not known here.
 */
export const route = (
  event: Pick<Event.Event, "app" | "kind" | "at" | "routing">
): ReadonlyArray<GroupName.GroupName> | undefined => {
  if (event.routing !== version) return undefined
  const root = `clientposts.${event.app}`
  if (event.at === undefined) return [GroupName.GroupName.make(`${root}.topic.${event.kind}`)]
  const point = GeoPoint.normalise(event.at)
  const { country, region, district } = Gazetteer.regionOf(point)
  const names = district === undefined ? [country, region] : [country, region, district]
  return [
    GroupName.GroupName.make(`${root}.geo.${names.join(".")}`),
    GroupName.GroupName.make(`${root}.s2.${S2.groupSuffix(point)}`)
  ]
}
