/**
 * Where a site filed an article: its groups with their numbers (RFC 5536 §3.2.14).
 */
import * as GroupName from "./GroupName.ts"
import * as Limits from "./Limits.ts"

/** Numbers of one article, a group each. */
export type Numbers = ReadonlyArray<readonly [GroupName.GroupName, number]>

export interface Xref {
  readonly site: string
  readonly numbers: Numbers
}

/** The content of an Xref field, without the field's name. */
export const format = (site: string, numbers: Numbers): string => {
  let text = site
  for (const [group, number] of numbers) text += ` ${group}:${number}`
  return text
}

/** Reads what `format` writes; nothing where a place is no group with a number in range. */
export const parse = (text: string): Xref | undefined => {
  const [site, ...places] = text.trim().split(/\s+/)
  if (site === undefined || site === "") return undefined
  const numbers: Array<readonly [GroupName.GroupName, number]> = []
  for (const place of places) {
    const colon = place.lastIndexOf(":")
    const group = GroupName.parse(place.slice(0, Math.max(colon, 0)))
    const digits = place.slice(colon + 1)
    const number = Number(digits)
    if (group === undefined || !/^\d{1,10}$/.test(digits) || number < 1 || number > Limits.articleNumberMax)
      return undefined
    numbers.push([group, number])
  }
  return { site, numbers }
}
