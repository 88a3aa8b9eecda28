/**
 * A trace as a picture: a lane for each site, time from left to right, as SVG that a browser shows.
 *
 * A ring is a post, a dot an article that was filed, a thin line the way of an article from where it came first. A lane is
 * grey while its site is down. Faults of links stand at the top. Pointing at anything shows its line of the trace.
 */
import type * as Trace from "./Trace.ts"

export interface Options {
  /** Lanes, from the top; the order in which sites are first heard of where it is absent. */
  readonly sites?: ReadonlyArray<string>
  /** When the picture begins, in milliseconds since the epoch; at the first entry where it is absent. */
  readonly startMillis?: number
}

/** Width of the time axis, and height of a lane, in pixels. */
const widthPixels = 1_200
const lanePixels = 24
const namesPixels = 90
const topPixels = 56

/** Marks that a picture holds at most; what came before the last so many is left out. */
export const marksMax = 20_000

export const svg = (entries: ReadonlyArray<Trace.Entry>, options: Options = {}): string => {
  const shown = entries.slice(-marksMax)
  const sites = options.sites ?? [...new Set(shown.map(({ who }) => who))].filter((who) => who !== "world")
  const start = options.startMillis ?? shown[0]?.atMillis ?? 0
  const end = Math.max(start + 1, shown.at(-1)?.atMillis ?? 0)
  const lane = new Map(sites.map((site, at) => [site, topPixels + lanePixels * (at + 0.5)]))
  const frame: Frame = {
    end,
    x: (millis) => round(namesPixels + ((millis - start) / (end - start)) * widthPixels),
    y: (site) => lane.get(site)
  }
  const height = topPixels + lanePixels * sites.length + 30
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${namesPixels + widthPixels + 20} ${height}" font-family="sans-serif" font-size="11">`,
    `<style>line{stroke:#ccc}.way{stroke:#9bd;stroke-width:.7}.down{stroke:#bbb;stroke-width:12}.cut{stroke:#c33;stroke-dasharray:2 3}</style>`,
    ...sites.flatMap((site) => laneOf(site, frame)),
    ...downs(shown, frame),
    ...ways(shown, frame),
    ...faults(shown, frame),
    ...shown.flatMap((entry) => markOf(entry, frame)),
    ...axis(start, end, height, frame),
    "</svg>"
  ].join("\n")
}

interface Frame {
  readonly end: number
  readonly x: (millis: number) => number
  /** Middle of a site's lane; nothing for one that has none. */
  readonly y: (site: string) => number | undefined
}

const round = (pixels: number): number => Math.round(pixels * 10) / 10

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const laneOf = (site: string, { y }: Frame): ReadonlyArray<string> => {
  const at = y(site) ?? 0
  return [
    `<text x="4" y="${at + 4}">${escape(site)}</text>`,
    `<line x1="${namesPixels}" x2="${namesPixels + widthPixels}" y1="${at}" y2="${at}"/>`
  ]
}

/** From the end of a process to the moment it serves again. */
const downs = (entries: ReadonlyArray<Trace.Entry>, { end, x, y }: Frame): ReadonlyArray<string> => {
  const since = new Map<string, number>()
  const bars: Array<string> = []
  const bar = (site: string, from: number, to: number): void => {
    const at = y(site)
    if (at === undefined) return
    bars.push(
      `<line class="down" x1="${x(from)}" x2="${x(to)}" y1="${at}" y2="${at}"><title>${escape(site)} is down</title></line>`
    )
  }
  for (const { atMillis, text, what, who } of entries) {
    const stopped = what === "fault" ? /^(?:kill|power off|wipe) (\S+)$/.exec(text)?.[1] : undefined
    if (stopped !== undefined && !since.has(stopped)) since.set(stopped, atMillis)
    const from = what === "site" && text === "serves" ? since.get(who) : undefined
    if (from !== undefined) {
      bar(who, from, atMillis)
      since.delete(who)
    }
  }
  for (const [site, from] of since) bar(site, from, end)
  return bars
}

/** From the site that filed an article first to each that filed it later. */
const ways = (entries: ReadonlyArray<Trace.Entry>, { x, y }: Frame): ReadonlyArray<string> => {
  const first = new Map<string, Trace.Entry>()
  return entries.flatMap((entry) => {
    const id = entry.what === "filed" ? entry.text.split(" ", 1)[0] : undefined
    if (id === undefined) return []
    const origin = first.get(id)
    if (origin === undefined) {
      first.set(id, entry)
      return []
    }
    const [from, to] = [y(origin.who), y(entry.who)]
    if (from === undefined || to === undefined) return []
    return [`<line class="way" x1="${x(origin.atMillis)}" y1="${from}" x2="${x(entry.atMillis)}" y2="${to}"/>`]
  })
}

/** One label for all faults of a moment. */
const faults = (entries: ReadonlyArray<Trace.Entry>, { x }: Frame): ReadonlyArray<string> => {
  const moments = new Map<number, Array<string>>()
  for (const { atMillis, text, what } of entries) {
    if (what === "fault") moments.set(x(atMillis), [...(moments.get(x(atMillis)) ?? []), text])
  }
  return [...moments].flatMap(([at, texts]) => {
    const title = `<title>${escape(texts.join("\n"))}</title>`
    const more = texts.length === 1 ? "" : ` and ${texts.length - 1} more`
    const [y, words] = [topPixels - 20, escape(`${texts[0]}${more}`)]
    return [
      `<line class="cut" x1="${at}" x2="${at}" y1="${y + 4}" y2="${topPixels}"/>`,
      `<text x="${at}" y="${y}" transform="rotate(-12 ${at} ${y})" fill="#c33">${words}${title}</text>`
    ]
  })
}

const markOf = (entry: Trace.Entry, { x, y }: Frame): ReadonlyArray<string> => {
  const { atMillis, text, what, who } = entry
  const title = `<title>${escape(`${who} ${what} ${text}`)}</title>`
  const [at, lane] = [x(atMillis), y(who)]
  if (lane === undefined) return []
  if (what === "post") return [`<circle cx="${at}" cy="${lane}" r="5" fill="none" stroke="#26a">${title}</circle>`]
  if (what === "filed") return [`<circle cx="${at}" cy="${lane}" r="2.5" fill="#26a">${title}</circle>`]
  if (what === "error" || what === "fatal")
    return [`<text x="${at}" y="${lane + 4}" fill="#c33" text-anchor="middle">x${title}</text>`]
  return []
}

/** How many times stand on the axis. */
const ticks = 10

const axis = (start: number, end: number, height: number, { x }: Frame): ReadonlyArray<string> =>
  Array.from({ length: ticks + 1 }, (_, at) => start + ((end - start) * at) / ticks).map(
    (millis) =>
      `<text x="${x(millis)}" y="${height - 8}" text-anchor="middle">${((millis - start) / 1000).toFixed(1)} s</text>`
  )
