/**
 * What an article asks of the site that files it: where it goes, who owns it, and which other one it is to replace.
 *
 * One look at the header finds all of it: this is done for every article. Who owns an article is a list of marks, and so
 * is what a cancel or Supersedes brings; one mark in common is a match. A lock is a mark (RFC 8315). An article without
 * lock belongs to the address in its From or Sender, as ever in netnews; under our own roots it belongs to nobody.
 */
import * as Article from "./Article.ts"
import * as ArticleScan from "./ArticleScan.ts"
import * as CancelLock from "./CancelLock.ts"
import * as Control from "./Control.ts"
import * as DayPartial from "./DayPartial.ts"
import * as DigestArticle from "./DigestArticle.ts"
import type * as GroupName from "./GroupName.ts"
import * as KnownField from "./KnownField.ts"
import * as MessageId from "./MessageId.ts"
import * as Namespace from "./Namespace.ts"
import * as OwnerMark from "./OwnerMark.ts"
import type * as Site from "./Site.ts"
import type * as Xref from "./Xref.ts"

/** What the fields say is read only if somebody asks. */
interface Fields {
  readonly article: Article.Article
  readonly scan: ArticleScan.ArticleScan
}

const {
  approved,
  cancelKey,
  cancelLock,
  control: controlField,
  from,
  sender,
  supersedes: supersedesField
} = KnownField.field

/** The command by which a site files the article at a time. */
export const command = (article: Article.Article, atMillis: number): Site.FileCommand => ({
  ...unowned(article, atMillis),
  owners: owners(article)
})

/** The command without the marks of those who own the article: few are ever asked for. */
export const unowned = (article: Article.Article, atMillis: number): Site.FileCommand => {
  const fields = read(article)
  const slot = slotOf(article)
  const claim = claimOf(fields)
  const plain: Site.FileCommand = {
    _tag: "File",
    id: article.messageId,
    groups: groupsOf(fields) ?? article.groups,
    atMillis,
    isApproved: ArticleScan.has(fields.scan, approved)
  }
  if (slot === undefined && claim === undefined) return plain
  return { ...plain, ...(slot === undefined ? {} : { slot }), ...(claim === undefined ? {} : { claim }) }
}

/** The place that it shares with others of which the highest rank is kept: that of a digest's key, or of its day. */
export const slotOf = (article: Article.Article): { readonly key: string; readonly rank: string } | undefined =>
  MessageId.kindOf(article.messageId) === "digest"
    ? (DigestArticle.slot(article) ?? DayPartial.slot(article))
    : undefined

/** The marks of those who may remove the article. */
export const owners = (article: Article.Article): ReadonlyArray<string> => ownersOf(article, read(article))

/** Which article this one is to remove, if it is a cancel or has a Supersedes. */
export const claim = (article: Article.Article): Site.Claim | undefined => claimOf(read(article))

/** Where a control message is filed instead of its Newsgroups; nothing for other articles. */
export const pseudoGroups = (article: Article.Article): ReadonlyArray<GroupName.GroupName> | undefined =>
  groupsOf(read(article))

/** Whether one of the groups that hold an article is none of its Newsgroups: feeds decide by those. */
export const isElsewhere = ({ groups }: Article.Article, numbers: Xref.Numbers): boolean => {
  for (let at = 0; at < numbers.length; at += 1) {
    const group = (numbers[at] as Xref.Numbers[number])[0]
    // Nearly always they are the same, in the same order.
    if (groups[at] !== group && !groups.includes(group)) return true
  }
  return false
}

const read = (article: Article.Article): Fields => ({ article, scan: Article.scanOf(article) })

const contentOf = ({ article, scan }: Fields, field: KnownField.Field): string | undefined =>
  ArticleScan.has(scan, field) ? ArticleScan.content(article.octets, scan, field) : undefined

const groupsOf = (fields: Fields): ReadonlyArray<GroupName.GroupName> | undefined => {
  const control = contentOf(fields, controlField)
  return control === undefined ? undefined : [Control.pseudoGroups[Control.parse(control)._tag]]
}

const ownersOf = (article: Article.Article, fields: Fields): ReadonlyArray<string> => {
  const lock = contentOf(fields, cancelLock)
  if (lock !== undefined) return CancelLock.parse(lock)
  return article.groups.some(Namespace.isOurs) ? [] : authors(fields)
}

const authors = (fields: Fields): ReadonlyArray<string> =>
  [from, sender].flatMap((name) => {
    const address = addressIn(contentOf(fields, name) ?? "")
    return address === undefined ? [] : [OwnerMark.ofAuthor(address)]
  })

/** The last address of a mailbox, in lower case: no two authors differ in case alone. */
const addressIn = (mailbox: string): string | undefined => {
  const [, angled] = /<([^<>\s]+@[^<>\s]+)>[^<>]*$/.exec(mailbox) ?? []
  const [bare] = angled === undefined ? (/[^\s<>()",;]+@[^\s<>()",;]+/.exec(mailbox) ?? []) : [angled]
  return bare?.toLowerCase()
}

/** An article with both fields is a control message, and nothing else (RFC 5536 §3.2.3). */
const claimOf = (fields: Fields): Site.Claim | undefined => {
  const control = contentOf(fields, controlField)
  const supersedes = contentOf(fields, supersedesField)
  if (control === undefined && supersedes === undefined) return undefined
  if (control === undefined) {
    const target = MessageId.parse(supersedes ?? "")
    return target === undefined ? undefined : { target, why: "superseded", opens: marks(fields) }
  }
  const read = Control.parse(control)
  return read._tag === "Cancel" ? { target: read.target, why: "cancelled", opens: marks(fields) } : undefined
}

const marks = (fields: Fields): ReadonlyArray<string> => [
  ...CancelLock.parse(contentOf(fields, cancelKey) ?? "")
    .map(CancelLock.lockOf)
    .filter((lock) => lock !== undefined),
  ...authors(fields).map(OwnerMark.claimed)
]
