/**
 * Tells what an app's definition has against an event as the problem that a caller gets.
 */
import type * as App from "@lupin/core/App"
import * as Problem from "./Problem.ts"

export type AppProblem = Problem.UnknownApp | Problem.UnknownKind | Problem.InvalidRequest | Problem.InvalidPayload

/** The problem of a fault; `app` is the name that the caller used. */
export const toProblem = (app: string, fault: App.Fault): AppProblem => {
  switch (fault._tag) {
    case "UnknownApp":
      return Problem.unknownApp(fault.app)
    case "UnknownKind":
      return Problem.unknownKind(app, fault.kind)
    case "UnknownVersion":
      return Problem.invalidRequest(fault.issues.map(({ message }) => ({ pointer: "#/version", detail: message })))
    case "InvalidPayload":
      return Problem.invalidPayload(
        fault.issues.map(({ path, message }) => ({
          pointer: Problem.pointerOf(["payload", ...(path === "" ? [] : path.split("."))]),
          detail: message
        }))
      )
  }
}
