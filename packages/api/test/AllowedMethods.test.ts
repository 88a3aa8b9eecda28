import { assert, describe, it } from "@effect/vitest"
import * as AllowedMethods from "@lupin/api/AllowedMethods"
import * as JsonFace from "@lupin/api/JsonFace"

const of = (path: string) => AllowedMethods.of(JsonFace.served, path)

describe("AllowedMethods", () => {
  it("finds the methods of the contract's paths", () => {
    assert.deepStrictEqual(of("/v1/apps/trails/events/review"), ["POST"])
    assert.deepStrictEqual(of("/v1/apps/trails/articles/a%40b"), ["DELETE"])
    assert.deepStrictEqual(of("/v1/apps/trails/events"), ["GET", "HEAD"])
    assert.deepStrictEqual(of("/v1/articles/%3Ca%40b%3E"), ["GET", "HEAD"])
    assert.deepStrictEqual(of("/openapi.json"), ["GET", "HEAD"])
  })

  it("finds none for paths that are not served", () => {
    for (const path of ["/", "/v1", "/v1/apps/trails", "/v1/apps/trails/events/review/x", "/V1/articles/x"]) {
      assert.deepStrictEqual(of(path), [], path)
    }
  })
})
