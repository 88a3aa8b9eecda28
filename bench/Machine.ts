/**
 * What a benchmark ran on: a figure without its machine says nothing.
 */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os"

/** Processor, memory, system, runtime, and how busy the machine was already. */
export const describe = (): string => {
  const [processor] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return [
    `${processor?.model ?? "unknown processor"}, ${availableParallelism()} cores, ${gigabytes} GB`,
    `${type()} ${release()}, Node ${process.versions.node}, load ${load} at the start`
  ].join("; ")
}
