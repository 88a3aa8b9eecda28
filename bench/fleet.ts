/**
 * A whole fleet as `npm start` brings it up: how long until it is ready, and until an event of one POP is answered at another.
 */
import { DevFleet, review, until } from "../apps/cli/test/DevFleet.ts"
import type * as Report from "./Report.ts"

/** Events posted one by one. */
const events = 20
/** An event that takes longer has been lost, in milliseconds. */
const millisMax = 30_000

interface Way {
  /** Milliseconds of the post itself, and from its beginning until it was answered and counted at the other POP. */
  readonly posted: number
  readonly answered: number
  readonly counted: number
}

const way = async (fleet: DevFleet, trail: string): Promise<Way> => {
  const began = performance.now()
  const { body, status } = await fleet.post("boi1", review(trail))
  if (status !== 201) throw new Error(`posting gave ${status}`)
  const posted = performance.now() - began
  const answered = until(
    "the answer",
    async () => {
      const group = body.groups.at(-1) ?? ""
      return (await fleet.reviews("lhr1", group)).includes(body.messageId) ? performance.now() - began : undefined
    },
    millisMax
  )
  const counted = until(
    "the digest",
    async () => {
      const path = `/v1/apps/trailblaze/digests/trail-ratings/${trail}`
      const found = (await fleet.json("lhr1", path)) as { readonly digest?: unknown } | undefined
      return found?.digest === undefined ? undefined : performance.now() - began
    },
    millisMax
  )
  return { posted, answered: await answered, counted: await counted }
}

/** Starts a fleet twice, fresh and on its data, and sends events through it. */
export const run = async (): Promise<ReadonlyArray<Report.Measure>> => {
  const fleet = new DevFleet()
  try {
    const first = await fleet.start()
    const ways: Array<Way> = []
    for (let n = 0; n < events; n++) ways.push(await way(fleet, `bench-${n}`))
    await fleet.stop()
    const second = await fleet.start()
    const measure = (metric: string, ours: ReadonlyArray<number>, bound: number): Report.Measure => ({
      bench: "fleet",
      metric,
      unit: "ms",
      ours,
      goal: { of: "ours", is: "at most", bound }
    })
    return [
      measure("npm start, first time, until ready", [first], 15_000),
      measure("npm start, second time, until ready", [second], 5_000),
      measure(
        "POST at boi1 until its 201",
        ways.map(({ posted }) => posted),
        100
      ),
      measure(
        "POST at boi1 until answered at lhr1",
        ways.map(({ answered }) => answered),
        2_000
      ),
      measure(
        "POST at boi1 until counted in the digest at lhr1",
        ways.map(({ counted }) => counted),
        2_000
      )
    ]
  } finally {
    await fleet.remove()
  }
}
