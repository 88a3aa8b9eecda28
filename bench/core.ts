/**
 * How long the model takes for one article, one group, one event and one place, against the plain way to do each.
 *
 * These are the steps that every article goes through at every site; the budget behind them is 24 microseconds of CPU
 * for an article that arrives and is stored.
 */
import * as Article from "@lupin/core/Article"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import * as Gazetteer from "@lupin/core/Gazetteer"
import * as GroupName from "@lupin/core/GroupName"
import * as Overview from "@lupin/core/Overview"
import * as Place from "@lupin/core/Place"
import * as S2 from "@lupin/core/S2"
import * as Wildmat from "@lupin/core/Wildmat"
import type * as Report from "./Report.ts"
import * as Samples from "./Samples.ts"

const rounds = 5

/** Measures the model in this process; takes about ten seconds. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const measures: Array<Report.Measure> = []
  for (const own of cases()) {
    const { peer } = own
    const samples = await Samples.alternate(
      rounds,
      () => Samples.nanosPerCall(own.ours),
      peer === undefined ? undefined : () => Samples.nanosPerCall(peer.operation)
    )
    measures.push({
      bench: "core",
      metric: own.metric,
      unit: "ns",
      ours: samples.ours,
      ...(peer === undefined ? {} : { peer: { name: peer.name, samples: samples.peer } }),
      ...(own.goal === undefined ? {} : { goal: own.goal })
    })
  }
  return measures
}

interface Case {
  readonly metric: string
  readonly ours: (index: number) => unknown
  readonly peer?: { readonly name: string; readonly operation: (index: number) => unknown }
  readonly goal?: Report.Goal
}

const nanosAtMost = (bound: number): Report.Goal => ({ of: "ours", is: "at most", bound })

const cases = (): ReadonlyArray<Case> => {
  const event = review("x".repeat(600))
  const groups = ["clientposts.trailblaze.geo.us.idaho.custer", "clientposts.trailblaze.s2.c.f.k.a.e"].map(groupName)
  const octets = EventArticle.toProto(event, { groups, from: "hiker <hiker@trailblaze.invalid>" })
  const relayed = Article.make(
    [["Path", "h1.boi.pop.lupin!.POSTED!not-for-mail"], ...splitFields(octets)],
    bodyOf(octets)
  )
  const article = Article.read(relayed)
  if (Article.isMalformed(article)) throw new Error(article.reason)
  const names = Array.from({ length: 256 }, (_, index) =>
    groupName(`clientposts.app${index % 7}.geo.us.region${index % 50}.district${index}`)
  )
  const wildmat = Wildmat.compile("clientposts.*,!clientposts.app3.*,!*.district1*,digests.trailblaze.*")
  if (wildmat === undefined) throw new Error("the wildmat does not compile")
  const expressions = wildmatExpressions(wildmat.text)
  const trail = { lat: 44.1612, lon: -115.0593 }
  const nearby = Place.circle(trail, 25_000)
  return [
    {
      metric: "Article.read, 1 kB",
      ours: () => Article.read(relayed),
      peer: { name: "split into lines and a Map", operation: () => splitRead(relayed) },
      goal: nanosAtMost(7000)
    },
    { metric: "Overview.line, 1 kB", ours: (index) => Overview.line(index, article, "h1 a.b:1") },
    {
      metric: "Wildmat.matches, 4 patterns",
      ours: (index) => Wildmat.matches(wildmat, names[index & 255] ?? ""),
      peer: { name: "RegExp", operation: (index) => expressionsMatch(expressions, names[index & 255] ?? "") }
    },
    {
      metric: "Event.messageId, 600 octets of payload",
      ours: () => Event.messageId(event),
      peer: { name: "JSON.stringify alone", operation: () => JSON.stringify(event) }
    },
    { metric: "EventArticle.fault, hash and dates", ours: () => EventArticle.fault(article) },
    { metric: "S2.groupSuffix", ours: (index) => S2.groupSuffix({ lat: trail.lat + index * 1e-9, lon: trail.lon }) },
    {
      metric: "Gazetteer.regionOf",
      ours: (index) => Gazetteer.regionOf({ lat: trail.lat + index * 1e-9, lon: trail.lon })
    },
    { metric: "Place.cover, 25 km", ours: () => Place.cover(nearby) }
  ]
}

const groupName = (text: string): GroupName.GroupName => {
  const name = GroupName.parse(text)
  if (name === undefined) throw new Error(`${text} is no group`)
  return name
}

const review = (text: string): Event.Event => {
  const event = Event.make({
    app: "trailblaze",
    kind: "review",
    version: 2,
    id: "01939f2e-0000-7000-8000-000000000001",
    at: { lat: 44.1612, lon: -115.0593, uncertainty: 30 },
    payload: { trail: "sawtooth-lake", rating: 5, text },
    routing: 1
  })
  if (event === undefined) throw new Error("the event is not well formed")
  return event
}

const textOf = (octets: Uint8Array): string => new TextDecoder().decode(octets)

const splitFields = (octets: Uint8Array): ReadonlyArray<readonly [string, string]> =>
  (textOf(octets).split("\r\n\r\n")[0] ?? "").split("\r\n").map((line) => {
    const colon = line.indexOf(": ")
    return [line.slice(0, colon), line.slice(colon + 2)] as const
  })

const bodyOf = (octets: Uint8Array): string => textOf(octets).split("\r\n\r\n").slice(1).join("\r\n\r\n")

const splitRead = (octets: Uint8Array): ReadonlyMap<string, string> => {
  const fields = new Map(splitFields(octets).map(([name, content]) => [name.toLowerCase(), content] as const))
  fields.set("groups", (fields.get("newsgroups") ?? "").split(",").join(" "))
  return fields
}

type Expressions = ReadonlyArray<{ readonly isWanted: boolean; readonly expression: RegExp }>

const wildmatExpressions = (text: string): Expressions =>
  text.split(",").map((part) => ({
    isWanted: !part.startsWith("!"),
    expression: new RegExp(`^${part.replace("!", "").replaceAll(".", "\\.").replaceAll("*", ".*")}$`)
  }))

const expressionsMatch = (expressions: Expressions, group: string): boolean =>
  expressions.findLast(({ expression }) => expression.test(group))?.isWanted ?? false
