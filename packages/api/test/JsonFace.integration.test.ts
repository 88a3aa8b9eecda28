import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fc from "fast-check"
import * as EventId from "@lupin/api/EventId"
import * as JsonFace from "@lupin/api/JsonFace"
import * as MemoryPop from "@lupin/api/MemoryPop"
import * as PopOperations from "@lupin/api/PopOperations"
import * as EventCancel from "@lupin/core/EventCancel"
import { type Answered, FaceClient, serve } from "./FaceClient.ts"
import { trails } from "./TrailApp.ts"

const at = { lat: 44.1612, lon: -115.0593, uncertainty: 30 }
const longAgo = "01939f2e-7c1b-7a55-8d6e-3f1c2b4a5968"
const review = { trail: "sawtooth-lake", rating: 5 }
const reviews = "/v1/apps/trails/events/review"

/** What a browser asks before it sends a cancel. */
const preflight = {
  origin: "https://app.example",
  "access-control-request-method": "DELETE",
  "access-control-request-headers": "cancel-key"
}

const live = serve(JsonFace.layer).pipe(Layer.provideMerge(MemoryPop.layer({ apps: [trails], host: "boi1" })))

/** More than the header of a review's article takes. */
const headerBytes = 1_000

/** A problem is complete, of its own type, and says what is at fault. */
const isProblem = (answered: Answered, status: number, name: string, field?: string): void => {
  const { json } = answered
  assert.strictEqual(answered.status, status, answered.text)
  assert.strictEqual(answered.type, "application/problem+json")
  assert.strictEqual(json["type"], `/problems/${name}`)
  assert.strictEqual(json["status"], status)
  assert.isString(json["title"])
  assert.match(answered.headers.get("lupin-routing-key") ?? "", /^boi1\.g\d+$/)
  if (field === undefined) return
  const errors = json["errors"] as ReadonlyArray<{ pointer?: string; parameter?: string }>
  assert.include(
    errors.map((error) => error.pointer ?? error.parameter),
    field
  )
}

layer(live, { excludeTestServices: true })("JsonFace", (it) => {
  it.effect("answers 201 for a new event, and 200 with the same id and groups for its repeat", () =>
    Effect.gen(function* () {
      const { post, ask } = yield* FaceClient
      const id = yield* EventId.mint
      const first = yield* post(reviews, { id, at, payload: review })
      assert.strictEqual(first.status, 201, first.text)
      assert.deepStrictEqual(Object.keys(first.json).sort(), ["groups", "messageId", "receipt"])
      assert.match(String(first.json["groups"]), /^clientposts\.trails\.geo\.us\.idaho\.\w+,clientposts\.trails\.s2\.c/)
      const again = yield* post(reviews, { payload: review, at, id: id.toUpperCase() })
      assert.strictEqual(again.status, 200)
      assert.deepStrictEqual(again.json, first.json)
      const article = yield* ask(first.headers.get("location") ?? "")
      assert.strictEqual(article.type, "message/rfc822")
      assert.include(article.text, `Message-ID: ${String(first.json["messageId"])}\r\n`)
    })
  )

  it.effect("withdraws an event by the key in a header, and names what is wrong with a key", () =>
    Effect.gen(function* () {
      const { ask, post } = yield* FaceClient
      const secret = new TextEncoder().encode("the author's own")
      const id = yield* EventId.mint
      const { json } = yield* post(reviews, { id, payload: review, lock: EventCancel.lockOf(secret, id) })
      const messageId = String(json["messageId"])
      const path = `/v1/apps/trails/articles/${encodeURIComponent(messageId.slice(1, -1))}`
      const cancel = (headers: Record<string, string>) => ask(path, { method: "DELETE", headers })
      isProblem(yield* cancel({}), 400, "invalid-request", "cancel-key")
      isProblem(yield* cancel({ "cancel-key": "sha256:a:clue" }), 400, "invalid-request", "cancel-key")
      isProblem(yield* cancel({ "cancel-key": "sha256:AAAA" }), 403, "wrong-key", "cancel-key")
      const key = EventCancel.keyOf(secret, id)
      const done = yield* cancel({ "cancel-key": key })
      assert.strictEqual(done.status, 200, done.text)
      assert.deepStrictEqual(done.json, { messageId, state: "cancelled" })
      for (const any of [key, "sha256:AAAA"]) {
        assert.deepStrictEqual((yield* cancel({ "cancel-key": any })).json, { messageId, state: "removed" })
      }
      isProblem(yield* ask(`/v1/articles/${encodeURIComponent(messageId)}`), 404, "no-such-article")
      isProblem(yield* post(reviews, { payload: review, lock: "mine" }), 400, "invalid-request", "#/lock")
      const asked = yield* ask(path, { method: "OPTIONS", headers: preflight })
      assert.include(asked.headers.get("access-control-allow-methods") ?? "", "DELETE")
      assert.include(asked.headers.get("access-control-allow-headers") ?? "", "cancel-key")
    })
  )

  it.effect("mints an id where the client sent none", () =>
    Effect.gen(function* () {
      const { post } = yield* FaceClient
      const first = yield* post(reviews, { payload: review })
      const second = yield* post(reviews, { payload: review })
      assert.deepStrictEqual([first.status, second.status], [201, 201])
      assert.notStrictEqual(first.json["messageId"], second.json["messageId"])
    })
  )

  it.effect("refuses another payload under a known id with 409", () =>
    Effect.gen(function* () {
      const { post } = yield* FaceClient
      const taken = yield* EventId.mint
      yield* post(reviews, { id: taken, payload: review })
      isProblem(yield* post(reviews, { id: taken, payload: { ...review, rating: 1 } }), 409, "id-conflict", "#/id")
    })
  )

  it.effect("names the field that is at fault in a post", () =>
    Effect.gen(function* () {
      const { post } = yield* FaceClient
      const wrong: ReadonlyArray<readonly [unknown, number, string, string]> = [
        [{ payload: { trail: "x", rating: 6 } }, 422, "invalid-payload", "#/payload/rating"],
        [{ payload: { rating: 5 } }, 422, "invalid-payload", "#/payload/trail"],
        [{ payload: review, at: { lat: 90.5, lon: 0 } }, 400, "invalid-request", "#/at/lat"],
        [{ payload: review, at: { lat: 1, lon: -181 } }, 400, "invalid-request", "#/at/lon"],
        [{ payload: review, at: { lat: 1 } }, 400, "invalid-request", "#/at/lon"],
        [{ payload: review, id: "7" }, 400, "invalid-request", "#/id"],
        [{ payload: review, id: longAgo }, 422, "event-refused", "#/id"],
        [{ payload: review, version: 3 }, 400, "invalid-request", "#/version"],
        [{}, 400, "invalid-request", "#/payload"],
        [[], 400, "invalid-request", "#"],
        ["", 400, "invalid-request", "#"],
        ['{"payload":', 400, "malformed-json", "#"],
        ['{"payload":{"trail":"x","rating":1e999}}', 400, "invalid-request", "#/payload"],
        ['{"payload":{"trail":"\\ud800","rating":1}}', 400, "invalid-request", "#/payload/trail"],
        [`{"payload":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 400, "invalid-request", "#/payload"]
      ]
      for (const [body, status, name, field] of wrong) {
        const answered = yield* post(reviews, body)
        const deep = field === "#/payload" && answered.text.includes("nests deeper")
        isProblem(answered, status, name, deep ? undefined : field)
      }
    })
  )

  it.effect("says what was expected, in words of JSON and of news", () =>
    Effect.gen(function* () {
      const { ask, post } = yield* FaceClient
      const detail = (answered: Answered) => answered.json["detail"]
      const place = '#/at: Expected a place, as {"lat":44.16,"lon":-115.06}'
      for (const [body, said] of [
        [null, "#: Expected a JSON object"],
        [{ payload: review, at: "here" }, place],
        [{ payload: review, at: { lat: "47", lon: 1 } }, "#/at/lat: Expected number"],
        [{ payload: review, at: { lat: 47, lon: "NaN" } }, "#/at/lon: Expected number"],
        [{ payload: review, lat: 47, lon: 1 }, "#/lat: is not known here"]
      ]) {
        assert.strictEqual(detail(yield* post(reviews, body)), said)
      }
      const events = "/v1/apps/trails/events?near=44,-115"
      assert.strictEqual(detail(yield* ask(`${events}&raduis=5km`)), "raduis: is not known here")
      const group = "group: Expected the name of a group, as clientposts.trailblaze.geo.us"
      assert.strictEqual(detail(yield* ask("/v1/apps/trails/events?group=a..b")), group)
    })
  )

  it.effect("tells unknown names, routes, methods and media types apart", () =>
    Effect.gen(function* () {
      const { ask, post } = yield* FaceClient
      isProblem(yield* post("/v1/apps/nope/events/review", { payload: 1 }), 404, "unknown-app", "app")
      isProblem(yield* post("/v1/apps/trails/events/nope", { payload: 1 }), 404, "unknown-kind", "kind")
      isProblem(yield* ask("/v1/apps/trails/digests/nope/x"), 404, "unknown-digestion", "digestion")
      isProblem(yield* ask("/v1/nope"), 404, "no-such-route")
      isProblem(yield* ask("/v1/articles/%3Ca%40b.c%3E"), 404, "no-such-article", "messageId")
      isProblem(yield* ask("/v1/receipts/a%40b.c"), 404, "no-such-article", "messageId")
      isProblem(yield* ask("/v1/receipts/nonsense"), 400, "invalid-request", "messageId")
      isProblem(
        yield* ask(reviews, { method: "POST", body: "payload=1" }),
        415,
        "unsupported-media-type",
        "content-type"
      )
      const wrong = yield* ask(reviews, { method: "PUT" })
      isProblem(wrong, 405, "method-not-allowed")
      assert.strictEqual(wrong.headers.get("allow"), "POST")
    })
  )

  it.effect("takes a payload that fits an article, and names the limit beyond", () =>
    Effect.gen(function* () {
      const { post } = yield* FaceClient
      const bodyOf = (length: number) => {
        const rest = JSON.stringify({ payload: { trail: "", rating: 5 } }).length
        return { payload: { trail: "x".repeat(length - rest), rating: 5 } }
      }
      assert.strictEqual((yield* post(reviews, bodyOf(JsonFace.bodyBytesMax - headerBytes))).status, 201)
      isProblem(yield* post(reviews, bodyOf(JsonFace.bodyBytesMax)), 422, "event-refused", "#/payload")
      const refused = yield* post(reviews, bodyOf(JsonFace.bodyBytesMax + 1))
      isProblem(refused, 413, "body-too-large", "#")
      assert.strictEqual(refused.json["limitBytes"], JsonFace.bodyBytesMax)
    })
  )

  it.effect("answers 503 with a time to come back while the spool or the cache is away", () =>
    Effect.gen(function* () {
      const { ask, post } = yield* FaceClient
      const controls = yield* MemoryPop.Controls
      yield* controls.setAway("spool", true)
      const refused = yield* post(reviews, { payload: review })
      isProblem(refused, 503, "unavailable")
      assert.strictEqual(refused.headers.get("retry-after"), String(refused.json["retryAfterSeconds"]))
      yield* controls.setAway("spool", false)
      yield* controls.setAway("cache", true)
      isProblem(yield* ask("/v1/apps/trails/events?near=1,1"), 503, "unavailable")
      yield* controls.setAway("cache", false)
    })
  )

  it.effect("reads events near a place page by page, each once", () =>
    Effect.gen(function* () {
      const { ask, post } = yield* FaceClient
      const here = { lat: -41.2, lon: 174.7 }
      for (let rating = 1; rating <= 5; rating++) yield* post(reviews, { at: here, payload: { trail: "w", rating } })
      const seen: Array<unknown> = []
      let cursor = ""
      do {
        const page = yield* ask(`/v1/apps/trails/events?kind=review&near=-41.2,174.7&radius=1km&limit=2${cursor}`)
        assert.strictEqual(page.status, 200, page.text)
        seen.push(...(page.json["events"] as ReadonlyArray<{ messageId: string }>).map(({ messageId }) => messageId))
        cursor = typeof page.json["cursor"] === "string" ? `&cursor=${encodeURIComponent(page.json["cursor"])}` : ""
      } while (cursor !== "")
      assert.strictEqual(new Set(seen).size, 5)
      assert.strictEqual(seen.length, 5)
      isProblem(yield* ask("/v1/apps/trails/events?near=1,1&cursor=x"), 400, "invalid-request", "cursor")
      isProblem(yield* ask("/v1/apps/trails/events?near=91,1"), 400, "invalid-request", "near")
      isProblem(yield* ask("/v1/apps/trails/events?near=1,1&kind=nope"), 404, "unknown-kind", "kind")
    })
  )

  it.effect("says how far an article has come", () =>
    Effect.gen(function* () {
      const { ask, post } = yield* FaceClient
      const controls = yield* MemoryPop.Controls
      const posted = yield* post(reviews, { payload: review })
      const path = `/v1/receipts/${encodeURIComponent(String(posted.json["messageId"]))}`
      assert.deepInclude((yield* ask(path)).json, { stages: ["accepted"], heldBy: ["boi1"] })
      yield* controls.addHolder({ site: "lupin-us-sea", zone: "sea" })
      yield* controls.addHolder({ site: "lupin-uk-mk", zone: "mk" })
      assert.deepInclude((yield* ask(path)).json, {
        stages: ["accepted", "durable"],
        heldBy: ["boi1", "lupin-uk-mk", "lupin-us-sea"]
      })
    })
  )

  it.effect("shows readable docs that load nothing from elsewhere, and the contract as OpenAPI", () =>
    Effect.gen(function* () {
      const { ask } = yield* FaceClient
      const docs = yield* ask("/docs")
      assert.strictEqual(docs.status, 200)
      assert.notMatch(docs.text, /<(script|link|img)[^>]+(src|href)=/)
      const { json } = yield* ask("/openapi.json")
      assert.sameMembers(Object.keys(json["paths"] as object), [
        "/v1/apps/{app}/events/{kind}",
        "/v1/apps/{app}/articles/{messageId}",
        "/v1/apps/{app}/events",
        "/v1/apps/{app}/digests/{digestion}/{key}",
        "/v1/articles/{messageId}",
        "/v1/receipts/{messageId}"
      ])
      assert.notProperty(json["components"], "securitySchemes", "or the docs show a way to log in")
      assert.strictEqual((yield* ask("/problems/id-conflict")).status, 200)
    })
  )

  it.effect("lets web pages of any origin read the routing key", () =>
    Effect.gen(function* () {
      const { ask } = yield* FaceClient
      const before = yield* ask(reviews, {
        method: "OPTIONS",
        headers: { origin: "https://app.example", "access-control-request-headers": "content-type,lupin-routing-key" }
      })
      assert.strictEqual(before.status, 204)
      assert.include(before.headers.get("access-control-allow-headers"), "lupin-routing-key")
      const answered = yield* ask("/v1/nope", { headers: { origin: "https://app.example" } })
      assert.strictEqual(answered.headers.get("access-control-allow-origin"), "*")
      assert.include(answered.headers.get("access-control-expose-headers"), "lupin-routing-key")
    })
  )

  it.effect("answers any path, query and body with the contract or a problem below 500", () =>
    Effect.gen(function* () {
      const { url } = yield* FaceClient
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(request, (request) => isAnswered(url, request)),
          { numRuns: 300 }
        )
      )
    })
  )

  it.effect("answers bytes that no client would send with a problem too", () =>
    Effect.gen(function* () {
      const { raw } = yield* FaceClient
      const paths = ["//", "/%", "/v1/articles/%ff", "/v1/apps/../events", "/?%zz", "http://[", "*", "/v1/receipts/%00"]
      const long = `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`
      const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      for (const request of [
        ...requests,
        "GET\r\n\r\n",
        "\u0016\u0003\u0001",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        long
      ]) {
        const text = yield* raw(request)
        assert.match(text, /^HTTP\/1\.1 4\d\d /, request.slice(0, 60))
        assert.match(text, /^content-type: application\/problem\+json\r$/im, request.slice(0, 60))
        const body = text.slice(text.indexOf("\r\n\r\n") + 4)
        assert.strictEqual(JSON.parse(body).status, Number(text.slice(9, 12)))
      }
    })
  )
})

const step = fc.oneof(
  fc.constantFrom("v1", "apps", "trails", "events", "review", "digests", "ratings", "articles", "receipts", "docs"),
  fc.string({ unit: "grapheme" }).map(encodeURIComponent)
)
const parameter = fc.tuple(
  fc.constantFrom("near", "radius", "group", "limit", "cursor", "stale", "kind"),
  fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("1,1", "5km", "clientposts.trails", "7"))
)
const path = fc.oneof(
  { weight: 3, arbitrary: fc.constant(reviews.slice(1)) },
  { weight: 2, arbitrary: fc.constant("v1/apps/trails/events") },
  fc.array(step, { maxLength: 6 }).map((steps) => steps.join("/"))
)
const body = fc.oneof(
  fc.string(),
  fc.json(),
  fc
    .record(
      { id: fc.oneof(fc.uuid({ version: 7 }), fc.string()), at: fc.jsonValue(), payload: fc.jsonValue() },
      { requiredKeys: [] }
    )
    .map((value) => JSON.stringify(value))
)
const request = fc.record({
  path,
  query: fc.array(parameter, { maxLength: 4 }),
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"),
  body
})

type Asked = typeof request extends fc.Arbitrary<infer A> ? A : never

const isAnswered = async (url: string, asked: Asked): Promise<void> => {
  const hasBody = asked.method !== "GET" && asked.method !== "HEAD"
  const response = await fetch(`${url}/${asked.path}?${new URLSearchParams(asked.query).toString()}`, {
    method: asked.method,
    ...(hasBody ? { body: asked.body, headers: { "content-type": "application/json" } } : {})
  })
  const text = await response.text()
  assert.isBelow(response.status, 500, text)
  assert.isNotNull(response.headers.get("lupin-routing-key"))
  if (response.status < 400) return
  assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
  if (asked.method !== "HEAD") assert.strictEqual(JSON.parse(text).status, response.status)
}

const broken = Layer.mock(PopOperations.PopOperations, {
  routingKey: Effect.die(new Error("no cache")),
  article: () => Effect.die(new Error("secret detail"))
})

layer(serve(JsonFace.layer).pipe(Layer.provide(broken)))("JsonFace over a broken host", (it) => {
  it.effect("answers 500 as a problem that keeps the cause to itself", () =>
    Effect.gen(function* () {
      const { ask } = yield* FaceClient
      const answered = yield* ask("/v1/articles/a%40b.c")
      assert.strictEqual(answered.status, 500)
      assert.strictEqual(answered.json["type"], "/problems/internal-fault")
      assert.notInclude(answered.text, "secret")
    })
  )
})
