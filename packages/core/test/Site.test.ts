import * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as Site from "@lupin/core/Site"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const generation: Site.Generation = { id: "a".repeat(26), startedMillis: 0, numberBase: 60_000_000 }
const fresh = Site.empty(generation)

const id = (text: string) => MessageId.MessageId.make(`<${text}@example>`)
const group = (text: string) => GroupName.GroupName.make(text)
const file = (
  name: string,
  groups: ReadonlyArray<string>,
  slot?: Site.Slot
): Extract<Site.Command, { _tag: "File" }> => ({
  _tag: "File",
  id: id(name),
  groups: groups.map(group),
  atMillis: 1,
  ...(slot === undefined ? {} : { slot })
})
const cancel = (name: string): Site.Command => ({ _tag: "Cancel", target: id(name), atMillis: 2 })
const refuse = (name: string): Site.Command => ({ _tag: "Refuse", id: id(name), atMillis: 3 })
const expire = (name: string): Site.Command => ({ _tag: "Expire", id: id(name), atMillis: 3 })

const runAll = (commands: ReadonlyArray<Site.Command>, site = fresh): Site.Site => commands.reduce(Site.run, site)

/** All sites on the way, with the events of each step. */
const steps = (commands: ReadonlyArray<Site.Command>, from = fresh) => {
  let site = from
  return commands.map((command) => {
    const before = site
    const events = Site.decide(before, command)
    site = events.reduce(Site.evolve, before)
    return { before, command, events, after: site }
  })
}

const holding = (site: Site.Site, names: ReadonlyArray<string>) => names.map((name) => Site.status(site, id(name)))

const isFiled = (event: Site.Event): event is Site.Filed => event._tag === "Filed"

describe("Site", () => {
  it("gives positions one after the other, from 1", () => {
    fc.assert(
      fc.property(Netnews.siteCommands, (commands) => {
        const positions = steps(commands).flatMap(({ events }) => events.map((event) => event.position))
        expect(positions).toEqual(positions.map((_, index) => index + 1))
        expect(runAll(commands).position).toBe(positions.length)
      })
    )
  })

  it("remembers an id that was refused until history forgets it, and refuses nothing that it knows", () => {
    const site = runAll([refuse("a"), file("a", ["misc.a"]), file("b", ["misc.a"]), refuse("b"), refuse("a")])
    expect(holding(site, ["a", "b"])).toEqual(["removed", "held"])
    expect(site.position).toBe(2)
    const later = runAll([{ _tag: "Forget", beforeMillis: 4, atMillis: 5 }, file("a", ["misc.a"])], site)
    expect(holding(later, ["a"])).toEqual(["held"])
  })

  it("never gives a number twice in a group, and only higher ones", () => {
    fc.assert(
      fc.property(Netnews.siteCommands, (commands) => {
        const latest = new Map<string, number>()
        const filed = steps(commands).flatMap(({ events }) => events.filter(isFiled))
        for (const [name, number] of filed.flatMap((event) => event.numbers)) {
          expect(number).toBe((latest.get(name) ?? generation.numberBase) + 1)
          latest.set(name, number)
        }
      })
    )
  })

  it("files an id once, and only if it was unknown", () => {
    fc.assert(
      fc.property(Netnews.siteCommands, (commands) => {
        const filed = steps(commands).flatMap(({ events }) => events.filter(isFiled).map((event) => event.id))
        expect(new Set(filed).size).toBe(filed.length)
        for (const { before, command, events } of steps(commands)) {
          if (command._tag !== "File") continue
          expect(events.some(isFiled)).toBe(Site.outcome(before, command) === "filed")
          if (Site.status(before, command.id) !== "unknown") expect(events).toEqual([])
        }
      })
    )
  })

  it("never holds again what it has removed, nor what was cancelled before it came", () => {
    fc.assert(
      fc.property(Netnews.siteCommands, (commands) => {
        const removed = new Set<MessageId.MessageId>()
        for (const { after, command, events } of steps(commands)) {
          if (command._tag === "Cancel") removed.add(command.target)
          for (const event of events) {
            if (event._tag === "Cancelled" || event._tag === "Superseded" || event._tag === "Expired")
              removed.add(event.id)
          }
          for (const gone of removed) expect(Site.status(after, gone)).toBe("removed")
        }
      })
    )
  })

  it("files a crosspost in all its groups, each once, or where their status leads", () => {
    fc.assert(
      fc.property(Netnews.siteCommands, (commands) => {
        for (const { after, before, command, events } of steps(commands)) {
          const filed = events.find(isFiled)
          if (command._tag !== "File" || filed === undefined) continue
          const leads = { y: undefined, n: undefined, m: undefined, x: [], j: ["junk"], "=misc.test": ["misc.test"] }
          const takers = command.groups.flatMap((name) => {
            const status = Site.group(before, name)?.status ?? "y"
            return leads[status as keyof typeof leads] ?? [name]
          })
          expect(filed.numbers.map(([name]) => name)).toEqual([...new Set(takers)])
          const held = Site.status(after, command.id) === "held" ? command.id : undefined
          for (const [name, number] of filed.numbers) expect(Site.at(after, name, number)).toBe(held)
        }
      })
    )
  })

  it("leaves a full group out, and files nothing where all are full", () => {
    const site = Site.empty({ ...generation, numberBase: Limits.articleNumberMax - 1 })
    const once = Site.run(site, file("1", ["a"]))
    expect(Site.high(once, group("a"))).toBe(Limits.articleNumberMax)
    expect(Site.decide(once, file("2", ["a", "b"]))).toMatchObject([
      { _tag: "Filed", numbers: [["b", Limits.articleNumberMax]] }
    ])
    expect(Site.outcome(once, file("2", ["a"]))).toBe("full")
    expect(Site.decide(once, file("2", ["a"]))).toEqual([])
  })

  it("begins no more groups of an app than there may be, and files in those that are known all the same", () => {
    const apps = ["clientposts.birds", "clientposts.chess"]
    const names = apps.flatMap((app) => ["a", "b", "c"].map((last) => `${app}.${last}`)).concat("misc.a", "misc.b")
    const groups = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 4 })
    const files = fc.array(groups, { maxLength: 12 }).map((all) => all.map((groups, at) => file(`${at}`, groups)))
    const appOf = (name: string) => name.split(".").slice(0, -1).join(".")
    fc.assert(
      fc.property(files, fc.integer({ min: 0, max: 3 }), (commands, appGroupsMax) => {
        for (const { after, before, command, events } of steps(commands, Site.empty(generation, appGroupsMax))) {
          if (command._tag !== "File") continue
          const known = new Set<string>(Site.groups(before).map(({ name }) => name))
          for (const name of command.groups) {
            const beside = [...known].filter((other) => appOf(other) === appOf(name))
            if (beside.length < appGroupsMax) known.add(name)
          }
          const taking = command.groups.filter((name) => known.has(name))
          expect(Site.outcome(before, command)).toBe(taking.length > 0 ? "filed" : "full")
          expect(events.flatMap((event) => (isFiled(event) ? event.numbers.map(([name]) => name) : []))).toEqual(taking)
          expect(new Set(Site.groups(after).map(({ name }) => name))).toEqual(known)
        }
      })
    )
  })

  it("counts a group that was removed, and adds whatever an operator says", () => {
    const site = Site.empty(generation, 1)
    const remove: Site.Command = { _tag: "RemoveGroup", group: group("misc.a"), atMillis: 2 }
    const removed = runAll([file("1", ["misc.a"]), remove], site)
    expect(Site.outcome(removed, file("2", ["misc.b"]))).toBe("full")
    expect(Site.outcome(removed, file("2", ["misc.a"]))).toBe("filed")
    const added = Site.run(removed, { _tag: "AddGroup", group: group("misc.b"), status: "y", atMillis: 3 })
    expect(Site.outcome(added, file("2", ["misc.b"]))).toBe("filed")
  })

  it("keeps water marks that agree with what is held and never go back", () => {
    fc.assert(
      fc.property(Netnews.siteCommands, (commands) => {
        for (const { after, before } of steps(commands)) {
          for (const { count, high, low, name } of Site.groups(after)) {
            expect(high).toBeGreaterThanOrEqual(Site.high(before, name))
            expect(low).toBeGreaterThanOrEqual(Site.low(before, name))
            const numbers = Array.from({ length: high - low + 1 }, (_, index) => low + index)
            const held = numbers.filter((number) => Site.at(after, name, number) !== undefined)
            expect(held.length).toBe(count)
            expect(low).toBe(held[0] ?? high + 1)
          }
        }
      })
    )
  })

  it("holds of a slot only the highest, whatever the order", () => {
    const ranked = fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[a-z]{1,3}$/),
        key: fc.constantFrom("k", "l"),
        rank: fc.constantFrom("1", "2", "3")
      }),
      { selector: ({ name }) => name, minLength: 1, maxLength: 8 }
    )
    const withOrder = ranked.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))
    )
    fc.assert(
      fc.property(withOrder, ([all, shuffled]) => {
        const held = (entries: typeof all) =>
          Site.held(runAll(entries.map(({ key, name, rank }) => file(name, ["digests.x"], { key, rank })))).toSorted()
        expect(held(shuffled)).toEqual(held(all))
        const best = (key: string) =>
          all
            .filter((entry) => entry.key === key)
            .map(({ name, rank }) => `${rank} ${id(name)}`)
            .toSorted()
            .slice(-1)
        const expected = [...best("k"), ...best("l")].map((text) => text.slice(2))
        expect(held(all)).toEqual(expected.toSorted())
      })
    )
  })

  it("supersedes the lower of a slot at once, in the same step", () => {
    const site = Site.run(fresh, file("b", ["x"], { key: "k", rank: "2" }))
    const higher = Site.decide(site, file("c", ["x"], { key: "k", rank: "3" }))
    expect(higher).toMatchObject([{ _tag: "Filed" }, { _tag: "Superseded", id: id("b"), by: id("c") }])
    const lower = Site.decide(site, file("a", ["x"], { key: "k", rank: "1" }))
    expect(lower).toMatchObject([{ _tag: "Filed" }, { _tag: "Superseded", id: id("a"), by: id("b") }])
  })

  it("lets no lower one into a slot after its highest has expired", () => {
    const site = runAll([
      file("b", ["x"], { key: "k", rank: "2" }),
      expire("b"),
      file("a", ["x"], { key: "k", rank: "1" })
    ])
    expect(Site.held(site)).toEqual([])
  })

  it("comes to the same articles whatever the order in which they and their cancels arrive", () => {
    const names = ["1", "2", "3", "4", "5", "6"]
    const filing = fc.record({
      owners: fc.subarray(["a", "b"]),
      claim: fc.option(
        fc.record({
          target: fc.constantFrom(...names).map(id),
          why: fc.constantFrom("cancelled" as const, "superseded" as const),
          opens: fc.subarray(["a", "b"])
        }),
        { nil: undefined }
      )
    })
    const arrivals = fc.tuple(...names.map(() => filing)).chain((filings) => {
      const commands = filings.map(({ claim, owners }, at) => ({
        ...file(names[at] ?? "", ["x"]),
        owners,
        ...(claim === undefined ? {} : { claim })
      }))
      return fc.tuple(fc.constant(commands), fc.shuffledSubarray(commands, { minLength: commands.length }))
    })
    fc.assert(
      fc.property(arrivals, ([commands, shuffled]) => {
        const statuses = holding(runAll(commands), names)
        expect(holding(runAll(shuffled), names)).toEqual(statuses)
        const claims = commands.flatMap(({ claim, id: by }) => (claim === undefined ? [] : [{ ...claim, by }]))
        expect(statuses).toEqual(
          commands.map(({ id: target, owners }) =>
            claims.some(
              (claim) =>
                claim.target === target && claim.by !== target && claim.opens.some((mark) => owners.includes(mark))
            )
              ? "removed"
              : "held"
          )
        )
      }),
      { numRuns: 500 }
    )
  })

  it("lets no claim act that has no mark of an owner, early or late", () => {
    const claim = { target: id("1"), why: "cancelled", opens: ["other"] } as const
    const cancelling = { ...file("2", ["x"]), claim }
    for (const owners of [[], ["mine"]]) {
      const target = { ...file("1", ["x"]), owners }
      for (const order of [
        [target, cancelling],
        [cancelling, target]
      ]) {
        expect(holding(runAll(order), ["1", "2"])).toEqual(["held", "held"])
      }
    }
  })

  it("says why an article goes, and by whom", () => {
    const owned = { ...file("1", ["x"]), owners: ["mine"] }
    const claim = { target: id("1"), why: "superseded", opens: ["mine"] } as const
    const next = { ...file("2", ["x"]), claim }
    expect(Site.decide(Site.run(fresh, owned), next)).toMatchObject([
      { _tag: "Filed", position: 2 },
      { _tag: "Superseded", id: id("1"), by: id("2"), position: 3 }
    ])
    const waiting = Site.run(fresh, next)
    expect(Site.decide(fresh, next)).toMatchObject([
      { _tag: "Filed", position: 1 },
      { _tag: "Claimed", by: id("2"), position: 2 }
    ])
    expect(Site.decide(waiting, owned)).toMatchObject([{ _tag: "Superseded", id: id("1"), by: id("2"), position: 3 }])
    expect(Site.outcome(waiting, owned)).toBe("removed")
  })

  it("lets an early claim wait as long as history, and not longer", () => {
    const claim = { target: id("1"), why: "cancelled", opens: ["mine"] } as const
    const waiting = Site.run(fresh, { ...file("2", ["x"]), claim })
    const owned = (atMillis: number) => ({ ...file("1", ["x"]), owners: ["mine"], atMillis })
    expect(Site.outcome(waiting, owned(1 + Limits.historyMillis))).toBe("removed")
    expect(Site.outcome(waiting, owned(2 + Limits.historyMillis))).toBe("filed")
  })

  it("takes into a moderated group only what is approved", () => {
    const moderated = Site.run(fresh, { _tag: "AddGroup", group: group("m"), status: "m", atMillis: 1 })
    expect(Site.outcome(moderated, file("1", ["x", "m"]))).toBe("unapproved")
    expect(Site.decide(moderated, file("1", ["x", "m"]))).toEqual([])
    expect(Site.outcome(moderated, { ...file("1", ["x", "m"]), isApproved: true })).toBe("filed")
    expect(Site.outcome(moderated, file("1", ["x"]))).toBe("filed")
  })

  it("changes nothing when a command is given again", () => {
    fc.assert(
      fc.property(Netnews.siteCommands, Netnews.siteCommand, (commands, command) => {
        const site = Site.run(runAll(commands), command)
        expect(Site.decide(site, command)).toEqual([])
      })
    )
  })

  it("tells beforehand what filing would come to", () => {
    fc.assert(
      fc.property(Netnews.siteCommands, (commands) => {
        for (const { before, command, events } of steps(commands)) {
          const isExpected = command._tag === "File" && Site.outcome(before, command) === "filed"
          expect(events.some(isFiled)).toBe(isExpected)
        }
      })
    )
  })

  it("goes on with the numbers of a group that was removed and comes back", () => {
    const removed = runAll([file("1", ["a"]), { _tag: "RemoveGroup", group: group("a"), atMillis: 5 }])
    expect(Site.group(removed, group("a"))).toBeUndefined()
    expect(Site.status(removed, id("1"))).toBe("held")
    const back = runAll([file("2", ["a"]), cancel("1")], removed)
    const base = generation.numberBase
    expect(Site.group(back, group("a"))).toMatchObject({ low: base + 2, high: base + 2, count: 1 })
  })

  it("does not change what it was given", () => {
    const site = Site.run(fresh, file("1", ["a"]))
    const numbers = Site.numbers(site, id("1"))
    runAll([cancel("1"), file("2", ["a"])], site)
    expect(Site.status(site, id("1"))).toBe("held")
    expect(Site.numbers(site, id("1"))).toEqual(numbers)
    expect(Site.groups(site)).toHaveLength(1)
  })
})
