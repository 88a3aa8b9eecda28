/**
 * What went wrong, as one line for the person at the terminal and an exit status for programs.
 */
import { Cause, Console, Effect, type Layer, Predicate, Runtime } from "effect"
import { CliError, CliOutput } from "effect/cli"

/** Exit status of a command that was understood and failed. */
export const statusFailed = 1
/** Exit status of a command line that is not understood. */
export const statusMisused = 2

/** Exit status of a process that a signal has interrupted. */
const statusInterrupted = 130

/** How many causes behind an error are looked at; a longer chain is cut. */
const depthMax = 8

/** The text of an error: what lies deepest says most, as `connect ECONNREFUSED …` below `fetch failed`. */
export const reasonOf = (error: unknown): string => {
  let reason = ""
  let at: unknown = error
  for (let depth = 0; depth < depthMax && at !== undefined && at !== null; depth++) {
    reason = ownReason(at) || reason
    at = behind(at)
  }
  return reason || nameOf(error)
}

/** The line, and below it where in the code, if that is something nobody has foreseen. */
export const format = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  const line = `lupin: ${reasonOf(error)}`
  return Cause.hasFails(cause) || isForeign(error) ? line : `${line}\n${Cause.pretty(cause)}`
}

/** Help where it was asked for; what is wrong with a command line in one line on standard error. */
export const presenter: Layer.Layer<never> = CliOutput.layerPresenter({
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const faults = event.errors.map(({ message }) => message.replace(/\n{2}\s*/, ". ").replace(/\s*\n\s*/g, " "))
    return Console.error(`lupin: ${faults.join("; ")} (${event.commandPath.join(" ")} --help)`)
  }
})

/** Says what went wrong, unless the presenter has, and sets the exit status. Interruption stays what it is. */
export const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
  const error = Cause.squash(cause)
  const isMisused = CliError.isCliError(error) && error._tag === "ShowHelp"
  return Effect.andThen(
    isMisused ? Effect.void : Console.error(format(cause)),
    Effect.sync(() => void (process.exitCode = isMisused ? statusMisused : statusFailed))
  )
}

/**
 * Makes the exit status 0 where SIGTERM has ended the process: that is how a service manager asks, and everything was put
 * in order. After Ctrl-C it is 130, as in any shell.
 */
export const teardown = (): Runtime.Teardown => {
  let isTerminated = false
  process.once("SIGTERM", () => (isTerminated = true))
  return (exit, onExit) =>
    Runtime.defaultTeardown(exit, (status) => onExit(isTerminated && status === statusInterrupted ? 0 : status))
}

const ownReason = (error: unknown): string => {
  if (!Predicate.isObject(error)) return String(error)
  if ("message" in error && typeof error.message === "string" && error.message !== "") return error.message
  return "reason" in error && typeof error.reason === "string" ? error.reason : ""
}

/** What an error was made from: its cause, its reason, or the first of several. */
const behind = (error: unknown): unknown => {
  if (!Predicate.isObject(error)) return undefined
  if ("cause" in error && Predicate.isObject(error.cause)) return error.cause
  if ("reason" in error && Predicate.isObject(error.reason)) return error.reason
  return "errors" in error && Array.isArray(error.errors) ? error.errors[0] : undefined
}

const nameOf = (error: unknown): string =>
  Predicate.isObject(error) && "_tag" in error ? String(error._tag) : String(error)

/** Refused by Node or the operating system, as a port in use or a directory that may not be written to. */
const isForeign = (error: unknown): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string"
