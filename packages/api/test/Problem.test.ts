import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import * as AppFault from "@lupin/api/AppFault"
import * as FieldFaults from "@lupin/api/FieldFaults"
import * as Problem from "@lupin/api/Problem"
import * as ProblemPages from "@lupin/api/ProblemPages"
import * as App from "@lupin/core/App"
import { trails } from "./TrailApp.ts"

const pointerSteps = (pointer: string): ReadonlyArray<string> =>
  pointer
    .slice(1)
    .split("/")
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"))

const problemOf = (kind: string, version: number, payload: unknown) => {
  const decoded = App.decodePayload(trails, kind, version, payload)
  return Result.isFailure(decoded) ? AppFault.toProblem("trails", decoded.failure) : undefined
}

describe("Problem", () => {
  it("writes JSON pointers that lead back to the field", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), (path) => {
        assert.deepStrictEqual(pointerSteps(Problem.pointerOf(path)), path)
      })
    )
    assert.doesNotThrow(() => Problem.pointerOf(["\ud800"]))
  })

  it("tells every problem by its type, and has a page for each", () => {
    const paths = ProblemPages.pages.map(({ path }) => path)
    assert.strictEqual(new Set(paths).size, Problem.all.length)
    for (const problem of Problem.all) assert.include(paths, problem.fields.type.schema.literal)
  })

  it("comes back as its own class from its JSON", () => {
    const decode = Schema.decodeUnknownSync(Schema.Union(Problem.all))
    const problems = [
      Problem.unknownApp("x"),
      Problem.idConflict("i", "<m@x>"),
      Problem.unavailable("spool", 3),
      Problem.invalidPayload([{ pointer: "#/payload/rating", detail: "Missing key" }])
    ]
    for (const problem of problems) {
      const read = decode(JSON.parse(JSON.stringify(Problem.encode(problem))))
      assert.strictEqual(read._tag, problem._tag)
      assert.deepStrictEqual({ ...Problem.encode(read) }, { ...Problem.encode(problem) })
    }
  })

  it("names each field of a payload that its schema refuses", () => {
    const problem = problemOf("review", 2, { rating: 9 })
    assert.strictEqual(problem?._tag, "InvalidPayload")
    assert.deepStrictEqual(problem?.errors?.map(({ pointer }) => pointer).sort(), [
      "#/payload/rating",
      "#/payload/trail"
    ])
    assert.strictEqual(problemOf("review", 3, {})?.errors?.[0]?.pointer, "#/version")
    assert.strictEqual(problemOf("revue", 1, {})?._tag, "UnknownKind")
  })

  it("lists a bounded number of bounded faults", () => {
    const schema = Schema.Array(Schema.String)
    const refused = Schema.decodeUnknownResult(schema, { errors: "all" })(Array.from({ length: 1000 }, () => 1))
    assert.isTrue(Result.isFailure(refused))
    if (Result.isFailure(refused)) {
      const faults = FieldFaults.inBody(refused.failure.issue, ["payload"])
      assert.strictEqual(faults.length, FieldFaults.faultsMax)
      assert.strictEqual(faults[1]?.pointer, "#/payload/1")
    }
  })
})
