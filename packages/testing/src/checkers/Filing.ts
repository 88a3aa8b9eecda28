/**
 * Checks promises 2 to 4: one copy, numbers that only go up, and crossposts that enter all their groups.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Census from "../Census.ts"
import * as Checker from "./Checker.ts"

/** 2: each number of each group belongs to one article, and each article has one number in each of its groups. */
export const oneCopy: Checker.Checker = {
  promise: 2,
  watch: () => (evidence) => (evidence._tag === "Looked" ? evidence.sites.flatMap(copiesOf) : Checker.isKept())
}

const copiesOf = ({ copies, name, numbers }: Census.Look): ReadonlyArray<string> => {
  const owners = new Map<string, MessageId.MessageId>()
  const breaches: Array<string> = []
  for (const [id, { numbers: own }] of copies) {
    const groups = new Set(own.map(([group]) => group))
    if (groups.size < own.length) breaches.push(`${name} files ${id} twice in a group`)
    for (const [group, number] of own) {
      const key = `${group}:${number}`
      const other = owners.get(key)
      if (other !== undefined) breaches.push(`${name} has two articles as ${key}: ${other} and ${id}`)
      owners.set(key, id)
    }
  }
  for (const [group, listed] of numbers) {
    for (const number of listed) {
      if (!owners.has(`${group}:${number}`)) breaches.push(`${name} lists ${group}:${number}, which no article has`)
    }
  }
  return breaches
}

interface Filed {
  readonly position: number
  readonly number: number
}

/** 3: within a generation, what is filed later in a group has a higher number. */
export const numbers: Checker.Checker = {
  promise: 3,
  watch: () => {
    const groups = new Map<string, Array<Filed>>()
    const rotted = new Set<string>()
    return (evidence) => {
      // The end of a log that rots may be lost, and a good copy takes the number of a damaged one.
      if (evidence._tag === "Rotted") rotted.add(evidence.site)
      if (evidence._tag !== "Stored") return Checker.isKept()
      const { generation, site } = evidence
      if (rotted.has(site)) return Checker.isKept()
      const breaches: Array<string> = []
      for (const { stored } of evidence.articles) {
        if (stored._tag !== "Filed") continue
        const { position } = stored
        for (const [group, number] of stored.numbers) {
          const key = `${site} ${generation} ${group}`
          const filed = groups.get(key) ?? []
          groups.set(key, filed)
          // Batches may be told of in another order than that of the log.
          const at = filed.findLastIndex((other) => other.position < position) + 1
          const [before, after] = [filed[at - 1], filed[at]]
          if ((before?.number ?? 0) >= number || (after?.number ?? Number.POSITIVE_INFINITY) <= number) {
            breaches.push(
              `${site} gives ${group}:${number} beside ${before?.number ?? "-"} and ${after?.number ?? "-"}`
            )
          }
          filed.splice(at, 0, { position, number })
        }
      }
      return breaches
    }
  }
}

/** 4: an article stands in all groups that it names, at every site. */
export const crossposts: Checker.Checker = {
  promise: 4,
  watch: () => {
    const known = new Map<MessageId.MessageId, string>()
    return (evidence) => {
      if (evidence._tag === "Stored") {
        return evidence.articles.flatMap(({ id, stored }) => {
          if (stored._tag !== "Filed") return []
          const groups = listed(stored.numbers.map(([group]) => group))
          const before = known.get(id) ?? groups
          known.set(id, before)
          return before === groups ? [] : [`${evidence.site} files ${id} in ${groups}, others in ${before}`]
        })
      }
      return evidence._tag === "Looked" ? evidence.sites.flatMap(enteredAll) : Checker.isKept()
    }
  }
}

/** Control messages are filed under `control` instead. */
const enteredAll = ({ copies, name }: Census.Look): ReadonlyArray<string> =>
  [...copies].flatMap(([id, { article, numbers: own }]) => {
    const [named, entered] = [listed(article.groups), listed(own.map(([group]) => group))]
    if (named === entered || entered.startsWith("control.")) return []
    return [`${name} holds ${id} in ${entered} instead of ${named}`]
  })

const listed = (groups: ReadonlyArray<GroupName.GroupName>): string => groups.toSorted().join(",")
