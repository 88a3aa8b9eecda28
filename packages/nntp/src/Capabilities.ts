/**
 * What a server tells about itself: the answers to CAPABILITIES and HELP, made from the table of commands.
 */
import type * as Site from "@lupin/core/Site"
import * as CommandTable from "./CommandTable.ts"
import * as Sasl from "./Sasl.ts"

/** Label of our private reading commands; never needed by a client. */
export const privateLabel = "XLUPIN"

const generationKey = "GENERATION="
const startedKey = "STARTED="

/** What is said of a label: all of it, the bare label (RFC 4643 §2.1, of AUTHINFO), or nothing. */
export type Offer = (label: string) => "full" | "bare" | "none"

/** Capability lines (RFC 3977 §5.2), the version first: what the table has and `offer` lets through. */
export const lines = (offer: Offer, generation: Site.Generation): ReadonlyArray<string> => {
  const labels = new Map<string, Array<string>>()
  for (const { capability } of CommandTable.rows) {
    if (capability === undefined || offer(capability[0]) === "none") continue
    const variants = labels.get(capability[0]) ?? []
    if (capability[1] !== undefined && offer(capability[0]) === "full") variants.push(capability[1])
    labels.set(capability[0], variants)
  }
  if (offer("SASL") === "full") labels.set("SASL", [...Sasl.mechanisms])
  labels.get(privateLabel)?.push(`${generationKey}${generation.id}`, `${startedKey}${generation.startedMillis}`)
  return [
    "VERSION 2",
    "IMPLEMENTATION Lupin",
    ...[...labels].map(([label, variants]) => [label, ...variants].join(" "))
  ]
}

/** One line per command: keyword and syntax. */
export const help: ReadonlyArray<string> = CommandTable.rows.map(({ keyword, syntax }) =>
  `  ${keyword} ${syntax}`.trimEnd()
)

/** What a client learns from the capability lines of a server. */
export interface Capabilities {
  readonly labels: ReadonlyMap<string, ReadonlyArray<string>>
  /** Only our own servers tell their spool's generation. */
  readonly generation: { readonly id: string; readonly startedMillis: number } | undefined
}

export const none: Capabilities = { labels: new Map(), generation: undefined }

/** Reads capability lines. Total: what it does not understand is a label like any other. */
export const read = (text: ReadonlyArray<string>): Capabilities => {
  const labels = new Map<string, ReadonlyArray<string>>()
  for (const row of text) {
    const [label = "", ...variants] = row.trim().split(/\s+/)
    if (label !== "") labels.set(label.toUpperCase(), variants)
  }
  const told = labels.get(privateLabel) ?? []
  const id = valueOf(told, generationKey)
  const started = Number(valueOf(told, startedKey))
  return {
    labels,
    generation: id !== undefined && Number.isSafeInteger(started) ? { id, startedMillis: started } : undefined
  }
}

/** Says whether the server has the label, and among its arguments `variant` where one is asked for. */
export const has = (capabilities: Capabilities, label: string, variant?: string): boolean => {
  const variants = capabilities.labels.get(label)
  return variants !== undefined && (variant === undefined || variants.includes(variant))
}

const valueOf = (words: ReadonlyArray<string>, key: string): string | undefined =>
  words.find((word) => word.startsWith(key))?.slice(key.length)
