/**
 * What a person sees once the fleet runs: the sites and a few lines to try.
 */
import type * as FleetFile from "./FleetFile.ts"
import * as Table from "./Table.ts"

/** The sites, a row each. */
export const table = (sites: ReadonlyArray<FleetFile.Site>): string =>
  Table.format([
    ["site", "kind", "where", "pid", "nntp", "json", "meta"],
    ...sites.map((site) => [
      site.name,
      site.kind,
      site.pop ?? site.zone ?? "",
      site.pid === undefined ? "stopped" : String(site.pid),
      site.nntp,
      site.json ?? "-",
      site.meta
    ])
  ])

/** A few requests for the shell: the way of an event of the example app, where that is what runs, and what every fleet answers. */
export const trials = (sites: ReadonlyArray<FleetFile.Site>, isExample: boolean): string => {
  const [near, , far] = sites.filter(({ kind }) => kind === "pop")
  if (near?.json === undefined || far?.json === undefined) return ""
  const post = `'{"at":{"lat":47.4279,"lon":-121.4137},"payload":{"trail":"snow-lake","name":"Snow Lake","rating":5,"text":"Still ice on it"}}'`
  const example = [
    `# post a review at ${near.name}`,
    `curl -s http://${near.json}/v1/apps/trailblaze/events/review -H 'content-type: application/json' -d ${post}`,
    `# find it at ${far.name}, on the other side of the fleet`,
    `curl -s 'http://${far.json}/v1/apps/trailblaze/events?kind=review&near=47.43,-121.41&radius=25km&limit=3'`,
    `# the digest of all its reviews`,
    `curl -s http://${far.json}/v1/apps/trailblaze/digests/trail-ratings/snow-lake`
  ]
  return [
    ...(isExample ? example : []),
    `# the interface, for people and for programs: http://${near.json}/docs  http://${near.json}/openapi.json`,
    `# how a site feels`,
    `curl -s http://${near.meta}/health`
  ].join("\n")
}
