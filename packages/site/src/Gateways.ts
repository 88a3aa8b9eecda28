/**
 * Which hosts of a POP or a zone hold its link to another place, decided alike by everybody who sees the same hosts alive.
 *
 * Pure. Where nobody is alive, all are counted, so that somebody tries.
 */
import * as Rendezvous from "./Rendezvous.ts"

/** Hosts of a POP that talk to zones (design §4). */
export const gatewaysMax = 2

export type IsAlive = (name: string) => boolean

/** The gateways of a POP among its hosts, the first one first. */
export const of = (pop: string, hosts: ReadonlyArray<string>, isAlive: IsAlive): ReadonlyArray<string> =>
  Rendezvous.rank(living(hosts, isAlive), pop).slice(0, gatewaysMax)

/**
 * The gateway that holds the POP's link to one of its zones. The gateways take turns, so that one that is cut off from the
 * zones, but not from its POP, leaves a link to the other. Undefined where the POP has no hosts, or not this zone.
 */
export const toZone = (
  pop: string,
  hosts: ReadonlyArray<string>,
  zones: ReadonlyArray<string>,
  zone: string,
  isAlive: IsAlive
): string | undefined => {
  const at = zones.indexOf(zone)
  const gateways = of(pop, hosts, isAlive)
  return at < 0 ? undefined : gateways[at % gateways.length]
}

/** The host of a zone that holds its link to another place. */
export const ofZone = (place: string, hosts: ReadonlyArray<string>, isAlive: IsAlive): string | undefined =>
  Rendezvous.rank(living(hosts, isAlive), place)[0]

const living = (hosts: ReadonlyArray<string>, isAlive: IsAlive): ReadonlyArray<string> => {
  const alive = hosts.filter(isAlive)
  return alive.length > 0 ? alive : hosts
}
