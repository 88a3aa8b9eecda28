/**
 * One life of a simulated fleet as data: a seed, a fleet, how long, and what is done to it when.
 *
 * Its text stands on one line, can be cut down by hand, and replays it: `pops 1,1,2 zones 3 seconds 30; 250 post p1 3`.
 */
import * as Calendar from "@lupin/digest/Calendar"
import * as Command from "./Command.ts"

/** What fleet, and for how long. */
export interface Shape {
  /** Hosts of each POP. */
  readonly pops: ReadonlyArray<number>
  readonly zones: number
  /** Simulated seconds before everything heals. */
  readonly seconds: number
  /** Zones that are out at the end stay out: nobody must notice. */
  readonly staysOut: boolean
  /** Seconds of a day, where days are to be sealed and inputs to expire in the history. */
  readonly daySeconds?: number
}

export interface History extends Shape {
  readonly seed: number
  /** By time. */
  readonly commands: ReadonlyArray<Command.Command>
}

/** Four hosts in two to four POPs, and three zones, for thirty seconds; every so often for as long as files of logs go in. */
export const small = (seed: number): Shape => ({
  pops: layouts[seed % layouts.length] ?? [],
  zones: 3,
  seconds: isRetained(seed) ? retainedSeconds : smallSeconds,
  staysOut: false
})

/** Every so often a site or two keep little of what clients post. */
export const isRetained = (seed: number): boolean => seed % retainedEvery === 0

const smallSeconds = 30
const retainedEvery = 10
/** Numbers and octets of articles are looked at by the minute, and so is the room that they leave. */
export const retainedSeconds = 150

const layouts = [
  [1, 1, 1, 1],
  [2, 1, 1],
  [2, 2],
  [1, 1, 1, 1]
] as const

/** Twenty-five POPs and six zones, for twenty seconds. */
export const large: Shape = { pops: Array.from({ length: 25 }, () => 1), zones: 6, seconds: 20, staysOut: false }

/** Six zones of which any two are dead at any moment, and two of them to the end. */
export const zonesDown = (shape: Shape): Shape => ({ ...shape, zones: 6, staysOut: true })

/** Two hosts and three zones, through days of twenty seconds: the first are sealed while things go wrong. */
export const days: Shape = { pops: [1, 1], zones: 3, seconds: 660, staysOut: false, daySeconds: 20 }

/** Days of a shape: those of production, or shorter ones in the proportions of production, but for a longer time to agree, and to cancel. */
export const calendarOf = ({ daySeconds }: Shape): Calendar.Calendar => {
  if (daySeconds === undefined || daySeconds * 1000 === Calendar.production.dayMillis) return Calendar.production
  const { dayMillis, keepMillis, sealMillis } = Calendar.production
  const scale = (daySeconds * 1000) / dayMillis
  return {
    dayMillis: daySeconds * 1000,
    sealMillis: sealMillis * scale,
    agreeMillis: daySeconds * 1000,
    keepMillis: 2 * keepMillis * scale
  }
}

/** POPs of a shape, as a fleet takes them: `p1`, or `p1` with two hosts. */
export const popsOf = ({ pops }: Shape): ReadonlyArray<{ readonly name: string; readonly hosts: number }> =>
  pops.map((hosts, at) => ({ name: `p${at + 1}`, hosts }))

/** Everything but the seed on one line. */
export const text = ({ commands, daySeconds, pops, seconds, staysOut, zones }: History): string =>
  [
    `pops ${pops.join(",")} zones ${zones} seconds ${seconds}${staysOut ? " out" : ""}${daySeconds === undefined ? "" : ` days ${daySeconds}`}`,
    ...commands.map(Command.text)
  ].join("; ")

/** The line for a shell that runs it again. */
export const replay = (history: History): string =>
  `npm run simulate -- --seed ${history.seed} --history '${text(history)}'`

/** Reads what `text` gave; says what is wrong with anything else. */
export const parse = (seed: number, line: string): History | string => {
  const [head = "", ...rest] = line.split(";").map((part) => part.trim())
  const shape = headPattern.exec(head)
  if (shape === null) return `"${head}" is not: pops 1,1,1 zones 3 seconds 30`
  const [, pops = "", zones, seconds, out, daySeconds] = shape
  const commands: Array<Command.Command> = []
  for (const words of rest) {
    if (words === "") continue
    const command = Command.parse(words)
    if (typeof command === "string") return command
    commands.push(command)
  }
  return {
    seed,
    pops: pops.split(",").map(Number),
    zones: Number(zones),
    seconds: Number(seconds),
    staysOut: out !== undefined,
    ...(daySeconds === undefined ? {} : { daySeconds: Number(daySeconds) }),
    commands: commands.toSorted((one, other) => one.atMillis - other.atMillis)
  }
}

const headPattern = /^pops ([1-9]\d*(?:,[1-9]\d*)*) zones ([1-9]\d*) seconds (\d+)( out)?(?: days ([1-9]\d*))?$/
