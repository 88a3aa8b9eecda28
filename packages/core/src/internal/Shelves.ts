/**
 * The groups of the model of a site, each with the articles under its numbers.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Group from "../Group.ts"
import * as GroupName from "../GroupName.ts"
import type * as MessageId from "../MessageId.ts"
import type * as Site from "../Site.ts"
import type * as Xref from "../Xref.ts"

/** A group and its numbers. One that was removed stays known, so that its numbers are never given again. */
interface Shelf {
  readonly group: Group.Group
  readonly isThere: boolean
  readonly articles: HashMap.HashMap<number, MessageId.MessageId>
}

export type Shelves = HashMap.HashMap<GroupName.GroupName, Shelf>

/** The article has its numbers. `base`: numbers of a new group begin after it. */
export const file = (shelves: Shelves, base: number, { atMillis, id, numbers }: Site.Filed): Shelves =>
  numbers.reduce(
    (before, [name, number]) =>
      change(before, Group.empty(name, base, atMillis), ({ articles, group }) => ({
        isThere: true,
        articles: HashMap.set(articles, number, id),
        group: { ...group, low: group.count === 0 ? number : group.low, high: number, count: group.count + 1 }
      })),
    shelves
  )

export const add = (shelves: Shelves, base: number, event: Site.GroupAdded): Shelves =>
  change(shelves, Group.empty(event.group, base, event.atMillis), (shelf) => ({
    ...shelf,
    isThere: true,
    group: { ...shelf.group, ...Group.said(event) }
  }))

export const remove = (shelves: Shelves, base: number, event: Site.GroupRemoved): Shelves =>
  change(shelves, Group.empty(event.group, base, event.atMillis), ({ group: { description: _, ...bare } }) => ({
    isThere: false,
    articles: HashMap.empty(),
    group: { ...bare, low: bare.high + 1, count: 0, status: "y" }
  }))

/** The article leaves its numbers, where they are still its own. */
export const unfile = (shelves: Shelves, numbers: Xref.Numbers, id: MessageId.MessageId): Shelves =>
  numbers.reduce((before, [name, number]) => {
    const shelf = Option.getOrUndefined(HashMap.get(before, name))
    if (shelf === undefined || Option.getOrUndefined(HashMap.get(shelf.articles, number)) !== id) return before
    const articles = HashMap.remove(shelf.articles, number)
    let low = shelf.group.low
    while (low <= shelf.group.high && !HashMap.has(articles, low)) low += 1
    return HashMap.set(before, name, {
      ...shelf,
      articles,
      group: { ...shelf.group, low, count: shelf.group.count - 1 }
    })
  }, shelves)

/** Groups of an app that are known, removed ones too; without an app, of other networks. */
export const countOf = (shelves: Shelves, app: string | undefined): number =>
  HashMap.reduce(shelves, 0, (count, _, name) => count + (GroupName.appOf(name) === app ? 1 : 0))

/** A group that is not there begins at the time of `fresh`. */
const change = (shelves: Shelves, fresh: Group.Group, to: (shelf: Shelf) => Shelf): Shelves => {
  const { createdMillis, name } = fresh
  const known = Option.getOrUndefined(HashMap.get(shelves, name))
  const before = known ?? { group: fresh, isThere: false, articles: HashMap.empty() }
  const shelf = before.isThere ? before : { ...before, group: { ...before.group, createdMillis } }
  return HashMap.set(shelves, name, to(shelf))
}
