/**
 * Articles and ids for tests, made by hand where an arbitrary would say too much.
 */
import * as Article from "@lupin/core/Article"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"

export const group = (name: string): GroupName.GroupName => GroupName.GroupName.make(name)
export const id = (name: string): MessageId.MessageId => MessageId.MessageId.make(`<${name}@test.example>`)

/** An article as a door hands it to the spool, with further fields. */
export const article = (
  messageId: MessageId.MessageId,
  groups: ReadonlyArray<GroupName.GroupName>,
  body = "words\r\n",
  fields: ReadonlyArray<readonly [string, string]> = []
): Article.Article => {
  const octets = Article.make(
    [
      ["Path", "here.example!.POSTED!not-for-mail"],
      ["From", "someone <someone@app.invalid>"],
      ["Newsgroups", groups.join(",")],
      ["Subject", `about ${messageId}`],
      ["Message-ID", messageId],
      ["Date", "Thu, 1 Jan 2026 00:00:00 +0000"],
      ...fields
    ],
    body
  )
  const read = Article.read(octets)
  if (Article.isMalformed(read)) throw new Error(read.reason)
  return read
}

/** The id of a digest by a letter; ids of digests have 26 of them. */
export const digestId = (letter: string): MessageId.MessageId =>
  MessageId.MessageId.make(`<${letter.repeat(26)}@app.digest.lupin>`)

/** A digest of so many events; more events outrank fewer. */
export const digest = (
  messageId: MessageId.MessageId,
  key: string,
  events: number,
  groups: ReadonlyArray<GroupName.GroupName> = [group(`digests.app.ratings.${key}`)]
): Article.Article => {
  const fingerprint = messageId.slice(1, 27)
  const header = `ratings; v=1; key=${key}; events=${events}; removals=0; fingerprint=${fingerprint}`
  return article(messageId, groups, "{}\r\n", [["Lupin-Digest", header]])
}
