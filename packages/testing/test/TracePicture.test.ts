import { describe, expect, it } from "vitest"
import type * as Trace from "../src/Trace.ts"
import * as TracePicture from "../src/TracePicture.ts"

const entry = (atMillis: number, who: string, what: string, text: string): Trace.Entry => ({
  atMillis,
  who,
  what,
  text
})
const count = (text: string, part: string): number => text.split(part).length - 1

describe("the picture of a trace", () => {
  const picture = TracePicture.svg([
    entry(0, "z1", "site", "serves"),
    entry(10, "p1", "post", 'review {"text":"<b> & co"}'),
    entry(20, "p1", "filed", "<1@a.example> misc.test:1"),
    entry(60, "z1", "filed", "<1@a.example> misc.test:9"),
    entry(70, "world", "fault", "kill z1"),
    entry(90, "z1", "site", "serves"),
    entry(95, "world", "fault", "kill p1"),
    entry(100, "z1", "info", "<2@a.example>")
  ])

  it("has a lane for each site, a mark for each post and article, and a way between sites", () => {
    expect(picture).toMatch(/>z1<\/text>[^]*>p1<\/text>/)
    expect(picture).not.toContain(">world<")
    expect(count(picture, 'fill="none"')).toBe(1)
    expect(count(picture, 'r="2.5"')).toBe(2)
    expect(count(picture, 'class="way"')).toBe(1)
  })

  it("greys the lane of a site while it is down, to the end where it does not come back", () => {
    expect(
      [...picture.matchAll(/class="down" x1="([\d.]+)" x2="([\d.]+)"/g)].map(([, from, to]) => [from, to])
    ).toEqual([
      ["930", "1170"],
      ["1230", "1290"]
    ])
  })

  it("is well-formed whatever is written in a trace", () => {
    expect(picture).toContain("p1 post review {&quot;text&quot;:&quot;&lt;b&gt; &amp; co&quot;}")
    expect(picture.replaceAll(/<[^<>]+>/g, "")).not.toMatch(/[<>]/)
    expect(TracePicture.svg([])).toContain("</svg>")
  })
})
