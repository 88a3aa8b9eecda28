import * as Crosspost from "@lupin/core/Crosspost"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import * as GroupName from "@lupin/core/GroupName"
import * as Routing from "@lupin/core/Routing"
import * as S2 from "@lupin/core/S2"
import * as Events from "@lupin/testing/Events"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("Routing.route", () => {
  it("gives groups of the app that one article may be crossposted to", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        const groups = Routing.route(event) ?? []
        expect(groups).toHaveLength(event.at === undefined ? 1 : 2)
        expect(Crosspost.check(groups)).toBeUndefined()
        for (const group of groups) {
          expect(GroupName.parse(group)).toBe(group)
          expect(GroupName.appOf(group)).toBe(event.app)
        }
      })
    )
  })

  it("gives an event the same groups before and after it was an article", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        const read = EventArticle.read(Events.articleOf(event))
        if (EventArticle.isNotAnEvent(read)) throw new Error(read.reason)
        expect(Routing.route(read)).toEqual(Routing.route(event))
      })
    )
  })

  it("takes the place as the article will state it, not as the phone spelled it", () => {
    fc.assert(
      fc.property(Events.event, Events.geoPoint, (event, at) => {
        const made = Event.make({ ...event, at })
        expect(made && Routing.route(made)).toEqual(Routing.route({ ...event, at }))
      })
    )
  })

  it("names the leaf cell of a place", () => {
    const at = { lat: 44.1612, lon: -115.0593 }
    const groups = Routing.route({ app: "trailblaze", kind: "review", routing: 1, at })
    expect(groups?.[1]).toBe(`clientposts.trailblaze.s2.${S2.groupSuffix(at)}`)
    expect(groups?.[0]).toMatch(/^clientposts\.trailblaze\.geo\.us\.idaho(\.|$)/)
  })

  it("names the kind where there is no place", () => {
    expect(Routing.route({ app: "trailblaze", kind: "review", routing: 1 })).toEqual([
      "clientposts.trailblaze.topic.review"
    ])
  })

  it("does not guess by rules it does not know", () => {
    expect(Routing.route({ app: "trailblaze", kind: "review", routing: 2 })).toBeUndefined()
  })
})
