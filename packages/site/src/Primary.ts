/**
 * The zone that a POP's articles go to at once, and that sends it everybody's: the first of its zones that is alive.
 *
 * Pure, and decided at both ends: the POP by its links, a zone by its own links to the zones before it.
 */

/** `zones` of a POP, the one wanted most first. Where none is alive it stays the first; undefined where there is none. */
export const of = (zones: ReadonlyArray<string>, isAlive: (zone: string) => boolean): string | undefined =>
  zones.find(isAlive) ?? zones[0]
