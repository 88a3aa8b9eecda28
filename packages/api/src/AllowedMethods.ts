/**
 * Which methods a path takes, so that a wrong method is told from an unknown path (RFC 9110, section 15.5.6).
 *
 * Pure: routes are patterns such as `/v1/apps/:app/events`, matched as the router matches them.
 */

export interface Route {
  readonly method: string
  readonly path: string
}

/** The methods of all routes that fit the path (without its query), sorted; HEAD comes with GET. None: unknown path. */
export const of = (routes: ReadonlyArray<Route>, path: string): ReadonlyArray<string> => {
  const steps = stepsOf(path)
  const methods = routes.filter((route) => fits(stepsOf(route.path), steps)).flatMap(({ method }) => withHead(method))
  return [...new Set(methods)].sort()
}

const withHead = (method: string): ReadonlyArray<string> => (method === "GET" ? ["GET", "HEAD"] : [method])

const stepsOf = (path: string): ReadonlyArray<string> => path.split("/").filter((step) => step !== "")

const fits = (pattern: ReadonlyArray<string>, steps: ReadonlyArray<string>): boolean =>
  pattern.length === steps.length && pattern.every((step, index) => step.startsWith(":") || step === steps[index])
