/**
 * What is safely in the log, as the decider asks for it.
 */
import * as Article from "@lupin/core/Article"
import * as Filing from "@lupin/core/Filing"
import * as Waiting from "@lupin/core/Waiting"
import type * as Ahead from "./Ahead.ts"
import type { Articles } from "./Articles.ts"
import type { Index } from "./Index.ts"
import type { Quarantine } from "./Quarantine.ts"

/** `appGroupsMax`: groups of an app that begin with an article. */
export const of = (index: Index, records: Articles, quarantine: Quarantine, appGroupsMax: number): Ahead.Known => ({
  get groups() {
    return index.groups
  },
  get position() {
    return index.progress.position
  },
  bitsOf: (id) => index.hash.bitsOf(id),
  status: (id) => index.status(id),
  statusSince: (id, forgottenMillis) => index.statusToFile(id, forgottenMillis),
  isErased: (hash) => index.erasures.has(hash),
  get forgottenMillis() {
    return index.progress.forgottenMillis
  },
  room: (app) => appGroupsMax - index.groups.countOf(app),
  groupDescription: (name) => index.groups.there(name)?.description,
  highest: (key) => index.slots.get(key),
  numbers: (id) => {
    const row = index.id(id)
    return row?._tag === "Held"
      ? (records.numbers(row, id) ?? index.numbers.allAt(index.groups.all(), row.address))
      : []
  },
  leaving: (id) => {
    const row = index.id(id)
    if (row?._tag !== "Held") return { numbers: [] }
    return records.leaving(row, id) ?? { numbers: index.numbers.allAt(index.groups.all(), row.address) }
  },
  owners: (id) => {
    const row = index.id(id)
    const held = row?._tag === "Held" ? records.held(row, id) : undefined
    const article = held === undefined ? undefined : Article.read(held.article)
    return article === undefined || Article.isMalformed(article) ? [] : Filing.owners(article)
  },
  waiting: (id) => Waiting.on(index.claims.waiting, id),
  get claims() {
    return index.claims.waiting
  },
  isDamaged: (id) => quarantine.address(id) !== undefined && index.status(id) === "held",
  isRemovalLost: (id) => index.status(id) === "removed" && records.isLost(index.removed(id)?.by),
  numbersBefore: (id) => records.numbersBefore(index.removed(id)?.filed, id)
})
