/**
 * Random lives of a server and of a cache over it, checked against what the server held at each moment.
 */
import { assert } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import type * as GroupCache from "../src/GroupCache.ts"
import * as ArticleScript from "./ArticleScript.ts"
import type * as ScriptedServer from "./ScriptedServer.ts"

const root = GroupName.GroupName.make("clientposts.trailblaze.s2.c")
const subtrees = [root, ...["a", "b", "b.c", "d"].map((suffix) => GroupName.GroupName.make(`${root}.${suffix}`))]

export type Step =
  | { readonly _tag: "Post"; readonly serial: number; readonly groups: ReadonlyArray<string> }
  | { readonly _tag: "Remove"; readonly nth: number }
  | { readonly _tag: "Wipe" }
  /** The server answers so often, and then is down until it is mended. */
  | { readonly _tag: "Break"; readonly answers: number }
  | { readonly _tag: "Mend" }
  | { readonly _tag: "Ask"; readonly subtrees: ReadonlyArray<GroupName.GroupName>; readonly staleMillisMax: number }

const group = FastCheck.constantFrom(...subtrees)

export const life: FastCheck.Arbitrary<ReadonlyArray<Step>> = FastCheck.array(
  FastCheck.oneof(
    {
      weight: 6,
      arbitrary: FastCheck.record({
        _tag: FastCheck.constant("Post" as const),
        serial: FastCheck.nat(40),
        groups: FastCheck.uniqueArray(group, { minLength: 1, maxLength: 2 })
      })
    },
    { weight: 3, arbitrary: FastCheck.record({ _tag: FastCheck.constant("Remove" as const), nth: FastCheck.nat(10) }) },
    {
      weight: 2,
      arbitrary: FastCheck.record({ _tag: FastCheck.constant("Break" as const), answers: FastCheck.nat(6) })
    },
    { weight: 2, arbitrary: FastCheck.constant({ _tag: "Mend" as const }) },
    { weight: 1, arbitrary: FastCheck.constant({ _tag: "Wipe" as const }) },
    {
      weight: 6,
      arbitrary: FastCheck.record({
        _tag: FastCheck.constant("Ask" as const),
        subtrees: FastCheck.uniqueArray(group, { minLength: 1, maxLength: 3 }),
        staleMillisMax: FastCheck.constantFrom(0, 3_000, 20_000)
      })
    }
  ),
  { maxLength: 40 }
)

type Held = ReadonlyMap<MessageId.MessageId, ReadonlyArray<GroupName.GroupName>>

/** Lives one life: a second passes before each step, so that each moment has one state. */
export const live = Effect.fnUntraced(function* (
  steps: ReadonlyArray<Step>,
  server: ScriptedServer.ScriptedServer,
  cache: GroupCache.GroupCache["Service"]
) {
  const heldAt = new Map<number, Held>()
  const goneAt = new Map<MessageId.MessageId, number>()
  let answers = Number.POSITIVE_INFINITY
  server.beforeAnswer = () =>
    Effect.sync(() => {
      answers -= 1
      server.isDown = answers < 0
    })
  for (const step of steps) {
    yield* TestClock.adjust("1 second")
    const nowMillis = yield* Clock.currentTimeMillis
    const before = [...server.held.keys()]
    switch (step._tag) {
      case "Post":
        server.post(ArticleScript.event(step.serial, { groups: step.groups, millis: step.serial % 7 }))
        break
      case "Remove":
        server.remove(...before.slice(step.nth, step.nth + 1))
        break
      case "Wipe":
        server.wipe()
        break
      case "Break":
        answers = step.answers
        break
      case "Mend":
        answers = Number.POSITIVE_INFINITY
        server.isDown = false
        break
      case "Ask":
        break
    }
    for (const id of before) if (!server.held.has(id)) goneAt.set(id, nowMillis)
    heldAt.set(nowMillis, new Map([...server.held.values()].map(({ id, groups }) => [id, groups])))
    if (step._tag === "Ask") yield* check(step, cache, heldAt, goneAt)
  }
})

/** What is shown was held when the freshness says; what was held then and is not shown has been removed since. */
const check = Effect.fnUntraced(function* (
  step: Step & { readonly _tag: "Ask" },
  cache: GroupCache.GroupCache["Service"],
  heldAt: ReadonlyMap<number, Held>,
  goneAt: ReadonlyMap<MessageId.MessageId, number>
) {
  const answer = yield* Effect.result(cache.events({ app: "trailblaze", limit: 500, ...step }))
  if (answer._tag === "Failure") return assert.strictEqual(answer.failure._tag, "CacheUnavailable")
  const { events, freshness } = answer.success
  assert.deepStrictEqual(
    freshness.map((copy) => copy.group),
    [...step.subtrees]
  )
  const expected = new Set<string>()
  const allowed = new Set<string>()
  for (const { group, scrapedAtMillis } of freshness) {
    for (const [id, groups] of heldAt.get(scrapedAtMillis) ?? []) {
      if (!groups.some((name) => GroupName.isWithin(name, group))) continue
      allowed.add(id)
      if ((goneAt.get(id) ?? 0) <= scrapedAtMillis) expected.add(id)
    }
  }
  const shown = events.map(({ messageId }) => messageId)
  assert.strictEqual(new Set(shown).size, shown.length, "an event is shown twice")
  assert.deepStrictEqual(
    shown.filter((id) => !allowed.has(id)),
    [],
    "shown, but not held at the stated time"
  )
  assert.deepStrictEqual(
    [...expected].filter((id) => !shown.includes(id as never)),
    [],
    "held, but not shown"
  )
})
