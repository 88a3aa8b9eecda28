/**
 * The pages behind the `type` of each problem: what it means and what to do next (RFC 9457, section 3.1.1).
 */
import * as InjectionFault from "./InjectionFault.ts"
import * as Problem from "./Problem.ts"

/** What a caller does about each. */
const advice: Record<Problem.Problem["_tag"], string> = {
  InvalidRequest: "Mend the fields that errors names, then send the request again.",
  MalformedJson: "Send JSON (RFC 8259) in UTF-8.",
  InvalidPayload: "Mend the fields that errors names. The app's definition says what a payload of this kind has.",
  UnknownApp: "Check the name. A site serves the apps its configuration loads.",
  UnknownKind: "Check the name, or update the site to a newer definition of the app.",
  UnknownDigestion: "Check the name, or update the site to a newer definition of the app.",
  WrongKey: "Use the key that belongs to the lock which the event was posted with.",
  NoSuchArticle: "If you posted it, post the same event with the same id again. It may also have been removed.",
  NoSuchRoute: "See /docs for the paths that are served.",
  MethodNotAllowed: "Use one of the methods in the Allow header.",
  IdConflict: "Mint a new id for a new event. Keep an id only for retries of the same event.",
  BodyTooLarge: "Send less. limitBytes is the most a body may have.",
  HeadTooLarge: "Send shorter headers and parameters.",
  RequestTimeout: "Send the request again. With an id a post is safe to repeat.",
  UnsupportedMediaType: "Send application/json.",
  EventRefused: "See reason. An event must be at most three days old and five minutes ahead, by the time in its id.",
  Unavailable: "Send the same request again after Retry-After seconds, here or at another POP. Nothing was accepted.",
  InternalFault: "Send the same request again later; if it fails again, tell the operator the time and the path."
}

export interface Page {
  /** Path of the page, which is the problem's `type`. */
  readonly path: `/${string}`
  readonly html: string
}

const uuid = "01939f2e-7c1b-7a55-8d6e-3f1c2b4a5968"
const messageId = `<${uuid}.k3v9aaaaaaaaaaaaaaaaaaaaaa@trailblaze.client.lupin>`

/** One example of each problem. */
const examples: ReadonlyArray<Problem.Problem> = [
  Problem.invalidRequest([{ pointer: "#/at/lat", detail: "Expected a value between -90 and 90" }]),
  new Problem.MalformedJson({ errors: [{ pointer: "#", detail: "not valid JSON" }] }),
  Problem.invalidPayload([{ pointer: "#/payload/rating", detail: "Missing key" }]),
  Problem.unknownApp("trailblazer"),
  Problem.unknownKind("trailblaze", "revue"),
  Problem.unknownDigestion("trailblaze", "ratings"),
  Problem.wrongKey(messageId),
  Problem.noSuchArticle(messageId),
  new Problem.NoSuchRoute({}),
  new Problem.MethodNotAllowed({ allow: ["GET", "HEAD"] }),
  Problem.idConflict(uuid, messageId),
  Problem.bodyTooLarge(1_000_000),
  new Problem.HeadTooLarge({}),
  new Problem.RequestTimeout({}),
  new Problem.UnsupportedMediaType({ errors: [{ parameter: "content-type", detail: "not application/json" }] }),
  InjectionFault.toProblem({
    reason: { _tag: "TooOld", field: "Date" },
    message: "Date is more than 3 days ago"
  }),
  Problem.unavailable("spool"),
  new Problem.InternalFault({})
]

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const htmlOf = (problem: Problem.Problem): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(problem.title)}</title>
<h1>${problem.status} ${escape(problem.title)}</h1>
<p>${escape(advice[problem._tag])}</p>
<pre>${escape(JSON.stringify(Problem.encode(problem), undefined, 2))}</pre>
<p><a href="/docs">The interface</a></p>
</html>
`

/** One page per problem. */
export const pages: ReadonlyArray<Page> = examples.map((problem) => ({ path: problem.type, html: htmlOf(problem) }))
