/**
 * What a control message changes in the groups of a spool, and the changing of it.
 */
import * as Article from "@lupin/core/Article"
import * as Control from "@lupin/core/Control"
import * as Headers from "@lupin/core/Headers"
import { Effect } from "effect"
import type { Spool, SpoolUnavailable } from "../Spool.ts"

/** What the article would change here; nothing where it is no control message about groups. */
export const of = Effect.fnUntraced(function* (
  spool: Spool["Service"],
  article: Article.Article
): Effect.fn.Return<Control.Changes, SpoolUnavailable> {
  const content = Article.field(article, "Control")
  const control = content === undefined ? undefined : Control.parse(content)
  if (control === undefined) return { add: [], remove: [] }
  const body = Article.body(article)
  const there = control._tag === "CheckGroups" ? yield* spool.groups : []
  return Control.changes(control, textOf(body), there)
})

/** As UTF-8, which descriptions are written in today; else as Latin-1. */
const textOf = (octets: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets)
  } catch {
    return Headers.latin1(octets, 0, octets.length)
  }
}

/** Safe to repeat. */
export const apply = Effect.fnUntraced(function* (
  spool: Spool["Service"],
  { add, remove }: Control.Changes
): Effect.fn.Return<void, SpoolUnavailable> {
  for (const { description, group, status } of add) yield* spool.addGroup(group, status, description)
  for (const group of remove) yield* spool.removeGroup(group)
})
