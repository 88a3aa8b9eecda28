import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as OutboxState from "@lupin/sdk/OutboxState"
import * as MessageId from "@lupin/core/MessageId"

const limits: OutboxState.Limits = {
  eventsMax: 4,
  charactersMax: 60,
  inFlightMax: 2,
  pauseMillisMin: 100,
  pauseMillisMax: 1_000,
  pops: 2
}

const refusal: OutboxState.Refusal = { type: "/problems/event-refused", status: 422, title: "refused" }

const messageIdOf = (id: string) => MessageId.MessageId.make(`<${id}@trails.client.lupin>`)

/** What may happen to an outbox; `pick` chooses among the events at hand. */
type Happening =
  | { readonly _tag: "write"; readonly payload: string }
  | { readonly _tag: "begin" }
  | {
      readonly _tag: "answer"
      readonly pick: number
      readonly what: "durable" | "accepted" | "missing" | "content" | "date" | "pop" | "lost"
    }
  | { readonly _tag: "author"; readonly pick: number; readonly what: "revive" | "renew" | "discard" }
  | { readonly _tag: "time"; readonly millis: number }
  | { readonly _tag: "connected" }
  | { readonly _tag: "restart" }

const pick = fc.nat({ max: 9 })
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ _tag: fc.constant("write" as const), payload: fc.string({ maxLength: 30 }) }) },
  { weight: 5, arbitrary: fc.constant({ _tag: "begin" as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      _tag: fc.constant("answer" as const),
      pick,
      what: fc.constantFrom("durable", "accepted", "missing", "content", "date", "pop", "lost")
    })
  },
  fc.record({ _tag: fc.constant("author" as const), pick, what: fc.constantFrom("revive", "renew", "discard") }),
  { weight: 3, arbitrary: fc.record({ _tag: fc.constant("time" as const), millis: fc.nat({ max: 2_000 }) }) },
  fc.constant({ _tag: "connected" as const }),
  fc.constant({ _tag: "restart" as const })
)

/** An outbox, its store, and what the world has seen of it. */
class World {
  state = OutboxState.empty(limits)
  nowMillis = 0
  minted = 0
  readonly stored = new Map<number, OutboxState.Kept>()
  readonly written = new Set<number>()
  readonly mayForget = new Set<number>()
  /** Ids of the events that are still held, by slot, and of all there ever were. */
  readonly sentAs = new Map<number, string>()
  readonly usedIds = new Set<string>()
  /** Slots of events that a POP may have taken under their id, and whose authors have not wanted them posted anew. */
  readonly mayBeHeld = new Set<number>()

  happen(happening: Happening): void {
    switch (happening._tag) {
      case "write":
        return this.take(
          OutboxState.Input.Written({
            draft: { app: "trails", kind: "review", payload: happening.payload },
            nowMillis: this.nowMillis
          })
        )
      case "begin": {
        const next = OutboxState.next(this.state, this.nowMillis)
        if (next._tag !== "Begin") return
        this.minted += 1
        return this.take(OutboxState.Input.Begun({ slot: next.slot, freshId: `id-${this.minted}` }))
      }
      case "answer":
        return this.answer(happening.pick, happening.what)
      case "author":
        return this.author(happening.pick, happening.what)
      case "time":
        this.nowMillis += happening.millis
        return
      case "connected":
        return this.take(OutboxState.Input.Connected({ nowMillis: this.nowMillis }))
      case "restart":
        for (const { isInFlight, slot } of this.state.entries.values()) if (isInFlight) this.mayBeHeld.add(slot)
        this.state = OutboxState.restore(limits, [...this.stored.values()])
    }
  }

  answer(pick: number, what: Extract<Happening, { _tag: "answer" }>["what"]): void {
    const flying = [...this.state.entries.values()].filter((entry) => entry.isInFlight)
    const entry = flying[pick % Math.max(1, flying.length)]
    if (entry === undefined) return
    if (what === "accepted" || what === "lost") this.mayBeHeld.add(entry.slot)
    const at = { slot: entry.slot, nowMillis: this.nowMillis, jitter: pick / 9 }
    const receipt = {
      messageId: messageIdOf(entry.id ?? "none"),
      stages: what === "durable" ? (["accepted", "durable"] as const) : (["accepted"] as const),
      heldBy: ["boi1"]
    }
    switch (what) {
      case "durable":
      case "accepted":
        if (what === "durable") this.mayForget.add(entry.slot)
        return this.take(
          entry.phase === "Writing"
            ? OutboxState.Input.Posted({ ...at, receipt })
            : OutboxState.Input.Receipted({ ...at, receipt })
        )
      case "missing":
        return this.take(OutboxState.Input.Missing(at))
      case "content":
      case "date":
      case "pop":
        return this.take(OutboxState.Input.Refused({ ...at, refusal, ground: what }))
      case "lost":
        return this.take(OutboxState.Input.Failed(at))
    }
  }

  author(pick: number, what: "revive" | "renew" | "discard"): void {
    const aside = [...this.state.entries.values()].filter((entry) => entry.phase === "SetAside")
    const slot = aside[pick % Math.max(1, aside.length)]?.slot
    if (slot === undefined) return
    const at = { slot, nowMillis: this.nowMillis }
    switch (what) {
      case "discard":
        this.mayForget.add(slot)
        return this.take(OutboxState.Input.Discarded(at))
      case "renew":
        this.mayBeHeld.delete(slot)
        return this.take(OutboxState.Input.Renewed(at))
      case "revive":
        return this.take(OutboxState.Input.Revived(at))
    }
  }

  take(input: OutboxState.Input): void {
    const before = this.state
    const { state, actions } = OutboxState.step(before, input)
    this.state = state
    for (const action of actions) this.act(action)
    if (input._tag === "Written" && state.entries.size > before.entries.size) this.written.add(before.nextSlot)
  }

  act(action: OutboxState.Action): void {
    switch (action._tag) {
      case "Keep":
        this.stored.set(action.kept.slot, action.kept)
        return
      case "Forget":
        assert.isTrue(this.mayForget.has(action.slot), "nothing is forgotten before it is durable or given up")
        this.stored.delete(action.slot)
        this.written.delete(action.slot)
        // After a restart the slot may serve another event.
        this.sentAs.delete(action.slot)
        this.mayBeHeld.delete(action.slot)
        return
      case "Post": {
        const id = action.event.id ?? ""
        assert.strictEqual(this.stored.get(action.slot)?.id, id, "an id is kept before it is sent")
        const sentAs = this.sentAs.get(action.slot)
        if (sentAs !== id) assert.isFalse(this.usedIds.has(id), "no two events share an id")
        if (this.mayBeHeld.has(action.slot))
          assert.strictEqual(sentAs, id, "an event that a POP may have taken keeps its id over all attempts")
        this.usedIds.add(id)
        this.sentAs.set(action.slot, id)
        assert.isBelow(action.pop, limits.pops)
        return
      }
      case "Ask":
      case "TurnAway":
    }
  }

  check(): void {
    const entries = [...this.state.entries.values()]
    assert.deepStrictEqual(new Set(this.state.entries.keys()), this.written, "all that was written is held")
    assert.deepStrictEqual(new Set(this.stored.keys()), this.written, "all that was written is stored")
    assert.isAtMost(entries.length, limits.eventsMax)
    const characters = entries.reduce((sum, { draft }) => sum + OutboxState.charactersOf(draft), 0)
    assert.strictEqual(this.state.characters, characters)
    assert.isAtMost(characters, limits.charactersMax)
    assert.isAtMost(entries.filter((entry) => entry.isInFlight).length, limits.inFlightMax)
    const { accepted, setAside, writing } = OutboxState.counts(entries)
    assert.strictEqual(accepted + setAside + writing, entries.length)
    assert.strictEqual(setAside, [...this.stored.values()].filter(({ refusal }) => refusal !== undefined).length)
    for (const entry of entries) {
      assert.isAtMost(entry.notBeforeMillis, this.nowMillis + limits.pauseMillisMax)
      assert.strictEqual(entry.phase === "SetAside", entry.refusal !== undefined)
      assert.strictEqual(this.stored.get(entry.slot)?.refusal, entry.refusal, "what is set aside stays so")
    }
  }
}

describe("OutboxState", () => {
  it("keeps its promises whatever happens, restarts included", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
        const world = new World()
        for (const happening of happenings) {
          world.happen(happening)
          world.check()
        }
      }),
      { numRuns: 200 }
    )
  })

  it("takes an answer for an event that is not under way as nothing", () => {
    const answers = fc.constantFrom("Posted", "Receipted", "Missing", "Refused", "Failed")
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), answers, fc.nat({ max: 6 }), (happenings, answer, slot) => {
        const world = new World()
        for (const happening of happenings) world.happen(happening)
        if (world.state.entries.get(slot)?.isInFlight === true) return
        const receipt = { messageId: messageIdOf("x"), stages: ["durable"] as const, heldBy: [] }
        const input = {
          _tag: answer,
          slot,
          receipt,
          refusal,
          ground: "content",
          nowMillis: 0,
          jitter: 0
        } as OutboxState.Input
        assert.deepStrictEqual(OutboxState.step(world.state, input), { state: world.state, actions: [] })
      })
    )
  })

  it("empties in the end, once every answer is good", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        const world = new World()
        for (const happening of happenings) world.happen(happening)
        for (let round = 0; round < 400; round++) {
          world.happen({ _tag: "time", millis: limits.pauseMillisMax })
          world.happen({ _tag: "author", pick: 0, what: "revive" })
          world.happen({ _tag: "begin" })
          world.happen({ _tag: "answer", pick: 0, what: "durable" })
        }
        assert.strictEqual(world.state.entries.size, 0)
      }),
      { numRuns: 500 }
    )
  })

  it("tries every POP before it pauses, then pauses longer each round, within bounds", () => {
    const world = new World()
    world.happen({ _tag: "write", payload: "a" })
    const pops: Array<number> = []
    const pauses: Array<number> = []
    for (let attempt = 0; attempt < 10; attempt++) {
      world.happen({ _tag: "begin" })
      pops.push(world.state.entries.get(1)?.pop ?? -1)
      world.happen({ _tag: "answer", pick: 9, what: "lost" })
      const pause = (world.state.entries.get(1)?.notBeforeMillis ?? 0) - world.nowMillis
      pauses.push(pause)
      world.happen({ _tag: "time", millis: pause })
    }
    assert.deepStrictEqual(pops, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    assert.deepStrictEqual(pauses, [0, 100, 0, 200, 0, 400, 0, 800, 0, 1000])
  })

  it("goes on at once when the network is back, and when the clock was set back", () => {
    const world = new World()
    world.happen({ _tag: "write", payload: "a" })
    for (let attempt = 0; attempt < 6; attempt++) {
      world.happen({ _tag: "time", millis: limits.pauseMillisMax })
      world.happen({ _tag: "begin" })
      world.happen({ _tag: "answer", pick: 9, what: "lost" })
    }
    assert.strictEqual(OutboxState.next(world.state, world.nowMillis)._tag, "Wait")
    assert.strictEqual(OutboxState.next(world.state, 0)._tag, "Begin")
    world.happen({ _tag: "connected" })
    assert.strictEqual(OutboxState.next(world.state, world.nowMillis)._tag, "Begin")
  })

  it("turns an author away exactly at its limits", () => {
    const draft = { app: "trails", kind: "review", payload: "x".repeat(18) }
    const written = OutboxState.Input.Written({ draft, nowMillis: 0 })
    const bounded = (charactersMax: number, eventsMax: number) => {
      let state = OutboxState.empty({ ...limits, charactersMax, eventsMax })
      let last: ReadonlyArray<OutboxState.Action> = []
      for (let count = 0; count < 3; count++) ({ state, actions: last } = OutboxState.step(state, written))
      return last
    }
    assert.strictEqual(bounded(60, 3)[0]?._tag, "Keep")
    assert.deepStrictEqual(bounded(59, 3), [OutboxState.Action.TurnAway({ limit: "charactersMax" })])
    assert.deepStrictEqual(bounded(60, 2), [OutboxState.Action.TurnAway({ limit: "eventsMax" })])
  })

  it("spreads the pauses of many phones over half of their length", () => {
    fc.assert(
      fc.property(fc.nat({ max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, jitter) => {
        const pause = OutboxState.pauseMillis(limits, attempts, jitter)
        const whole = OutboxState.pauseMillis(limits, attempts, 1)
        assert.isAtLeast(pause, Math.floor(whole / 2))
        assert.isAtMost(pause, Math.min(whole, limits.pauseMillisMax))
      })
    )
  })

  it("gives an event that was only ever refused for its date a new id, once", () => {
    const idsAfter = (...answers: ReadonlyArray<Extract<Happening, { _tag: "answer" }>["what"] | "restart">) => {
      const world = new World()
      world.happen({ _tag: "write", payload: "a" })
      for (const what of answers) {
        world.happen({ _tag: "begin" })
        world.happen(what === "restart" ? { _tag: "restart" } : { _tag: "answer", pick: 0, what })
        world.happen({ _tag: "time", millis: limits.pauseMillisMax })
      }
      world.happen({ _tag: "begin" })
      return [...world.usedIds].join()
    }
    assert.strictEqual(idsAfter("date"), "id-1,id-2")
    assert.strictEqual(idsAfter("date", "date"), "id-1,id-2")
    for (const unsure of ["lost", "accepted", "restart"] as const) assert.strictEqual(idsAfter(unsure, "date"), "id-1")
  })

  it("sets an event aside when its content is refused, its date twice, or when no POP knows its kind", () => {
    for (const [what, times] of [
      ["content", 1],
      ["pop", 2],
      ["date", 2]
    ] as const) {
      const world = new World()
      world.happen({ _tag: "write", payload: "a" })
      for (let time = 1; time <= times; time++) {
        assert.strictEqual(world.state.entries.get(1)?.phase, "Writing")
        world.happen({ _tag: "begin" })
        world.happen({ _tag: "answer", pick: 0, what })
      }
      assert.deepStrictEqual(world.state.entries.get(1)?.refusal, refusal)
      assert.strictEqual(OutboxState.next(world.state, 1e9)._tag, "Idle")
    }
  })
})
