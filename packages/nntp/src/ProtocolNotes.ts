/**
 * What docs/protocol.md says beside the table of commands: where each command is described, what it is answered with,
 * and in what we part from the standard or go beyond it.
 */

/** `private` is no standard: ours, and never needed. */
export type Source = 2980 | 3977 | 4642 | 4643 | 4644 | 5536 | 5537 | 6048 | 8054 | 8315 | "private"

/** Of one command of the table. */
export interface CommandNote {
  readonly source: Source
  readonly section?: string
  /** Codes besides those that any command may get. */
  readonly replies: ReadonlyArray<number>
  readonly note?: string
}

/** Of a rule that belongs to no single command. */
export interface RuleNote {
  readonly source: Source
  readonly section: string
  readonly note: string
}

/** Codes that any command may get, by RFC 3977 §3.2.1 and RFC 4643. */
export const anyReplies: ReadonlyArray<number> = [400, 403, 480, 483, 500, 501, 502]

const at = (
  source: Source,
  section: string | undefined,
  replies: ReadonlyArray<number>,
  note?: string
): CommandNote => ({
  source,
  replies,
  ...(section === undefined ? {} : { section }),
  ...(note === undefined ? {} : { note })
})

const part = (section: string, code: number): CommandNote =>
  at(
    3977,
    section,
    [code, 412, 420, 423, 430],
    section === "6.2.1"
      ? "By Message-ID the number in the reply is 0, whatever group is selected. Xref is ours, in the place of any other."
      : undefined
  )

const oldRange =
  "A range that holds nothing is answered with an empty list, as INN does, not with 420 or 423. The label of a row asked by Message-ID is that id."
const listed = (section: string, note?: string): CommandNote => at(3977, section, [215], note)
const kept = (source: Source, section: string, note?: string): CommandNote =>
  at(source, section, [215, 503], note ?? "503 where the operator keeps no such list.")

/** By keyword; each row of the table has one. */
export const commands: Readonly<Record<string, CommandNote>> = {
  CAPABILITIES: at(
    3977,
    "5.2",
    [101],
    "The argument changes nothing. Labels that the rules never grant are left out; READER and the labels of transit stand side by side, since one port serves both."
  ),
  HELP: at(3977, "7.2", [100]),
  DATE: at(3977, "7.1", [111]),
  QUIT: at(3977, "5.4", [205]),
  "MODE READER": at(
    3977,
    "5.3",
    [200, 201],
    "Accepted, never required, and changes nothing: MODE-READER is not offered."
  ),
  GROUP: at(3977, "6.1.1", [211, 411], "The count is exact."),
  LISTGROUP: at(3977, "6.1.2", [211, 411, 412]),
  LAST: at(3977, "6.1.3", [223, 412, 420, 422]),
  NEXT: at(3977, "6.1.4", [223, 412, 420, 421]),
  ARTICLE: part("6.2.1", 220),
  HEAD: part("6.2.2", 221),
  BODY: part("6.2.3", 222),
  STAT: part("6.2.4", 223),
  POST: at(
    3977,
    "6.3.1",
    [240, 340, 440, 441],
    "240 names the Message-ID first; 441 says what to change in the article."
  ),
  IHAVE: at(
    3977,
    "6.3.2",
    [235, 335, 435, 436, 437],
    "436 as CHECK has 431; 437 also for an article that came by another way meanwhile."
  ),
  NEWGROUPS: at(
    3977,
    "7.3",
    [231],
    "Two digits of a year mean this century up to the present year, else the one before."
  ),
  NEWNEWS: at(3977, "7.4", [230], "Goes by the time of arrival here. What is no longer held is not named."),
  "LIST ACTIVE": at(3977, "7.6.3", [215], "Statuses as in RFC 6048 §3.1: y, n, m, x, j and =group."),
  "LIST ACTIVE.TIMES": listed("7.6.4", "Every group is named, its creator being news@ and this site."),
  "LIST DISTRIB.PATS": kept(3977, "7.6.5"),
  "LIST NEWSGROUPS": listed("7.6.6", "A group that nobody described is listed with “No description”."),
  OVER: at(3977, "8.3", [224, 412, 420, 423, 430]),
  "LIST OVERVIEW.FMT": listed(
    "8.4",
    "The sixth and seventh line are “Bytes:” and “Lines:”, the old form that §8.4.2 allows: slrn reads no overview without. After Xref come Lupin-Event, Lupin-Location, Newsgroups and Injection-Date, in full."
  ),
  HDR: at(3977, "8.5", [225, 412, 420, 423, 430, 503], "503 for metadata items other than :bytes and :lines."),
  "LIST HEADERS": listed("8.6", "Any header field may be asked for, by range and by Message-ID."),
  XHDR: at(2980, "2.6", [221, 412, 420, 430, 503], `${oldRange} A field that an article lacks is an empty value.`),
  XOVER: at(2980, "2.8", [224, 412, 420, 430], oldRange),
  XPAT: at(
    2980,
    "2.9",
    [221, 412, 430, 503],
    `${oldRange} Words behind the first pattern belong to it, a space between. Matched are the octets of the value, of a long one its beginning (1,024 octets). Not in CAPABILITIES, which RFC 2980 does not know.`
  ),
  STARTTLS: at(
    4642,
    "2.2",
    [382, 502, 580],
    "Offered where there is a certificate. What was pipelined behind it is thrown away, and so is what was selected. 502 on TLS, after a login and after COMPRESS. Ports on TLS from the first octet are those of RFC 8143."
  ),
  "AUTHINFO USER": at(
    4643,
    "2.3",
    [381, 482, 483, 502],
    "483 in clear text where the rules want TLS for a login, as they do unless they say otherwise; 502 after a login or COMPRESS, or where a login would bring nothing."
  ),
  "AUTHINFO PASS": at(4643, "2.3", [281, 481, 482, 483, 502], "The fifth failure ends the connection with 400."),
  "AUTHINFO SASL": at(4643, "2.4", [283, 383, 481, 482, 483, 502, 503, 504], "Mechanisms: PLAIN and SCRAM-SHA-256."),
  "MODE STREAM": at(4644, "2.3", [203], "Never required: CHECK and TAKETHIS work without it."),
  CHECK: at(
    4644,
    "2.4",
    [238, 431, 438],
    "431 while another peer is sending the article, and while nothing can be stored, as on a full disk."
  ),
  TAKETHIS: at(
    4644,
    "2.5",
    [239, 431, 439],
    "The article is read whatever is wrong with the command line. 431, which RFC 4644 does not have here, asks for one article again later; 400 would end the connection for its sake."
  ),
  "LIST COUNTS": at(6048, "2.2", [215], "The count is exact."),
  "LIST DISTRIBUTIONS": kept(6048, "2.3"),
  "LIST MODERATORS": kept(6048, "2.4"),
  "LIST MOTD": kept(6048, "2.5"),
  "LIST SUBSCRIPTIONS": kept(6048, "2.6"),
  COMPRESS: at(
    8054,
    "2.2",
    [206, 403, 502, 503],
    "On transit, too. A client may inflate 3 MiB and 20 times what it sends, at most 64 MiB at a time; beyond that its connection is closed. After it neither STARTTLS nor AUTHINFO is possible."
  ),
  XCHANGES: at(
    "private",
    undefined,
    [282],
    "What was filed and removed in groups of a wildmat since a position of a generation. The first line has generation, position to ask from next, head of the log, and reset where the generation is another; then F, position and overview line, or R, position and Message-ID, tabs between."
  ),
  XSTATUS: at(
    "private",
    undefined,
    [283],
    "The generation, then for each Message-ID held, digested, removed, erased or unknown. A zone says held only of what it would still have after a power cut."
  ),
  XRECONCILE: at(
    "private",
    undefined,
    [290, 490, 503],
    "Compares history in groups of a wildmat between two whole hours: a frame of questions follows as a block, and 290 is followed by a frame of answers; 490 names the second at which history begins. For peers that feed."
  )
}

/** In the order of the page. */
export const rules: ReadonlyArray<RuleNote> = [
  {
    source: 3977,
    section: "3.1",
    note: "A command line has at most 512 octets, also without a group selected; an overlong one is answered 501 and the session stays in step. Commands are UTF-8. 65 lines in a row that are no commands end the connection with 400."
  },
  {
    source: 3977,
    section: "3.1.1",
    note: "Only CRLF, dot, CRLF ends an article. One that holds a bare CR, a bare LF or a NUL is read to its end and refused."
  },
  {
    source: 3977,
    section: "3.5",
    note: "Every command may be pipelined; the replies of one chunk leave in one write."
  },
  {
    source: 3977,
    section: "4",
    note: "As printed. In configurations of feeds a part may also begin with @: never an article that is in one of these."
  },
  {
    source: 3977,
    section: "6",
    note: "Numbers are at most 2147483647 and never given twice; a group at the end takes no more articles, the others of a crosspost do. In a new generation of a spool numbers begin higher than ever before."
  },
  {
    source: 3977,
    section: "6.3.1",
    note: "An article has at most 1,000,000 octets, its header 65,536."
  },
  {
    source: 6048,
    section: "3.1",
    note: "x: nothing is filed there, and an article for no other group is refused. j: filed in the group junk. =group: filed in that one. Feeds go by Newsgroups all the same. Clients cannot post to n, x, j and =group."
  },
  {
    source: 5536,
    section: "3.1.4",
    note: "Names of groups have at most 255 octets, and are lower case under clientposts, digests, deadletter, control and blobs."
  },
  {
    source: 5536,
    section: "3.2.14",
    note: "Xref is written anew by every site, and no part of the article that is kept or relayed."
  },
  {
    source: 5537,
    section: "3.2",
    note: "Path gets this site's name with !, !! where the peer is known by its name, and .MISMATCH, .SEEN or .POSTED as it applies."
  },
  {
    source: 5537,
    section: "3.5",
    note: "A post may be dated three days back and five minutes ahead. Injection-Info and Xref are ours alone to write. One that repeats a Message-ID with the same content is answered as the first was."
  },
  {
    source: 5537,
    section: "3.6",
    note: "An article injected more than ten days ago is refused, one dated more than a day ahead put off. That our name is in the Path is no reason to refuse: history knows what was here."
  },
  {
    source: 5537,
    section: "5.2",
    note: "newgroup, rmgroup and checkgroups act if an operator posts them here, or if they are signed (X-PGP-Sig) by a key that the configuration lets change all the groups named. Descriptions of groups are taken from them."
  },
  {
    source: 5537,
    section: "5.3",
    note: "A cancel or Supersedes that comes before its article waits for it, for 14 days, at most 10,000 of them. Control messages are filed under control, control.cancel and so on."
  },
  {
    source: 8315,
    section: "2",
    note: "Where an article has a Cancel-Lock, only its key removes it. An article without lock belongs to the address of its From or Sender; under our own roots, to nobody."
  }
]
