/**
 * What the HTTP faces of a site count and time, for Prometheus.
 */
import { Duration, Effect, Metric } from "effect"

const answers = Metric.counter("lupin_http_answers_total", {
  description: "answers given, by face and status",
  incremental: true
})

const millis = Metric.histogram("lupin_http_answer_milliseconds", {
  description: "time from a request's head to its answer, by face",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 2, count: 12 })
})

const counters = new Map<string, Metric.Counter<number>>()

/** Counts an answer; statuses are few, so each pair of face and status keeps its counter. */
export const count = (face: string, status: number): Effect.Effect<void> => {
  const name = `${face} ${status}`
  const counter = counters.get(name) ?? Metric.withAttributes(answers, { face, status: String(status) })
  counters.set(name, counter)
  return Metric.update(counter, 1)
}

/** Times an answer. */
export const timed = (face: string) => Effect.trackDuration(Metric.withAttributes(millis, { face }), Duration.toMillis)
