/**
 * What an article asks of the site that files it: where it goes, who owns it, and which other one it is to replace.
 *
 * One look at the header finds all of it: this is done for every article. Who owns an article is a list of marks, and so
 * is what a cancel or Supersedes brings; one mark in common is a match. A lock is a mark (RFC 8315). An article without
 * lock belongs to the address in its From or Sender, as ever in netnews; under our own roots it belongs to nobody.
 */
import type * as Article from "./Article.ts"
import * as CancelLock from "./CancelLock.ts"
import * as Control from "./Control.ts"
import * as DigestArticle from "./DigestArticle.ts"
import type * as GroupName from "./GroupName.ts"
import * as Headers from "./Headers.ts"
import * as MessageId from "./MessageId.ts"
import * as Namespace from "./Namespace.ts"
import type * as Site from "./Site.ts"

type Fields = Map<string, string>

/** By the first letter in lower case, so that most fields are passed over at once. */
const sought: ReadonlyMap<number, ReadonlyArray<string>> = new Map([
  [97, ["approved"]],
  [99, ["cancel-key", "cancel-lock", "control"]],
  [102, ["from"]],
  [115, ["sender", "supersedes"]]
])

/** The command by which a site files the article at a time. */
export const command = (article: Article.Article, atMillis: number): Site.FileCommand => {
  const fields = read(article)
  const slot = MessageId.kindOf(article.messageId) === "digest" ? DigestArticle.slot(article) : undefined
  const claim = claimOf(fields)
  return {
    _tag: "File",
    id: article.messageId,
    groups: groupsOf(fields) ?? article.groups,
    atMillis,
    owners: ownersOf(article, fields),
    isApproved: fields.has("approved"),
    ...(slot === undefined ? {} : { slot }),
    ...(claim === undefined ? {} : { claim })
  }
}

/** The marks of those who may remove the article. */
export const owners = (article: Article.Article): ReadonlyArray<string> => ownersOf(article, read(article))

/** Which article this one is to remove, if it is a cancel or has a Supersedes. */
export const claim = (article: Article.Article): Site.Claim | undefined => claimOf(read(article))

/** Where a control message is filed instead of its Newsgroups; nothing for other articles. */
export const pseudoGroups = (article: Article.Article): ReadonlyArray<GroupName.GroupName> | undefined =>
  groupsOf(read(article))

const read = (article: Article.Article): Fields => {
  const { bodyStart, octets } = article
  const end = bodyStart - 2
  const fields: Fields = new Map()
  for (let at = 0; at < end;) {
    const next = Headers.fieldEnd(octets, at, end)
    const name = sought.get((octets[at] as number) | 32)?.find((candidate) => Headers.isNamed(octets, at, candidate))
    if (name !== undefined && !fields.has(name)) fields.set(name, Headers.content(octets, at, next))
    at = next
  }
  return fields
}

const groupsOf = (fields: Fields): ReadonlyArray<GroupName.GroupName> | undefined => {
  const control = fields.get("control")
  return control === undefined ? undefined : [Control.pseudoGroups[Control.parse(control)._tag]]
}

const ownersOf = (article: Article.Article, fields: Fields): ReadonlyArray<string> => {
  const lock = fields.get("cancel-lock")
  if (lock !== undefined) return CancelLock.parse(lock)
  return article.groups.some(Namespace.isOurs) ? [] : authors(fields)
}

const authors = (fields: Fields): ReadonlyArray<string> =>
  ["from", "sender"].flatMap((name) => {
    const address = addressIn(fields.get(name) ?? "")
    return address === undefined ? [] : [`author:${address}`]
  })

/** The last address of a mailbox, in lower case: no two authors differ in case alone. */
const addressIn = (mailbox: string): string | undefined => {
  const [, angled] = /<([^<>\s]+@[^<>\s]+)>[^<>]*$/.exec(mailbox) ?? []
  const [bare] = angled === undefined ? (/[^\s<>()",;]+@[^\s<>()",;]+/.exec(mailbox) ?? []) : [angled]
  return bare?.toLowerCase()
}

/** An article with both fields is a control message, and nothing else (RFC 5536 §3.2.3). */
const claimOf = (fields: Fields): Site.Claim | undefined => {
  const control = fields.get("control")
  const supersedes = fields.get("supersedes")
  if (control === undefined && supersedes === undefined) return undefined
  if (control === undefined) {
    const target = MessageId.parse(supersedes ?? "")
    return target === undefined ? undefined : { target, why: "superseded", opens: marks(fields) }
  }
  const read = Control.parse(control)
  return read._tag === "Cancel" ? { target: read.target, why: "cancelled", opens: marks(fields) } : undefined
}

const marks = (fields: Fields): ReadonlyArray<string> => [
  ...CancelLock.parse(fields.get("cancel-key") ?? "")
    .map(CancelLock.lockOf)
    .filter((lock) => lock !== undefined),
  ...authors(fields)
]
