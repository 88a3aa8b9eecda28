/**
 * What to write to a socket whose bytes are no HTTP request, so that even then a problem is answered.
 *
 * Such a request never reaches a route. The app that owns the server writes this on its `clientError` event and closes.
 */
import * as Problem from "./Problem.ts"

const reasonPhrases: Record<number, string> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large"
}

/** The whole answer, head and body, for the parser's error code; text of octets, CRLF line ends. */
export const of = (code: string | undefined): string => {
  const problem = problemOf(code)
  const body = JSON.stringify(Problem.encode(problem))
  return [
    `HTTP/1.1 ${problem.status} ${reasonPhrases[problem.status] ?? "Bad Request"}`,
    `Content-Type: ${Problem.contentType}`,
    `Content-Length: ${body.length}`,
    "Connection: close",
    "",
    body
  ].join("\r\n")
}

const problemOf = (code: string | undefined): Problem.Problem => {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new Problem.HeadTooLarge({})
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Problem.RequestTimeout({})
    default:
      return new Problem.InvalidRequest({ detail: "The request is not HTTP/1.1 (RFC 9112)." })
  }
}
