/**
 * Log lines as JSON with the keys that Logstash expects, one event a line, on standard output.
 */
import { Layer, Logger, References } from "effect"

const logger = Logger.make((options) => {
  const event = Logger.formatStructured.log(options)
  const message = Array.isArray(event.message) ? event.message.join(" ") : String(event.message)
  const line = {
    "@timestamp": event.timestamp,
    "@version": "1",
    level: event.level,
    message,
    ...(event.cause === undefined ? {} : { stack_trace: event.cause }),
    ...event.annotations
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
})

/** Everything from Info on; `isVerbose` shows Debug too. */
export const layer = (isVerbose = false): Layer.Layer<never> =>
  Layer.mergeAll(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, isVerbose ? "Debug" : "Info"))
