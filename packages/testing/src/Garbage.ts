/**
 * Octets without sense for the NNTP port of a simulated site, and what it does about them.
 */
import { Buffer } from "node:buffer"
import { Effect } from "effect"
import type { Chance } from "./Chance.ts"
import type * as Evidence from "./Evidence.ts"
import type * as Fleet from "./Fleet.ts"
import type { End } from "./SimConnection.ts"
import { nntpPort } from "./Topology.ts"

const words = [
  "CAPABILITIES",
  "MODE STREAM",
  "MODE READER",
  "CHECK <a@b>",
  "TAKETHIS <a@b>",
  "IHAVE <a@b>",
  "POST",
  "ARTICLE 99999999999999999999",
  "GROUP ../../etc/passwd",
  "OVER 1-",
  "HDR : 5-1",
  "NEWNEWS * 99999999 000000",
  "LIST ACTIVE [[[",
  "XCHANGES x y z",
  "XSTATUS <a@b> <",
  "XRECONCILE",
  "COMPRESS DEFLATE",
  "STARTTLS",
  "AUTHINFO SASL PLAIN =",
  "AUTHINFO USER \u0000",
  "DATE DATE DATE",
  "\u00ff\u00fe",
  "."
] as const

const longBytes = [513, 4_096, 70_000] as const

/** Commands cut short, lines too long, chance octets, in any order; ends a block, and asks for the end. */
export const draw = (chance: Chance): Uint8Array => {
  const parts = Array.from({ length: chance.between(1, 6) }, () => {
    switch (chance.between(0, 3)) {
      case 0:
        return chance.octets(chance.between(1, 200))
      case 1:
        return Buffer.from("x".repeat(chance.pick(longBytes)), "latin1")
      default:
        return Buffer.from(chance.pick(words), "latin1")
    }
  })
  const end = chance.happens(0.8) ? "\r\n" : "\n"
  return Buffer.concat([...parts.flatMap((part) => [part, Buffer.from(end)]), Buffer.from("\r\n.\r\nQUIT\r\n")])
}

/** How long to wait for an answer or a close, in milliseconds: longer than a connection may idle. */
export const waitMillisMax = 720_000

/** Brings octets to a site's port, from a host that exists, and waits for what comes of it. */
export const bring = (
  fleet: Fleet.Fleet,
  site: string,
  from: string,
  octets: Uint8Array
): Effect.Effect<Evidence.Probed["outcome"]> => {
  const process = fleet.world.spawn(`prober of ${site}`)
  const { address } = fleet.site(site).plan
  return Effect.callback<Evidence.Probed["outcome"]>((resume) => {
    const giveUp = fleet.network.connect(process, fleet.site(from).plan.address, address, nntpPort, (end) => {
      if (typeof end === "string") return resume(Effect.succeed("closed"))
      const trouble = end.write(octets)
      if (trouble === undefined) listen(end, (outcome) => resume(Effect.succeed(outcome)))
      else resume(Effect.succeed("closed"))
    })
    return Effect.sync(giveUp)
  }).pipe(
    Effect.timeoutOrElse({ duration: waitMillisMax, orElse: () => Effect.succeed("silent" as const) }),
    Effect.ensuring(Effect.sync(() => process.kill()))
  )
}

/** The greeting is no answer: something after its line is. */
const listen = (end: End, tell: (outcome: "answered" | "closed") => void): void => {
  let heard = ""
  const look = (): void => {
    const found = end.read()
    if (found === undefined) return end.onReadable(look)
    if ("_tag" in found) return tell("closed")
    heard += found.map((chunk) => Buffer.from(chunk).toString("latin1")).join("")
    if (/\r\n./s.test(heard)) {
      end.close()
      return tell("answered")
    }
    end.onReadable(look)
  }
  look()
}
