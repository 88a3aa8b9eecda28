/**
 * Mistakes that somebody could make, each as a change of our code, and the promise that the simulated fleet then sees broken.
 *
 * `npm run planted` makes each of them in a copy of the project and runs histories until one breaks that promise.
 */

/** Which histories find it: as they are drawn, or those that are written down. */
export type Among = "small" | "retained" | "zones-down" | "days" | "known"

export interface Edit {
  readonly file: string
  /** Stands there once. */
  readonly text: string
  readonly instead: string
}

export interface Mistake {
  /** As the table in `docs/simulation.md` has it. */
  readonly name: string
  readonly breaks: number
  readonly among: Among
  readonly edits: ReadonlyArray<Edit>
}

const mistake = (
  among: Among,
  breaks: number,
  name: string,
  ...edits: ReadonlyArray<readonly [module: string, text: string, instead: string]>
): Mistake => ({
  name,
  breaks,
  among,
  edits: edits.map(([module, text, instead]) => ({ file: fileOf(module), text, instead }))
})

/** `spool/internal/Eraser` is a module of a package. */
const fileOf = (module: string): string => {
  const [name = "", ...rest] = module.split("/")
  return `packages/${name}/src/${rest.join("/")}.ts`
}

/** The modules in which a mistake is made, as the table names them. */
export const modulesOf = ({ edits }: Mistake): ReadonlyArray<string> =>
  [...new Set(edits.map(({ file }) => file))].map((file) =>
    file
      .replace(/^packages\//, "")
      .replace("/src/", "/")
      .replace(/\.ts$/, "")
  )

/** Makes an edit; nothing where its text does not stand in the file exactly once. */
export const made = (source: string, { instead, text }: Edit): string | undefined => {
  const [before, after, ...others] = source.split(text)
  return before === undefined || after === undefined || others.length > 0 ? undefined : `${before}${instead}${after}`
}

export const all: ReadonlyArray<Mistake> = [
  mistake("small", 1, "an answer before the sync", [
    "spool/FileSpool",
    'sync: (done) => shelves.sync((error) => (error === null && durability === "fsync" ? log.sync(done) : done(error))),',
    "sync: (done) => done(null),"
  ]),
  mistake("known", 7, "a feed's position moved before the answer", [
    "nntp/FeedWindow",
    "if (this.#open.size === 0) return this.#scanned",
    "if (this.#scanned > 0) return this.#scanned"
  ]),
  mistake("small", 5, "no look at the Path", [
    "core/FeedRule",
    "&& hasPassed(offered.path, peer)",
    "&& peer.identities.length < 0"
  ]),
  mistake("small", 6, "every fifth event counts twice", [
    "digest/InputSet",
    "    this.#take(value)\n    return true",
    "    this.#take(value)\n    if (this.#events % 5 === 0) this.#take(value)\n    return true"
  ]),
  mistake("small", 6, "removals count nothing", [
    "digest/DigestionState",
    "if (entry === undefined || !this.#days.remove(entry.total, id, nowMillis)) return false",
    "if (entry === undefined || nowMillis > 0) return false"
  ]),
  mistake("small", 3, "every ninth number is used again", [
    "core/Admission",
    "[name, high + 1]",
    "[name, high % 9 === 0 ? high : high + 1]"
  ]),
  mistake("small", 7, "a cancel that comes first is dropped", [
    "core/Admission",
    'return [{ _tag: "Claimed", by: id, claim, ...next }]',
    "return []"
  ]),
  mistake("small", 7, "any key withdraws", [
    "core/Admission",
    "return OwnerMark.opens(claim.opens, site.owners(target)) ? [removal(claim, id, next)] : []",
    "return [removal(claim, id, next)]"
  ]),
  mistake("small", 4, "a crosspost enters its first group alone", [
    "core/Admission",
    "const numbers = (taking.every(isOpen) ? taking : openOf(site, taking)).map(nextNumber)",
    "const numbers = taking.map(nextNumber).slice(0, 1)"
  ]),
  mistake("small", 8, "the cache keeps what was removed", [
    "cache/ScrapedChanges",
    "else removed.push(change.messageId)",
    "else removed.slice()"
  ]),
  mistake("small", 2, "history forgets what was removed", [
    "core/Admission",
    'if (status !== "unknown") return { outcome: status === "held" ? "here" : "removed", numbers: none }',
    'if (status === "held") return { outcome: "here", numbers: none }'
  ]),
  mistake("small", 7, "an erasure leaves the octets", [
    "spool/internal/Eraser",
    "for (const spot of erasure.blanks) blank(spot, erasure.hash)",
    "blank.toString()"
  ]),
  mistake(
    "small",
    7,
    "a wiped host is neither refilled nor fed from the start",
    ["site/Refill", "sources.filter((_, at) => done[at] === undefined)", "sources.filter(() => done.length < 0)"],
    ["nntp/FeedProgress", "const name = follower(peer.name, generation)", "const name = follower(peer.name, undefined)"]
  ),
  mistake("known", 10, "durable in one zone", ["api/Receipt", "durableZonesMin = 2", "durableZonesMin = 1"]),
  mistake("zones-down", 6, "no zone digests in place of another", [
    "digest/Turn",
    "if (!isCovered) return [settled, Action.Emit()]",
    "if (!isCovered) return [settled, nothing]"
  ]),
  mistake(
    "retained",
    5,
    "what has expired is forgotten at once",
    [
      "spool/Expiry",
      "const before = nowMillis - Limits.historyMillis",
      "const before = nowMillis - Limits.historyMillis * 0"
    ],
    ["spool/Expiry", "forgetStrideMillis = 60 * 60 * 1000", "forgetStrideMillis = 0"]
  ),
  mistake("retained", 3, "low goes back to its base as a group is empty", [
    "spool/internal/GroupTable",
    "if (shelf.count === 0) shelf.lowAtLeast = shelf.high + 1\n      else if",
    "if (shelf.count === 0) shelf.lowAtLeast = numberBase + 1\n      else if"
  ]),
  mistake("retained", 7, "every third record of a file that goes is not moved", [
    "spool/internal/Compaction",
    "if (octets !== undefined) {",
    "if (octets !== undefined && whole.found.address % 3 !== 0) {"
  ]),
  mistake("days", 6, "closing a day leaves its bucket as well", [
    "digest/KeyTotal",
    "if (!this.#buckets.delete(bucket.day)) return",
    "if (!this.#buckets.has(bucket.day)) return"
  ]),
  mistake("days", 6, "sealed days are forgotten once inputs have expired", [
    "digest/Bucket",
    "if (!this.isSealed) this.seal()",
    "this.#sealed = undefined"
  ]),
  mistake("days", 10, "a digester reads no partials", [
    "digest/Digester",
    "if (DayPartial.isNotAPartial(partial)) return",
    "if (DayPartial.isNotAPartial(partial) || nowMillis > 0) return"
  ]),
  mistake("days", 6, "a removal after the seal counts nothing", [
    "digest/Bucket",
    "    if (!this.isSealed) return true\n    if (this.#isOwn) this.#sealed = this.ownPart\n    return this.#isOwn",
    "    return !this.isSealed"
  ]),
  mistake(
    "days",
    6,
    "a late event enters its sealed day",
    ["digest/Bucket", "const isNew = !this.#isOwn && this.own.add(", "const isNew = this.own.add("],
    [
      "digest/Bucket",
      'if (this.#sealed === undefined) return isNew ? "counted" : "known"',
      'if (isNew && this.#sealed !== undefined) this.#sealed = this.ownPart\n    if (isNew) return "counted"'
    ]
  ),
  mistake("days", 10, "no deadline", [
    "digest/Days",
    "if (bucket.isSealed || !bucket.isStated || nowMillis < Calendar.deadlineMillis(calendar, bucket.day)) return false",
    "if (!bucket.isSealed || !bucket.isStated) return false"
  ]),
  mistake("known", 6, "removed ids are not compared with digests", [
    "digest/Lost",
    "if (target === undefined) return incomparable",
    "if (target === undefined || target >= 0n) return incomparable"
  ]),
  mistake("known", 6, "nothing is given up of what is gone and not found", [
    "digest/Unlike",
    "if (givenUp === undefined || !sight.isLikely) continue",
    "if (givenUp === undefined || sight.seenMillis > 0) continue"
  ]),
  mistake("known", 6, "nothing of a sealed day is given up", [
    "digest/Days",
    "if (total === undefined || isMore || hasExpired) return",
    "if (total === undefined || bucket.day > 0) return"
  ])
]

/** Where the table in `docs/simulation.md` says that a mistake is found. */
export const amongText: Readonly<Record<Among, string>> = {
  small: "small fleets",
  retained: "hosts that keep little",
  "zones-down": "two zones dead",
  days: "sealed days",
  known: "known histories"
}

/** The row of the table. */
export const rowOf = (one: Mistake): string =>
  `| ${one.name} | ${modulesOf(one)
    .map((module) => `\`${module}\``)
    .join(", ")} | ${one.breaks} | ${amongText[one.among]} |`
