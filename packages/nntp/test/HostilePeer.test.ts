import * as FeedRule from "@lupin/core/FeedRule"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Fiber, Layer, Random } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as FeedVerdict from "../src/FeedVerdict.ts"
import { Network } from "../src/Network.ts"
import * as PeerFeed from "../src/PeerFeed.ts"
import { PeerStats } from "../src/PeerStats.ts"
import * as Hostile from "./hostileServer.ts"

const articles = ["1", "2", "3", "4", "5", "6", "7", "8"].map((name) => article(id(name), [group("misc.test")]))

/** A command, or an article behind it, that wants an answer. */
interface Asked {
  readonly command: "CAPABILITIES" | "MODE" | "DATE" | "CHECK" | "TAKETHIS" | "IHAVE"
  readonly id: string
  /** The second answer to IHAVE. */
  readonly isArticle: boolean
}

/** How a peer answers: `proper` by the book, the others not. `id` is the article meant. */
type Turn =
  | { readonly _tag: "Proper"; readonly delayMillis: number }
  | { readonly _tag: "Code"; readonly code: number; readonly names: "it" | "another" | "none" }
  | { readonly _tag: "Silent" }
  | { readonly _tag: "Twice" }
  | { readonly _tag: "Octets"; readonly text: string }
  | { readonly _tag: "Close" }
  | { readonly _tag: "Dribble" }

const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ _tag: fc.constant("Proper"), delayMillis: fc.constantFrom(0, 0, 0, 59_000) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      _tag: fc.constant("Code"),
      code: fc.constantFrom(238, 239, 431, 436, 438, 439, 435, 437, 235, 335, 340, 381, 400, 500, 203, 101, 200),
      names: fc.constantFrom("it", "another", "none")
    })
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ _tag: "Silent" }, { _tag: "Twice" }, { _tag: "Close" }, { _tag: "Dribble" })
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 30, unit: "binary" }).map((text): Turn => ({ _tag: "Octets", text })) }
)

const isOffer = (command: Asked["command"]): command is "CHECK" | "TAKETHIS" | "IHAVE" =>
  command === "CHECK" || command === "TAKETHIS" || command === "IHAVE"

const properCode = ({ command, isArticle }: Asked): string => {
  switch (command) {
    case "CAPABILITIES":
      return "500"
    case "MODE":
      return "203"
    case "DATE":
      return "111"
    case "CHECK":
      return "238"
    case "TAKETHIS":
      return "239"
    case "IHAVE":
      return isArticle ? "235" : "335"
  }
}

/** What a client waits for, by what it has sent, and what it makes of each answer. */
interface Ledger {
  readonly sent: (line: string) => void
  readonly said: (text: string) => void
}

/** Of one connection; `answered` is told what the peer has said for good. */
const ledger = (answered: (id: string) => void): Ledger => {
  const awaited: Array<Asked> = []
  /** Said, and not taken yet: for a command that the client has still to send, if it does so before it looks. */
  const early: Array<string> = []
  let isOutOfPlace = false
  let sending: Asked | undefined
  let offered = ""

  const take = (due: Asked, text: string): void => {
    const [, code = "", named] = /^([1-5]\d\d)(?: (<\S*>))?(?: .*)?\r\n$/.exec(text) ?? []
    if (code === "") isOutOfPlace = true
    if (isOutOfPlace || !isOffer(due.command)) return
    if (named !== undefined && named !== due.id) isOutOfPlace = true
    else if (due.command !== "IHAVE" || due.isArticle || code !== "335") {
      const isOfArticle = due.command === "IHAVE" && due.isArticle
      const verdict = FeedVerdict.of(isOfArticle ? "IHAVE with article" : due.command, Number(code))
      if (verdict === "trouble" || (verdict === "accepted" && !due.isArticle)) isOutOfPlace = true
      else if (verdict === "accepted" || verdict === "notWanted" || verdict === "refused") answered(due.id)
    }
  }
  const takeAll = (): void => {
    while (early.length > 0 && awaited.length > 0) {
      const due = awaited.shift()
      const text = early.shift()
      if (due !== undefined && text !== undefined) take(due, text)
    }
  }
  return {
    sent: (line) => {
      const [word = "", meant = ""] = line.split(" ")
      if (line === ".") {
        awaited.push(sending ?? { command: "IHAVE", id: offered, isArticle: true })
        sending = undefined
      } else if (sending === undefined) {
        if (word === "TAKETHIS") sending = { command: word, id: meant, isArticle: true }
        if (word === "IHAVE") offered = meant
        if (isAnswered(word)) awaited.push({ command: word, id: meant, isArticle: false })
      }
      takeAll()
    },
    said: (text) => {
      early.push(text)
      takeAll()
    }
  }
}

const isAnswered = (word: string): word is Exclude<Asked["command"], "TAKETHIS"> =>
  ["CAPABILITIES", "MODE", "DATE", "CHECK", "IHAVE"].includes(word)

/** One connection of a peer, which takes a turn at each answer; `answered` is told what it has said for good. */
const peer = (next: () => Turn | undefined, answered: (id: string) => void): Hostile.Behaviour => {
  const { said, sent } = ledger(answered)
  let reading: Asked | undefined
  const reply = (text: string): Hostile.Act => ({ _tag: "Say", text, said: () => said(text) })

  const answer = (due: Asked): ReadonlyArray<Hostile.Act> => {
    const how = next() ?? { _tag: "Proper", delayMillis: 0 }
    const proper = reply(`${properCode(due)} ${due.id}\r\n`)
    switch (how._tag) {
      case "Proper":
        return [{ _tag: "Wait", millis: how.delayMillis }, proper]
      case "Code": {
        const named = { it: ` ${due.id}`, another: " <8@test.example>", none: "" }[how.names]
        const lines = how.code === 101 && due.command === "CAPABILITIES" ? [Hostile.say("READER\r\n.\r\n")] : []
        return [reply(`${how.code}${named}\r\n`), ...lines]
      }
      case "Silent":
        return []
      case "Twice":
        return [proper, proper]
      case "Octets":
        return [reply(`${how.text.replaceAll(/[\r\n]/g, " ")}\r\n`)]
      case "Close":
        return [{ _tag: "Close" }]
      case "Dribble":
        return [{ _tag: "Endless", text: "2", everyMillis: 59_000 }]
    }
  }
  return {
    opening: [Hostile.say("200 hello\r\n")],
    onLine: (line) => {
      sent(line)
      if (reading !== undefined) {
        if (line !== ".") return []
        const due = reading
        reading = undefined
        return answer(due)
      }
      const [word = "", meant = ""] = line.split(" ")
      switch (word) {
        case "CAPABILITIES":
        case "MODE":
        case "DATE":
          return answer({ command: word, id: "x", isArticle: false })
        case "CHECK":
          return answer({ command: word, id: meant, isArticle: false })
        case "TAKETHIS":
          reading = { command: word, id: meant, isArticle: true }
          return []
        case "IHAVE": {
          const acts = answer({ command: word, id: meant, isArticle: false })
          if (acts.some((act) => act._tag === "Say" && act.text.startsWith("335"))) {
            reading = { command: word, id: meant, isArticle: true }
          }
          return acts
        }
        default:
          return []
      }
    }
  }
}

const world = Layer.mergeAll(Spool.layerMemory, PeerStats.layer).pipe(
  Layer.provide(SiteIdentity.layer({ name: "here", path: "here.example", kind: "central", apps: "any" }))
)

/** How long a peer may go on behaving badly before it has used up its turns. */
const minutesMax = 1_000

/** Feeds the peer until it has all, and returns what it had answered for good when its turns were over. */
const feed = async (turns: ReadonlyArray<Turn>, eager: boolean): Promise<ReadonlyArray<string>> => {
  const answered = new Set<string>()
  let inTurns: ReadonlyArray<string> = []
  let at = 0
  const next = (): Turn | undefined => {
    if (at === turns.length) inTurns = [...answered]
    return turns[at++]
  }
  const { network } = Hostile.network(() => peer(next, (of) => void answered.add(of)))
  await Effect.runPromise(
    Effect.gen(function* () {
      const spool = yield* Spool
      const stored = yield* spool.store(articles)
      const positions = stored.map((each) => (each._tag === "Filed" ? each.position : 0))
      const saved: Array<readonly [position: number, open: number]> = []
      const watched: typeof spool = {
        ...spool,
        savePosition: (follower, position) => {
          const open = articles.findIndex(({ messageId }) => !answered.has(messageId))
          saved.push([position, open < 0 ? Number.POSITIVE_INFINITY : (positions[open] ?? 0)])
          return spool.savePosition(follower, position)
        }
      }
      const fiber = yield* Effect.forkChild(
        PeerFeed.run({
          peer: { name: "far", host: "far.test", port: 119, identities: ["far.test"] },
          rule: FeedRule.everything,
          eager
        }).pipe(Effect.provideService(Spool, watched), Effect.provideService(Network, network))
      )
      // A minute at a time: what is set up in one step is waited for in the next.
      for (let minute = 0; minute < minutesMax; minute++) {
        if ((yield* spool.readPosition("feed:far")) === (yield* spool.head)) break
        yield* TestClock.adjust("1 minute")
      }
      yield* Fiber.interrupt(fiber)
      for (const [position, open] of saved) expect(position).toBeLessThan(open)
      expect(answered.size).toBe(articles.length)
      expect(yield* spool.readPosition("feed:far")).toBe(yield* spool.head)
    }).pipe(Effect.provide(Layer.provideMerge(world, TestClock.layer())), Random.withSeed("same"), Effect.scoped)
  )
  return inTurns
}

const proper: Turn = { _tag: "Proper", delayMillis: 0 }
const code = (code: number, names: "it" | "another" | "none"): Turn => ({ _tag: "Code", code, names })
/** So that articles are offered one by one: the answers to CAPABILITIES and MODE STREAM. */
const unstreamed = [proper, code(500, "none")]

describe("PeerFeed against a hostile peer", () => {
  it("never moves its position past an article without an answer, and comes to the end once the peer behaves", () =>
    fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 40 }), fc.boolean(), (turns, eager) =>
        feed(turns, eager).then(() => {})
      ),
      { numRuns: 300 }
    ))

  it("does not take an article for accepted that it has not sent", async () => {
    for (const early of [235, 239]) expect(await feed([...unstreamed, code(early, "it")], false)).toEqual([])
  })

  it("sends no article to a peer that asks for another one", async () => {
    const turns = [...unstreamed, code(335, "another"), code(438, "none")]
    expect(await feed(turns, false)).toEqual([])
  })

  it("is not misled by an answer too many before the first article", () =>
    feed([{ _tag: "Twice" }, code(235, "it"), proper, code(438, "none")], true))
})
