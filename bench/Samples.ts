/**
 * What was measured in several rounds, and its median and spread.
 */
export type Samples = ReadonlyArray<number>

export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** The middle value, or the mean of the two in the middle; NaN of none. */
export const median = (samples: Samples): number => {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/**
 * Of so many rounds of ours and the peer in turn: the median of what each round comes to, so that nothing counts that slows
 * down both for a while, as the neighbours of a shared machine do. Else the ratio of the medians.
 */
export const ratio = (ours: Samples, peer: Samples): number =>
  ours.length === peer.length
    ? median(ours.map((one, round) => one / (peer[round] ?? Number.NaN)))
    : median(ours) / median(peer)

/** Median, smallest and largest: what a row of the table says. */
export const summarise = (samples: Samples): Summary => ({
  median: median(samples),
  low: Math.min(...samples),
  high: Math.max(...samples)
})

/**
 * Runs ours and the peer in turn, the other one first in every second round, so that the noise of a shared machine falls
 * on both alike. One call is one sample.
 */
export const alternate = async (
  rounds: number,
  ours: () => number | Promise<number>,
  peer?: () => number | Promise<number>
): Promise<{ readonly ours: Samples; readonly peer: Samples }> => {
  const samples = { ours: [] as Array<number>, peer: [] as Array<number> }
  const turns = [async () => void samples.ours.push(await ours())]
  if (peer !== undefined) turns.push(async () => void samples.peer.push(await peer()))
  for (let round = 0; round < rounds; round++) {
    for (const turn of round % 2 === 0 ? turns : [...turns].reverse()) await turn()
  }
  return samples
}

/**
 * Nanoseconds that one call of `operation` takes, over as many calls as fill about `millis`. The result of each call is
 * kept alive, so that the compiler cannot leave the work out.
 */
export const nanosPerCall = (operation: (index: number) => unknown, millis = 60): number => {
  let calls = 1
  for (;;) {
    const took = timed(operation, calls)
    if (took >= millis * 1e6) return took / calls
    calls = took < 1e5 ? calls * 10 : Math.ceil(calls * Math.min(10, (1.1 * millis * 1e6) / took))
  }
}

let kept: unknown

const timed = (operation: (index: number) => unknown, calls: number): number => {
  const started = process.hrtime.bigint()
  for (let index = 0; index < calls; index++) kept = operation(index)
  const took = Number(process.hrtime.bigint() - started)
  if (kept === timed) throw new Error("an operation returned the stop watch")
  return took
}
