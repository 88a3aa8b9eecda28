import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { DevFleet, lupin, type Posted, review, until } from "./DevFleet.ts"

const fleet = new DevFleet()
const pops = ["boi1", "boi2", "lhr1"]
const everything = "clientposts.trailblaze"

/** Events in flight when something is killed. */
const flightSize = 1_000

beforeAll(() => fleet.start(), 120_000)
afterAll(() => fleet.remove(), 60_000)

const digest = async (site: string, trail: string) => {
  const answer = await fleet.json(site, `/v1/apps/trailblaze/digests/trail-ratings/${trail}`)
  return (answer as { digest?: { view: { count: number; mean: number } } } | undefined)?.digest?.view
}

const isAnswered = (site: string, id: string, group: string, millisMax = 10_000) =>
  until(`${id} at ${site}`, async () => ((await fleet.reviews(site, group)).includes(id) ? true : undefined), millisMax)

const kill = (site: string) => process.kill(fleet.site(site).pid ?? 0, "SIGKILL")

/**
 * Keeps many posts of reviews under way and kills a site in the middle; gives how many there were, and the Message-IDs that got
 * their 201. One that is answered is followed by another, so that not all are answered as the site dies.
 */
const flight = async (site: string, trail: string, killed: string) => {
  const acknowledged: Array<string> = []
  let posted = 0
  let isKilled = false
  const post = async (): Promise<void> => {
    posted += 1
    const { status, body } = await fleet.post(site, review(trail))
    if (status !== 201) return
    acknowledged.push(body.messageId)
    if (isKilled) return
    if (acknowledged.length < flightSize / 10) return post()
    isKilled = true
    kill(killed)
  }
  await Promise.all(Array.from({ length: flightSize }, post))
  await until(`${killed} gone`, async () => (fleet.site(killed).pid === undefined ? true : undefined), 5_000)
  return { acknowledged, posted }
}

/** Every acknowledged event is answered at every POP, once. */
const areAllAnsweredOnce = async (acknowledged: ReadonlyArray<string>) => {
  for (const site of pops)
    await until(
      `${acknowledged.length} events at ${site}`,
      async () => {
        const seen = await fleet.reviews(site, everything)
        expect(new Set(seen).size).toBe(seen.length)
        const there = new Set(seen)
        return acknowledged.every((id) => there.has(id)) ? true : undefined
      },
      30_000
    )
}

describe("a development fleet", () => {
  it("shows a table, lines to try and its addresses, and has six processes", () => {
    expect(fleet.output).toMatch(/site +kind +where +pid +nntp +json +meta/)
    expect(fleet.output.match(/^curl /gm)?.length).toBeGreaterThanOrEqual(4)
    const { sites } = fleet.file
    expect(sites.map(({ name }) => name)).toEqual(["lupin-us-sea", "lupin-uk-mk", "lupin-sa-cape", ...pops])
    expect(new Set(sites.map(({ pid }) => pid)).size).toBe(6)
  })

  it("answers its seeds everywhere, near where they are", async () => {
    for (const site of pops)
      await until(
        `seeds at ${site}`,
        async () => {
          const path = "/v1/apps/trailblaze/events?kind=review&near=47.43,-121.41&radius=25km"
          const page = (await fleet.json(site, path)) as { events: ReadonlyArray<unknown> } | undefined
          return page !== undefined && page.events.length > 0 ? true : undefined
        },
        5_000
      )
  })

  it("answers an event of one POP at another, and counts it there", async () => {
    const { status, body } = await fleet.post("boi1", review("sawtooth-lake", 4))
    expect(status).toBe(201)
    await isAnswered("lhr1", body.messageId, "clientposts.trailblaze.geo.us.idaho")
    await until(
      "the digest",
      async () => ((await digest("lhr1", "sawtooth-lake"))?.count === 1 ? true : undefined),
      10_000
    )
  })

  it("takes a repeat at another POP as the same event, and the id with other content as a conflict", async () => {
    const id = `${Date.now()
      .toString(16)
      .padStart(12, "0")
      .replace(/^(.{8})(.{4})$/, "$1-$2")}-7abc-8def-0123456789ab`
    const first = await fleet.post("boi1", { id, ...review("stuart-lake") })
    const here = await fleet.post("boi1", { id, ...review("stuart-lake") })
    await isAnswered("lhr1", first.body.messageId, everything)
    const again = await fleet.post("lhr1", { id, ...review("stuart-lake") })
    expect([first.status, here.status, again.status]).toEqual([201, 200, 200])
    const { groups, messageId }: Posted = first.body
    for (const { body } of [again, here]) expect(body).toMatchObject({ groups, messageId })
    expect((await fleet.post("boi1", { id, ...review("stuart-lake", 1) })).status).toBe(409)
  })

  it("brings a receipt to durable and digested, with the zones that hold the article", async () => {
    const { body } = await fleet.post("lhr1", review("ben-nevis", 5, { lat: 56.7969, lon: -5.0036 }))
    const receipt = await until(
      "the receipt",
      async () => {
        const path = `/v1/receipts/${encodeURIComponent(body.messageId)}`
        const receipt = (await fleet.json("lhr1", path)) as {
          stages: ReadonlyArray<string>
          heldBy: ReadonlyArray<string>
        }
        return receipt.stages.includes("digested") ? receipt : undefined
      },
      5_000
    )
    expect(receipt.stages).toEqual(["accepted", "durable", "digested"])
    expect(receipt.heldBy).toContain("lhr1")
    expect(receipt.heldBy.filter((site) => site.startsWith("lupin-")).length).toBeGreaterThanOrEqual(2)
  })

  for (const zone of ["lupin-us-sea", "lupin-uk-mk", "lupin-sa-cape"])
    it(`answers and digests while ${zone} is stopped`, async () => {
      const trail = `without-${zone}`
      expect((await fleet.order("stop", zone)).code).toBe(0)
      const { status, body } = await fleet.post("boi2", review(trail))
      expect(status).toBe(201)
      await isAnswered("lhr1", body.messageId, everything, 10_000)
      await until("the digest", async () => ((await digest("lhr1", trail))?.count === 1 ? true : undefined), 10_000)
      expect((await fleet.order("start", zone)).code).toBe(0)
    }, 60_000)

  it("keeps every acknowledged event when its POP host is killed in mid post", async () => {
    const { acknowledged, posted } = await flight("boi1", "kill-pop", "boi1")
    expect(acknowledged.length).toBeLessThan(posted)
    expect((await fleet.order("start", "boi1")).code).toBe(0)
    await areAllAnsweredOnce(acknowledged)
  }, 120_000)

  it("keeps every acknowledged event when a central site is killed in mid post", async () => {
    const { acknowledged, posted } = await flight("boi1", "kill-central", "lupin-us-sea")
    expect(acknowledged.length).toBe(posted)
    expect((await fleet.order("start", "lupin-us-sea")).code).toBe(0)
    await areAllAnsweredOnce(acknowledged)
    await until(
      "the digest",
      async () => ((await digest("boi2", "kill-central"))?.count === posted ? true : undefined),
      30_000
    )
  }, 120_000)

  it("refills a wiped POP host, its own articles included", async () => {
    const { body } = await fleet.post("boi2", review("own-article"))
    await isAnswered("lhr1", body.messageId, everything, 5_000)
    const before = await fleet.reviews("lhr1", everything)
    expect((await fleet.order("wipe", "boi2")).code).toBe(0)
    await until(
      "the refill",
      async () => {
        const there = new Set(await fleet.reviews("boi2", everything))
        return before.every((id) => there.has(id)) ? true : undefined
      },
      30_000
    )
  }, 120_000)

  it("shows how the feeds of a site go", async () => {
    const peers = async () => (await lupin(["peers", "--meta", `http://${fleet.site("boi1").meta}`])).output
    // A peer that was away is tried again after at most ten seconds.
    for (const name of ["boi2", "lupin-us-sea", "lupin-uk-mk", "lupin-sa-cape"])
      await until(
        `the feed of ${name}`,
        async () => new RegExp(`^${name} +connected( +\\d+){5}`, "m").test(await peers()) || undefined,
        15_000
      )
  })

  it("compares the history of a site with those of its peers", async () => {
    const { code, output } = await lupin(["peers", "--compare", "--meta", `http://${fleet.site("boi1").meta}`])
    expect(code).toBe(0)
    for (const name of ["boi2", "lupin-us-sea", "lupin-uk-mk", "lupin-sa-cape"])
      expect(output).toMatch(new RegExp(`^${name} +(?:equal|differs)( +\\d+){5}$`, "m"))
  })

  it("says so when a site ends by itself, and does not restart it", async () => {
    kill("lhr1")
    await until(
      "the report",
      async () => (fleet.output.includes("lhr1 exited with SIGKILL, by itself") ? true : undefined),
      5_000
    )
    expect(fleet.site("lhr1").pid).toBeUndefined()
    expect((await fleet.order("start", "lhr1")).code).toBe(0)
  }, 60_000)

  it("refuses orders it does not understand, in one line", async () => {
    const unknown = await fleet.order("stop", "nowhere")
    expect(unknown.code).toBe(1)
    expect(unknown.output).toContain("no site nowhere")
    expect((await lupin(["dev", "stop", "boi1", "--dir", "/nonexistent/fleet"])).code).toBe(1)
  })

  it("stops clean, and finds its data again", async () => {
    const before = await fleet.reviews("lhr1", everything)
    expect(await fleet.stop()).toBe(130)
    for (const { pid } of fleet.file.sites) expect(pid).toBeUndefined()
    await fleet.start()
    const there = new Set(await fleet.reviews("lhr1", everything))
    expect(before.filter((id) => !there.has(id))).toEqual([])
  }, 120_000)
})
