import { assert, it } from "@effect/vitest"
import * as Reconciliation from "@lupin/core/Reconciliation"
import * as Frame from "@lupin/core/ReconciliationFrame"
import { Inquiry } from "@lupin/core/ReconciliationInquiry"
import * as Tree from "@lupin/core/ReconciliationTree"
import * as Sha256 from "@lupin/core/Sha256"
import * as Wildmat from "@lupin/core/Wildmat"
import { Effect, Layer } from "effect"
import * as Access from "../src/Access.ts"
import * as AccessControl from "../src/AccessControl.ts"
import * as Capabilities from "../src/Capabilities.ts"
import type { NntpRefused } from "../src/NntpError.ts"
import * as NntpReader from "../src/NntpReader.ts"
import { NntpServer } from "../src/NntpServer.ts"
import * as ReconcileClient from "../src/ReconcileClient.ts"
import { Reconciler } from "../src/Reconciler.ts"
import * as site from "./site.ts"
import { dial } from "./wire.ts"

const from = 1_699_999_200
const of = { wildmat: Wildmat.everything, window: { from, until: from + 7_200 } }
const idOf = (name: number): string => `<${name}@x.test>`

const treeOf = (names: Iterable<number>): Tree.ReconciliationTree => {
  const tree = new Tree.ReconciliationTree()
  for (const name of names) tree.set(Tree.key(from + (name % 7_200), Sha256.hashText(idOf(name))), "live", name)
  return tree
}

const range = (low: number, high: number): ReadonlyArray<number> =>
  Array.from({ length: high - low }, (_, at) => low + at)

/** A site that knows of these, and no more of what was before the second `since`. */
const reconciler = (tree: Tree.ReconciliationTree, since = 0) =>
  Layer.succeed(Reconciler, {
    answer: ({ frame, of: { window } }) =>
      Effect.sync(() => {
        if (window.from < since) return { _tag: "Since", from: since }
        const asked = Frame.decodeQuestions(frame, window)
        if (asked === undefined) return { _tag: "Malformed" }
        const drafts = Reconciliation.answers(tree, asked.questions)
        const describe: Frame.Describe = ({ ref }) => ({ id: idOf(ref), heat: 0 })
        const octets = Frame.encodeAnswers(asked.questions, drafts, describe, window, Reconciliation.frameBytesMax)
        return { _tag: "Frame", octets }
      })
  })

const server = (tree: Tree.ReconciliationTree, rules: Access.Rules = Access.open, since = 0) =>
  site
    .layer("alpha")
    .pipe(
      Layer.provide(reconciler(tree, since)),
      Layer.provide(Layer.succeed(AccessControl.AccessControl, { current: () => ({ rules, peers: [] }) }))
    )

const reader = Effect.flatMap(NntpServer, ({ address }) => NntpReader.connect(address))

it.live("carries an inquiry of many frames over a connection, octets of any kind in them", () =>
  Effect.gen(function* () {
    const { capabilities, client } = yield* reader
    assert.isTrue(Capabilities.has(yield* capabilities, "XRECONCILE"))
    const inquiry = new Inquiry(treeOf(range(3_000, 12_000)), of.window, 2_000)
    const cost = yield* ReconcileClient.run(client, of, inquiry)
    assert.isUndefined(inquiry.trouble)
    assert.isTrue(inquiry.isComplete)
    assert.strictEqual(inquiry.found.there.length, 3_000)
    assert.strictEqual(inquiry.found.hereCount, 2_000)
    assert.isAbove(cost.octetsReceived, 3_000 * 20)
  }).pipe(Effect.scoped, Effect.provide(server(treeOf(range(0, 10_000)))))
)

it.live("takes one round trip and two hundred octets to tell that nothing differs", () =>
  Effect.gen(function* () {
    const { client } = yield* reader
    const inquiry = new Inquiry(treeOf(range(0, 10_000)), of.window)
    const { octetsReceived, octetsSent, roundTrips } = yield* ReconcileClient.run(client, of, inquiry)
    assert.isTrue(inquiry.isEqual)
    assert.strictEqual(roundTrips, 1)
    assert.isBelow(octetsReceived + octetsSent, 200)
  }).pipe(Effect.scoped, Effect.provide(server(treeOf(range(0, 10_000)))))
)

it.live("says from when on history can be compared", () =>
  Effect.gen(function* () {
    const { client } = yield* reader
    const { since } = yield* ReconcileClient.run(client, of, new Inquiry(treeOf([1]), of.window))
    assert.strictEqual(since, from + 3_600)
  }).pipe(Effect.scoped, Effect.provide(server(treeOf([]), Access.open, from + 3_600)))
)

it.live("answers whatever comes behind the command, and stays in step", () =>
  Effect.gen(function* () {
    const wire = yield* dial
    yield* wire.line
    const line = `XRECONCILE * ${from} ${from + 60}`
    const big = "x".repeat(Reconciliation.frameBytesMax + 10)
    const cases: ReadonlyArray<readonly [string, string, string]> = [
      [line, "nonsense\r\n", "501"],
      [line, "", "501"],
      [line, `${big}\r\n`, "501"],
      ["XRECONCILE", "QUIT\r\n", "501"],
      [`XRECONCILE * ${from + 1} ${from + 60}`, "QUIT\r\n", "501"],
      [`XRECONCILE * ${from}\u0000 9`, "QUIT\r\n", "501"],
      [`XRECONCILE ${"a".repeat(2_000)}`, "QUIT\r\n", "501"],
      [line, "\u0001\u0000\r\n", "290"]
    ]
    for (const [command, block, code] of cases) {
      yield* wire.send(`${command}\r\n${block}.\r\nDATE\r\n`)
      assert.strictEqual((yield* wire.line).slice(0, 3), code, command)
      if (code === "290") assert.deepStrictEqual(yield* wire.block, ["\u0001"])
      assert.strictEqual((yield* wire.line).slice(0, 3), "111", command)
    }
  }).pipe(Effect.scoped, Effect.provide(server(treeOf([]))))
)

const granted = (grants: Partial<Access.Grants>): Access.Rules => [
  { ...Access.nothing, read: Wildmat.everything, ...grants }
]
const refusal = Effect.gen(function* () {
  const { capabilities, client } = yield* reader
  const isOffered = Capabilities.has(yield* capabilities, "XRECONCILE")
  const trouble = yield* Effect.flip(ReconcileClient.run(client, of, new Inquiry(treeOf([1]), of.window)))
  assert.isTrue(client.isOpen())
  return [isOffered, (trouble as NntpRefused).code] as const
}).pipe(Effect.scoped)

it.live("is for those alone who may feed, and only over groups they may read", () =>
  Effect.gen(function* () {
    const fed = Wildmat.everything
    const some = Wildmat.compile("misc.*") ?? Wildmat.nothing
    assert.deepStrictEqual(yield* Effect.provide(refusal, server(treeOf([2]), granted({}))), [false, 502])
    assert.deepStrictEqual(yield* Effect.provide(refusal, server(treeOf([2]), granted({ feed: fed, read: some }))), [
      true,
      502
    ])
    assert.deepStrictEqual(yield* Effect.provide(refusal, site.layer("alpha")), [false, 503])
    const named = Effect.gen(function* () {
      const { client } = yield* reader
      const inquiry = new Inquiry(treeOf([2]), of.window)
      yield* ReconcileClient.run(client, { ...of, wildmat: some }, inquiry)
      return inquiry.isEqual
    }).pipe(Effect.scoped)
    assert.isTrue(yield* Effect.provide(named, server(treeOf([2]), granted({ feed: fed, read: some }))))
  })
)

it.live("invites a server to ask in its turn by a frame without questions", () =>
  Effect.gen(function* () {
    const { client } = yield* reader
    yield* ReconcileClient.invite(client, of)
    assert.isTrue(client.isOpen())
  }).pipe(Effect.scoped, Effect.provide(server(treeOf([]))))
)
