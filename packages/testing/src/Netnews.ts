/**
 * Arbitraries for netnews: ids, groups, wildmats, headers, articles, and the commands of a site.
 */
import * as Article from "@lupin/core/Article"
import * as ArticleScan from "@lupin/core/ArticleScan"
import * as GroupName from "@lupin/core/GroupName"
import type * as Group from "@lupin/core/Group"
import * as KnownField from "@lupin/core/KnownField"
import * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import type * as Site from "@lupin/core/Site"
import * as fc from "fast-check"

const known = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error("an arbitrary made a value that its own grammar refuses")
  return value
}

/** Ids in all shapes that RFC 5536 §3.1.3 allows. */
export const messageId: fc.Arbitrary<MessageId.MessageId> = fc
  .stringMatching(
    /^<[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\.[a-z0-9$-]{1,8}){0,3}@([a-zA-Z0-9-]{1,12}(\.[a-z0-9-]{1,8}){0,3}|\[[0-9:.]{1,12}\])>$/
  )
  .map((text) => known(MessageId.parse(text)))

/** One of few ids, so that they meet. */
export const fewMessageIds: fc.Arbitrary<MessageId.MessageId> = fc
  .integer({ min: 0, max: 11 })
  .map((number) => known(MessageId.parse(`<${number}@few.example>`)))

/** Groups of other networks and of ours. */
export const groupName: fc.Arbitrary<GroupName.GroupName> = fc
  .oneof(
    { weight: 2, arbitrary: fc.stringMatching(/^[a-z0-9+_-]{1,6}(\.[a-z0-9+_-]{1,6}){0,5}$/) },
    { weight: 1, arbitrary: fc.stringMatching(/^alt\.[A-Za-z0-9+_-]{1,6}(\.[A-Za-z0-9+_-]{1,6}){0,3}$/) },
    { weight: 2, arbitrary: fc.stringMatching(/^(clientposts|digests|blobs)\.[a-z]{1,6}(\.[a-z]{1,3}){0,5}$/) }
  )
  .map((text) => known(GroupName.parse(text)))

/** One of few groups, some above others, so that they meet. */
export const fewGroupNames: fc.Arbitrary<GroupName.GroupName> = fc
  .constantFrom("a", "a.b", "a.b.c", "a.bc", "misc.test", "clientposts.trailblaze.geo.us.idaho")
  .map((text) => known(GroupName.parse(text)))

const wildmatPart: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom("", "", "!", "@"), fc.stringMatching(/^[abc.*?]{1,7}$/))
  .map(([sense, pattern]) => sense + pattern)

/** Text of a wildmat over few letters, so that it matches some of the names made of them. */
export const wildmatText: fc.Arbitrary<string> = fc
  .array(wildmatPart, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(","))

/** Names over the letters of `wildmatText`. */
export const wildmatName: fc.Arbitrary<string> = fc.stringMatching(/^[abc.]{1,8}$/)

/** Whole seconds of the years 1970 to 2099. */
export const seconds: fc.Arbitrary<number> = fc
  .integer({ min: 0, max: Math.floor(Date.UTC(2099, 11, 31) / 1_000) })
  .map((second) => second * 1_000)

/** Text that a field may hold: any characters but line breaks and NUL, not blank, no space at its ends. */
export const fieldContent: fc.Arbitrary<string> = fc
  .oneof(fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/), fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }))
  .map((text) => text.replaceAll(/\p{Cc}/gu, "").trim())
  .filter((text) => text !== "" && text.isWellFormed())

/** A field that no door looks at. */
export const otherField: fc.Arbitrary<readonly [name: string, content: string]> = fc.tuple(
  fc.stringMatching(/^X-[A-Za-z0-9]{1,10}$/),
  fieldContent
)

/** Fields that make an article, in any order, with others among them. */
export const headerFields: fc.Arbitrary<ReadonlyArray<readonly [name: string, content: string]>> = fc
  .record({
    path: fc.stringMatching(/^([a-z]{1,8}(\.[a-z]{1,5}){0,2}!){0,5}not-for-mail$/),
    id: messageId,
    groups: fc.uniqueArray(groupName, { minLength: 1, maxLength: 4 }),
    subject: fieldContent,
    seconds,
    injected: fc.option(seconds, { nil: undefined }),
    others: fc.array(otherField, { maxLength: 4 })
  })
  .chain((parts) => {
    const injected = parts.injected === undefined ? [] : [["Injection-Date", NewsDate.format(parts.injected)] as const]
    const fields: ReadonlyArray<readonly [string, string]> = [
      ["Path", parts.path],
      ["From", "someone <someone@app.invalid>"],
      ["Newsgroups", parts.groups.join(",")],
      ["Subject", parts.subject],
      ["Message-ID", parts.id],
      ["Date", NewsDate.format(parts.seconds)],
      ...injected,
      ...parts.others
    ]
    return fc.shuffledSubarray([...fields], { minLength: fields.length, maxLength: fields.length })
  })

/** Octets of a body as it may stand on the wire: any but NUL, lone CR and lone LF; every line ended. */
export const bodyOctets: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.array(
      fc.integer({ min: 1, max: 255 }).filter((octet) => octet !== 10 && octet !== 13),
      { maxLength: 40 }
    ),
    {
      maxLength: 6
    }
  )
  .map((lines) => Uint8Array.from(lines.flatMap((line) => [...line, 13, 10])))

/** Octets of a well-formed article. */
export const articleOctets: fc.Arbitrary<Uint8Array> = fc
  .tuple(headerFields, bodyOctets)
  .map(([fields, body]) => Article.make(fields, body))

/** A well-formed article, read. */
export const article: fc.Arbitrary<Article.Article> = articleOctets.map((octets) => {
  const read = Article.read(octets)
  if (Article.isMalformed(read)) throw new Error(`an arbitrary made an article that is none: ${read.reason}`)
  return read
})

/** What a look found, or why there is nothing, without where it looked: that is another place each time. */
export const comparableScan = (scan: ArticleScan.ArticleScan | string | undefined): unknown =>
  typeof scan === "object"
    ? {
        ...scan,
        spans: Object.values(KnownField.field).map((field) => [
          ArticleScan.startOf(scan, field),
          ArticleScan.has(scan, field) ? ArticleScan.endOf(scan, field) : -1
        ]),
        movedFrom: 0,
        movedBy: 0,
        turn: 0,
        loadedAt: 0
      }
    : scan

/** An article that was read, to be compared with another one: without where it was looked at. */
export const comparable = (read: Article.Article | Article.Malformed): unknown =>
  Article.isMalformed(read)
    ? read
    : {
        octets: read.octets,
        bodyStart: read.bodyStart,
        messageId: read.messageId,
        groups: read.groups,
        path: read.path,
        injectedMillis: read.injectedMillis,
        expiresMillis: read.expiresMillis,
        scan: comparableScan(read.scan)
      }

/** Octets near an article: random ones, and articles with a few octets changed, cut or put in. */
export const nearlyArticleOctets: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(
      articleOctets,
      fc.array(
        fc.record({
          at: fc.nat(2_000),
          cut: fc.nat(3),
          put: fc.array(fc.constantFrom(0, 9, 10, 13, 32, 33, 58, 65, 200), { maxLength: 2 })
        }),
        { minLength: 1, maxLength: 3 }
      )
    )
    .map(([octets, edits]) =>
      edits.reduce((before, { at, cut, put }) => {
        const from = at % (before.length + 1)
        return Uint8Array.from([...before.subarray(0, from), ...put, ...before.subarray(from + cut)])
      }, octets)
    )
)

const atMillis = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 })
const status = fc.constantFrom<Group.Status>("y", "n", "m", "x", "j", "=misc.test")
const groups = fc.array(fewGroupNames, { minLength: 1, maxLength: 4 })

const marks = fc.subarray(["a", "b", "c"])

/** A cancel or Supersedes of one of few articles, with few marks. */
export const siteClaim: fc.Arbitrary<Site.Claim> = fc.record({
  target: fewMessageIds,
  why: fc.constantFrom("cancelled", "superseded"),
  opens: marks
})

const fileCommand = fc
  .record(
    {
      id: fewMessageIds,
      groups,
      atMillis,
      slot: fc.record({ key: fc.constantFrom("k1", "k2"), rank: fc.constantFrom("1", "2", "3", "4") }),
      owners: marks,
      isApproved: fc.boolean(),
      claim: siteClaim
    },
    { requiredKeys: ["id", "groups", "atMillis"] }
  )
  .map((command): Site.Command => ({ _tag: "File", ...command }))

/** Commands over few ids and few groups: repeats, tombstones and rivals for a slot are common. */
export const siteCommand: fc.Arbitrary<Site.Command> = fc.oneof(
  { weight: 6, arbitrary: fileCommand },
  {
    weight: 2,
    arbitrary: fc
      .record({ target: fewMessageIds, atMillis })
      .map((command): Site.Command => ({ _tag: "Cancel", ...command }))
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ id: fewMessageIds, atMillis })
      .map((command): Site.Command => ({ _tag: "Expire", ...command }))
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ id: fewMessageIds, atMillis })
      .map((command): Site.Command => ({ _tag: "Refuse", ...command }))
  },
  {
    weight: 1,
    arbitrary: fc
      .record(
        { group: fewGroupNames, status, description: fc.constantFrom("Talk", "Über alles"), atMillis },
        { requiredKeys: ["group", "status", "atMillis"] }
      )
      .map((command): Site.Command => ({ _tag: "AddGroup", ...command }))
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ group: fewGroupNames, atMillis })
      .map((command): Site.Command => ({ _tag: "RemoveGroup", ...command }))
  }
)

/** A history of one site, short enough to read when it fails. */
export const siteCommands: fc.Arbitrary<ReadonlyArray<Site.Command>> = fc.array(siteCommand, { maxLength: 40 })
