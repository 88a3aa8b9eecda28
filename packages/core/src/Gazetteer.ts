/**
 * Names the country, region and district of a point, as the components of a group: `us.idaho.custer`, `gb.eng`, `xz.sea`.
 *
 * Pure and offline. Countries are those of @rapideditor/country-coder (ISO 3166-1), counties those of us-atlas. Groups are
 * a function of an event and its routing version, so other answers than these need another `gazetteerVersion`.
 */
import * as CountryCoder from "@rapideditor/country-coder"
import * as Counties from "./Counties.ts"
import * as GeoPoint from "./GeoPoint.ts"
import type * as S2 from "./S2.ts"

/** Rises whenever any point gets another answer, be it by our rules or by newer borders. */
export const gazetteerVersion = 1

/** Components of a group name: lower case, `[a-z0-9-]`. */
export interface Region {
  /** ISO 3166-1 alpha-2; `xz` at sea (UN/LOCODE), `xx` where no country has a code. */
  readonly country: string
  readonly region: string
  readonly district?: string
}

/** The region of a country that has no regions here; RFC 5536 §3.1.4 reserves "all". */
export const wholeCountry = "whole"

const seaRegion = "sea"

/** Where no country is: the high seas, and the Arctic. */
export const sea: Region = { country: "xz", region: seaRegion }

/** Total: every point on the globe has one answer. */
export const regionOf = (point: S2.Point): Region => {
  const place = GeoPoint.normalise({ lat: point.lat, lon: point.lon })
  const found = territoryAt(place)?.properties
  if (found === undefined) return sea
  const code = found.country ?? found.iso1A2
  if (code === undefined) return { country: "xx", region: component(found.nameEn) }
  const country = code.toLowerCase()
  if (code === "US") {
    const county = Counties.find(place)
    if (county !== undefined) return { country, region: component(county.state), district: component(county.county) }
  }
  if (found.country === undefined) return { country, region: wholeCountry }
  return { country, region: hasCounties(found) ? seaRegion : regionName(code, found) }
}

/** A name as a component: no accents, no apostrophes or full stops, a hyphen for what else is no letter or digit. */
export const component = (name: string): string =>
  name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f'’.]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")

// Its borders end at the antimeridian, which has two names.
const territoryAt = ({ lat, lon }: S2.Point) =>
  CountryCoder.feature([lon, lat], territory) ??
  (lon === 180 ? CountryCoder.feature([-180, lat], territory) : null) ??
  undefined

const territory = { level: "subterritory" }

interface Territory {
  readonly iso1A2: string | undefined
  readonly nameEn: string
  readonly aliases: ReadonlyArray<string> | undefined
}

// The states and the territories with counties; their waters further out than those of any county are at sea.
const hasCounties = ({ aliases }: Territory): boolean =>
  aliases?.some((alias) => alias === "CONUS" || alias.startsWith("US-")) ?? false

// GB-ENG gives `eng`, HK `hk`, Svalbard its name: its code NO-21 is only digits, which RFC 5536 §3.1.4 advises against.
const regionName = (country: string, { aliases, iso1A2, nameEn }: Territory): string => {
  const subdivision = aliases?.find((alias) => alias.startsWith(`${country}-`) && /[A-Z]/.test(alias.slice(3)))
  return component(subdivision?.slice(3) ?? iso1A2 ?? nameEn)
}
