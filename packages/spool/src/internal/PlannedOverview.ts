/**
 * Which articles have their overview written down in the log when they are filed, and that overview.
 *
 * That of a short article is made of it when somebody reads it: few are read at more than some sites, and fewer soon.
 */
import * as Article from "@lupin/core/Article"
import * as Overview from "@lupin/core/Overview"
import * as Xref from "@lupin/core/Xref"

/** Octets of an article whose overview is not written down: to make it costs more than to read it, the more the longer it is. */
export const unwrittenBytesMax = 8_192

export interface Readers {
  /** The path identity that overview lines carry in Xref. */
  readonly site: string
  /** Whether somebody will ask at once for the overview of an article with these numbers. */
  readonly isRead: (numbers: Xref.Numbers) => boolean
}

export const of = (article: Article.Article, numbers: Xref.Numbers, site: string): string =>
  Overview.columns(article, Xref.format(site, numbers))

/** As `of`; empty where it is to be made later. `isHere`: the article lies in the record of its event. */
export const atFiling = (
  article: Article.Article,
  numbers: Xref.Numbers,
  { isRead, site }: Readers,
  isHere: boolean
): string => {
  const isUnwritten =
    isHere && article.scan !== undefined && Article.bytesOf(article) <= unwrittenBytesMax && !isRead(numbers)
  return isUnwritten ? "" : of(article, numbers, site)
}
