/**
 * The way an article took, the latest site first (RFC 5536 §3.1.5, RFC 5537 §3.2).
 *
 * Between the sites stand diagnostics: an empty entry (`!!`) or one that begins with a dot (`.POSTED`).
 */

/** What was read of a Path: the sites passed, the latest first, and the tail, which names no site. */
export interface Path {
  readonly sites: ReadonlyArray<string>
  readonly tail: string
  /** The site at which the article entered the network: the one left of `.POSTED`. */
  readonly injectedBy: string | undefined
}

const identity = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/

/** Total: whatever stands between two `!` is a site, a diagnostic, or nothing. */
export const parse = (text: string): Path => {
  const entries = text.split("!").map((entry) => entry.trim())
  const tail = entries.pop() ?? ""
  const posted = entries.findIndex((entry) => isPosted(entry))
  return {
    sites: entries.filter(isSite),
    tail,
    injectedBy: posted < 0 ? undefined : entries.slice(0, posted).findLast(isSite)
  }
}

/** The sites passed, the latest first, without diagnostics and tail. */
export const sites = (text: string): ReadonlyArray<string> => parse(text).sites

/** The sites passed, one by one: whoever looks for the first ones need not read the rest. */
export function* eachSite(text: string): Generator<string, void> {
  for (let start = 0; ;) {
    const end = text.indexOf("!", start)
    if (end < 0) return
    const entry = text.slice(start, end).trim()
    if (isSite(entry)) yield entry
    start = end + 1
  }
}

/** The Path that was asked about last: each peer of a site is looked for in it. */
let lowered = { text: "", path: "" }

/** Says whether the article has passed `site`. Case does not matter; the tail is no site. */
export const names = (text: string, site: string): boolean => {
  if (lowered.text !== text) lowered = { text, path: text.toLowerCase() }
  const { path } = lowered
  const sought = site.toLowerCase()
  if (!isSite(sought)) return false
  for (let at = path.indexOf(sought); at >= 0; at = path.indexOf(sought, at + 1)) {
    if (isEntryStart(path, at) && isEntryEnd(path, at + sought.length)) return true
  }
  return false
}

/** Says whether the article was injected somewhere already (RFC 5537 §3.5, step 2). */
export const isInjected = (text: string): boolean => text.split("!").some((entry) => isPosted(entry.trim()))

/** Says whether `text` may stand in a Path as the name of a site or of a posting host. */
export const isIdentity = (text: string): boolean => identity.test(text)

/** What stands in front of the site's name. */
export interface Origin {
  /** The article enters the network here; a text is the posting host. */
  readonly posted?: boolean | string
  /**
   * Who may have handed us the article, as we know them: one site, or all that share an address. Checked against what the
   * Path says (RFC 5537 §3.2.1).
   */
  readonly peers?: ReadonlyArray<string>
  /** The address it came from, which stands for a peer that we cannot tell. */
  readonly address?: string
}

/** What `site` writes in front of the Path it got. */
export const prefix = (path: string, site: string, origin: Origin = {}): string => {
  if (origin.posted !== undefined && origin.posted !== false) {
    const host = typeof origin.posted === "string" && isIdentity(origin.posted) ? `.${origin.posted}` : ""
    return `${site}!.POSTED${host}!`
  }
  const peers = origin.peers === undefined ? none : identities(origin.peers)
  if (peers.length > 0) {
    let at = 0
    while (at < peers.length && !isLatest(path, peers[at] as string)) at += 1
    if (at < peers.length) return (own.site === site ? own : (own = passed(site))).prefix
    if (peers.length === 1) return `${site}!.MISMATCH.${peers[0]}!`
  }
  if (site !== latest.site || origin.address !== latest.address) latest = seen(site, origin.address)
  return latest.prefix
}

/** What stands in front where the peer has named itself. */
const passed = (site: string) => ({ site, prefix: `${site}!!` })

/** That of the last article: a text that is the same one is compared at once. */
let own = passed("")

/** Says whether `site` is the first entry of the Path, in any case. */
const isLatest = (path: string, site: string): boolean => {
  if (path.charCodeAt(site.length) === mark && path.slice(0, site.length) === site) return true
  const end = path.indexOf("!")
  const entry = end < 0 ? path : path.slice(0, end)
  return entry.trim().toLowerCase() === site.toLowerCase()
}

const mark = 33

/** Those of the names that may stand in a Path. */
const identities = (peers: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (peers !== latestPeers.all) latestPeers = { all: peers, named: peers.filter(isIdentity) }
  return latestPeers.named
}

/** Those of the last article: many come from one peer. */
let latestPeers: Readonly<Record<"all" | "named", ReadonlyArray<string>>> = { all: [], named: [] }

/** What stands in front where only the address tells where an article came from. */
const seen = (site: string, address: string | undefined) => {
  const plain = address === undefined ? "" : plainAddress(address)
  return { site, address, prefix: isAddress.test(plain) ? `${site}!.SEEN.${plain}!` : `${site}!` }
}

/** That of the last article: many come from one address. */
let latest: ReturnType<typeof seen> = { site: "", address: undefined, prefix: "!" }

const none: ReadonlyArray<string> = []
const isAddress = /^[0-9A-Fa-f:.]+$/

/** An IPv4 address that came as an IPv6 one as what it is, and none with a zone. */
const plainAddress = (address: string): string => {
  const from = /^::ffff:\d+\./i.test(address) ? "::ffff:".length : 0
  const zone = address.indexOf("%")
  return from === 0 && zone < 0 ? address : address.slice(from, zone < 0 ? undefined : zone)
}

/** The Path with `site` in front. An article that has no Path yet gets the tail `not-for-mail`. */
export const prepend = (path: string, site: string, origin: Origin = {}): string =>
  `${prefix(path, site, origin)}${path === "" ? "not-for-mail" : path}`

const isPosted = (entry: string): boolean => /^\.posted(?:\.|$)/i.test(entry)
const isSite = (entry: string): boolean => entry !== "" && !entry.startsWith(".")

const isSpace = (char: string | undefined): boolean => char === " " || char === "\t"

const isEntryStart = (path: string, at: number): boolean => {
  let before = at - 1
  while (before >= 0 && isSpace(path[before])) before -= 1
  return before < 0 || path[before] === "!"
}

/** A site is followed by `!`: what is not, is the tail. */
const isEntryEnd = (path: string, at: number): boolean => {
  let after = at
  while (after < path.length && isSpace(path[after])) after += 1
  return path[after] === "!"
}
