/**
 * What an article asks of the site that files it: where it goes, who owns it, and which other one it is to replace.
 *
 * One look at the header finds all of it: this is done for every article. Who owns an article is a list of marks, and so
 * is what a cancel or Supersedes brings; one mark in common is a match. A lock is a mark (RFC 8315). An article without
 * lock belongs to the address in its From or Sender, as ever in netnews; under our own roots it belongs to nobody.
 */
import * as Article from "./Article.ts"
import * as CancelLock from "./CancelLock.ts"
import * as Control from "./Control.ts"
import * as DigestArticle from "./DigestArticle.ts"
import type * as GroupName from "./GroupName.ts"
import * as Headers from "./Headers.ts"
import * as MessageId from "./MessageId.ts"
import * as Namespace from "./Namespace.ts"
import type * as Site from "./Site.ts"
import type * as Xref from "./Xref.ts"

type Name = "control" | "supersedes" | "cancel-lock" | "cancel-key" | "approved" | "from" | "sender"

/** Where the fields begin that decide about filing; what they say is read only if somebody asks. */
interface Fields {
  readonly octets: Uint8Array
  readonly end: number
  readonly starts: { readonly [N in Name]: number }
}

/** The command by which a site files the article at a time. */
export const command = (article: Article.Article, atMillis: number): Site.FileCommand => {
  const fields = read(article)
  const slot = slotOf(article)
  const claim = claimOf(fields)
  return {
    _tag: "File",
    id: article.messageId,
    groups: groupsOf(fields) ?? article.groups,
    atMillis,
    owners: ownersOf(article, fields),
    isApproved: fields.starts.approved >= 0,
    ...(slot === undefined ? {} : { slot }),
    ...(claim === undefined ? {} : { claim })
  }
}

/** The place that it shares with others of which the highest rank is kept: that of a digest's key. */
export const slotOf = (article: Article.Article): { readonly key: string; readonly rank: string } | undefined =>
  MessageId.kindOf(article.messageId) === "digest" ? DigestArticle.slot(article) : undefined

/** The marks of those who may remove the article. */
export const owners = (article: Article.Article): ReadonlyArray<string> => ownersOf(article, read(article))

/** Which article this one is to remove, if it is a cancel or has a Supersedes. */
export const claim = (article: Article.Article): Site.Claim | undefined => claimOf(read(article))

/** Where a control message is filed instead of its Newsgroups; nothing for other articles. */
export const pseudoGroups = (article: Article.Article): ReadonlyArray<GroupName.GroupName> | undefined =>
  groupsOf(read(article))

/** Whether one of the groups that hold an article is none of its Newsgroups: feeds decide by those. */
export const isElsewhere = (article: Article.Article, numbers: Xref.Numbers): boolean =>
  numbers.some(([group]) => !article.groups.includes(group))

const read = (article: Article.Article): Fields => {
  const { octets } = article
  const scan = Article.scanOf(article)
  const starts = {
    control: -1,
    supersedes: -1,
    "cancel-lock": -1,
    "cancel-key": -1,
    approved: -1,
    from: -1,
    sender: -1
  }
  for (let field = 0; field < scan.starts.length - 1; field += 1) {
    const at = scan.starts[field] as number
    const name = nameAt(octets, at)
    if (name !== undefined && starts[name] < 0) starts[name] = at
  }
  return { octets, end: scan.bodyStart - 2, starts }
}

/** Decides by the first letter which names are worth comparing. */
const nameAt = (octets: Uint8Array, at: number): Name | undefined => {
  switch ((octets[at] as number) | 32) {
    case 97:
      return Headers.isNamed(octets, at, "approved") ? "approved" : undefined
    case 99:
      if (Headers.isNamed(octets, at, "control")) return "control"
      if (Headers.isNamed(octets, at, "cancel-lock")) return "cancel-lock"
      return Headers.isNamed(octets, at, "cancel-key") ? "cancel-key" : undefined
    case 102:
      return Headers.isNamed(octets, at, "from") ? "from" : undefined
    case 115:
      if (Headers.isNamed(octets, at, "supersedes")) return "supersedes"
      return Headers.isNamed(octets, at, "sender") ? "sender" : undefined
    default:
      return undefined
  }
}

const contentOf = ({ end, octets, starts }: Fields, name: Name): string | undefined => {
  const start = starts[name]
  return start < 0 ? undefined : Headers.content(octets, start, Headers.fieldEnd(octets, start, end))
}

const groupsOf = (fields: Fields): ReadonlyArray<GroupName.GroupName> | undefined => {
  const control = contentOf(fields, "control")
  return control === undefined ? undefined : [Control.pseudoGroups[Control.parse(control)._tag]]
}

const ownersOf = (article: Article.Article, fields: Fields): ReadonlyArray<string> => {
  const lock = contentOf(fields, "cancel-lock")
  if (lock !== undefined) return CancelLock.parse(lock)
  return article.groups.some(Namespace.isOurs) ? [] : authors(fields)
}

const authors = (fields: Fields): ReadonlyArray<string> =>
  (["from", "sender"] as const).flatMap((name) => {
    const address = addressIn(contentOf(fields, name) ?? "")
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
  const control = contentOf(fields, "control")
  const supersedes = contentOf(fields, "supersedes")
  if (control === undefined && supersedes === undefined) return undefined
  if (control === undefined) {
    const target = MessageId.parse(supersedes ?? "")
    return target === undefined ? undefined : { target, why: "superseded", opens: marks(fields) }
  }
  const read = Control.parse(control)
  return read._tag === "Cancel" ? { target: read.target, why: "cancelled", opens: marks(fields) } : undefined
}

const marks = (fields: Fields): ReadonlyArray<string> => [
  ...CancelLock.parse(contentOf(fields, "cancel-key") ?? "")
    .map(CancelLock.lockOf)
    .filter((lock) => lock !== undefined),
  ...authors(fields)
]
