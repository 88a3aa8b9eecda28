/**
 * How an article enters the network (RFC 5537 §3.5): a proto-article is checked, and gets what it lacks.
 *
 * What the poster wrote stays byte for byte; ours is added before and after it.
 */
import * as Article from "./Article.ts"
import * as CancelLock from "./CancelLock.ts"
import * as Control from "./Control.ts"
import * as Crosspost from "./Crosspost.ts"
import * as GroupName from "./GroupName.ts"
import * as Headers from "./Headers.ts"
import * as Limits from "./Limits.ts"
import * as MessageId from "./MessageId.ts"
import * as Namespace from "./Namespace.ts"
import * as NewsDate from "./NewsDate.ts"
import * as Path from "./Path.ts"

export interface InjectionContext {
  /** Our name in the Path. */
  readonly site: string
  readonly writer: Namespace.Writer
  readonly nowMillis: number
  /** The posting host or account. A host also stands in the Path. */
  readonly from?: string
  readonly apps: ReadonlySet<string> | "any"
  /** Whether the poster may write Approved, as a moderator does; true where nothing is said. */
  readonly mayApprove?: boolean
  /** By whom the article may be withdrawn, beside whoever holds a key of the poster's own. */
  readonly owner?: Owner
  /** Asked only where the proto-article has no Message-ID. */
  readonly mintId: () => MessageId.MessageId
  /** Whether the content is what a client's id promises; true for all other ids. */
  readonly verify: (article: Article.Article) => boolean
}

/** A poster whom the site can tell from all others, and the secret with which it locks what they post (RFC 8315 §4). */
export interface Owner {
  readonly name: string
  readonly secret: Uint8Array
}

/** Each names the field of the header it is about, or `article`, `header`, `body`. */
export interface Reason {
  readonly _tag:
    | "TooLarge"
    | "Malformed"
    | "Missing"
    | "Repeated"
    | "Forbidden"
    | "Invalid"
    | "TooOld"
    | "TooFarAhead"
    | "NotPermitted"
    | "UnknownApp"
    | "BadCrosspost"
    | "BadHash"
  readonly field: string
}

export interface Injected {
  readonly _tag: "Injected"
  readonly article: Article.Article
}

/** The message is for the poster: ASCII, one line, says what to change. */
export interface Refused {
  readonly _tag: "Refused"
  readonly reason: Reason
  readonly message: string
}

const refused = (tag: Reason["_tag"], field: string, message: string): Refused => ({
  _tag: "Refused",
  reason: { _tag: tag, field },
  message
})

/** Fields that may stand once at most (RFC 5536 §3.1, §3.2), and ours. */
const singular: ReadonlySet<string> = new Set(
  (
    "from newsgroups subject date message-id path injection-date references followup-to sender reply-to approved " +
    "control supersedes distribution expires organization summary keywords archive user-agent cancel-lock cancel-key " +
    "mime-version content-type content-transfer-encoding lupin-event lupin-location lupin-digest"
  ).split(" ")
)
const mandatory = ["From", "Newsgroups", "Subject"] as const
/** Only the site that injects may write these (RFC 5537 §3.5, step 2). */
const forbidden: ReadonlySet<string> = new Set(["injection-info", "xref"])

/** Fields by name in lower case. */
type Fields = ReadonlyMap<string, string>

/** Checks a proto-article and makes it an article. Total: whatever the octets, an article or one reason. */
export const inject = (proto: Uint8Array, context: InjectionContext): Injected | Refused => {
  const read = readProto(proto)
  if ("_tag" in read) return read
  const { bodyStart, fields } = read
  const id = identify(fields, context)
  if (typeof id !== "string") return id
  const refusal =
    checkFields(fields) ??
    checkControl(fields, context) ??
    checkDates(fields, context) ??
    checkGroups(fields, id, context)
  if (refusal !== undefined) return refusal
  const millis =
    MessageId.kindOf(id) === "client" ? (MessageId.mintedMillis(id) ?? context.nowMillis) : context.nowMillis
  const path = fields.get("path") ?? ""
  const octets = Article.withFields(
    { octets: proto, bodyStart },
    [
      ["Path", Path.prepend(path, context.site, { posted: isHost(context.from) ? context.from : true })],
      ...absent(fields, [
        ["Message-ID", id],
        ["Date", NewsDate.format(millis)],
        ["Injection-Date", NewsDate.format(millis)],
        ...ownership(fields, id, context.owner)
      ]),
      ["Injection-Info", injectionInfo(context)]
    ],
    []
  )
  return finish(octets, context.verify)
}

/**
 * A lock that the site opens for the same poster alone, and the key where the article withdraws another. An event is the
 * same article at every site, so it gets neither.
 */
const ownership = (
  fields: Fields,
  id: MessageId.MessageId,
  owner: Owner | undefined
): ReadonlyArray<readonly [string, string]> => {
  if (owner === undefined || MessageId.kindOf(id) !== "foreign") return []
  const control = Control.parse(fields.get("control") ?? "")
  const target = control._tag === "Cancel" ? control.target : MessageId.parse(fields.get("supersedes") ?? "")
  return [
    ["Cancel-Lock", CancelLock.mintLock(owner.secret, id, owner.name)],
    ...(target === undefined ? [] : [["Cancel-Key", CancelLock.mintKey(owner.secret, target, owner.name)] as const])
  ]
}

/**
 * The door for digests: an article that a zone computed gets only its Path. Equal digests must be equal articles in
 * every zone, so its dates and its id stand, whatever the clock says.
 */
export const injectDigest = (digest: Uint8Array, context: Pick<InjectionContext, "site">): Injected | Refused => {
  const read = readProto(digest)
  if ("_tag" in read) return read
  const { bodyStart, fields } = read
  const id = MessageId.parse(fields.get("message-id") ?? "")
  if (id === undefined || MessageId.kindOf(id) !== "digest") {
    return refused("Invalid", "Message-ID", "the Message-ID is not that of a digest")
  }
  const groups = Article.readGroups(fields.get("newsgroups") ?? "") ?? []
  const stray = Namespace.strayGroup(id, groups)
  if (stray !== undefined) return refused("NotPermitted", "Newsgroups", `a digest has no place in ${stray}`)
  const refusal = checkFields(fields) ?? checkCrosspost(groups)
  if (refusal !== undefined) return refusal
  const path = Path.prepend(fields.get("path") ?? "", context.site, { posted: true })
  return finish(Article.withFields({ octets: digest, bodyStart }, [["Path", path]], []), () => true)
}

const finish = (octets: Uint8Array, verify: InjectionContext["verify"]): Injected | Refused => {
  if (octets.length > Limits.articleBytesMax) return articleTooLarge
  const article = Article.read(octets)
  if (Article.isMalformed(article)) return refused("Malformed", "article", article.reason)
  if (article.bodyStart - 2 > Limits.headerBytesMax) return headerTooLarge
  if (!verify(article)) return refused("BadHash", "Message-ID", "the content is not that of its Message-ID")
  return { _tag: "Injected", article }
}

const articleTooLarge = refused("TooLarge", "article", `an article has at most ${Limits.articleBytesMax} octets`)

const headerTooLarge = refused("TooLarge", "header", `a header has at most ${Limits.headerBytesMax} octets`)

/** The fields of well-formed octets, each at most once where that is the rule. */
const readProto = (proto: Uint8Array): { readonly bodyStart: number; readonly fields: Fields } | Refused => {
  if (proto.length > Limits.articleBytesMax) return articleTooLarge
  const bodyStart = Headers.check(proto)
  if (typeof bodyStart !== "number") return refused("Malformed", "article", bodyStart)
  const end = bodyStart - 2
  if (end > Limits.headerBytesMax) return headerTooLarge
  const fields = new Map<string, string>()
  for (let at = 0; at < end;) {
    const next = Headers.fieldEnd(proto, at, end)
    const name = Headers.nameAt(proto, at)
    const key = name.toLowerCase()
    const fault = faultOfLine(proto, at + name.length + 1, next)
    if (fault !== undefined) return refused("Invalid", name, `${name} ${fault}`)
    if (fields.has(key) && singular.has(key)) return refused("Repeated", name, `${name} may stand only once`)
    if (forbidden.has(key)) return refused("Forbidden", name, `${name} is written by the injecting site; leave it out`)
    if (!fields.has(key)) fields.set(key, Headers.content(proto, at, next))
    at = next
  }
  return { bodyStart, fields }
}

/** RFC 5536 §2.2: a space after the colon, and on every line something that is not space. */
const faultOfLine = (octets: Uint8Array, afterColon: number, end: number): string | undefined => {
  if (octets[afterColon] !== space) return "needs a space after the colon"
  let isBlank = true
  for (let at = afterColon; at < end; at += 1) {
    const octet = octets[at] as number
    if (octet === lf) {
      if (isBlank) return "has an empty line in it"
      isBlank = true
    } else if (octet > space) isBlank = false
  }
  return undefined
}

const space = 32
const lf = 10

const checkFields = (fields: Fields): Refused | undefined => {
  const missing = mandatory.find((name) => !fields.has(name.toLowerCase()))
  if (missing !== undefined) return refused("Missing", missing, `${missing} is missing`)
  if (!/[^\s<>()@]+@[^\s<>()@]+/.test(fields.get("from") ?? "")) {
    return refused("Invalid", "From", "From needs a mailbox, as in Name <name@example.invalid>")
  }
  const path = fields.get("path") ?? ""
  if (Path.sites(path).length >= Limits.pathSitesMax)
    return refused("Invalid", "Path", "the Path is too long; leave it out")
  return Path.isInjected(path)
    ? refused("Forbidden", "Path", "the article was injected before; a peer relays it")
    : undefined
}

/** RFC 5536 §3.2.3, RFC 8315 §2: what is to remove or replace another article must be well formed, and may be. */
const checkControl = (fields: Fields, context: InjectionContext): Refused | undefined => {
  const control = fields.get("control")
  const supersedes = fields.get("supersedes")
  if (control !== undefined && supersedes !== undefined) {
    return refused("Invalid", "Supersedes", "an article has Control or Supersedes, not both")
  }
  if (supersedes !== undefined && MessageId.parse(supersedes) === undefined) {
    return refused("Invalid", "Supersedes", "Supersedes names one Message-ID")
  }
  for (const name of ["Cancel-Lock", "Cancel-Key"]) {
    const content = fields.get(name.toLowerCase())
    if (content !== undefined && !CancelLock.isWellFormed(content)) {
      return refused("Invalid", name, `${name} is not one (RFC 8315, 2)`)
    }
  }
  if (fields.has("approved") && context.mayApprove === false) {
    return refused("NotPermitted", "Approved", "you may not approve articles")
  }
  if (control === undefined) return undefined
  const read = Control.parse(control)
  if (context.writer !== "operator" && !/^cancel\b/i.test(control)) {
    return refused("NotPermitted", "Control", "only an operator may send control messages other than cancel")
  }
  return read._tag === "Unknown" && /^(cancel|newgroup|rmgroup|checkgroups)\b/i.test(control)
    ? refused("Invalid", "Control", "the control message is not well formed (RFC 5537, 5)")
    : undefined
}

/** The id the proto-article brings, else a new one. */
const identify = (fields: Fields, context: InjectionContext): MessageId.MessageId | Refused => {
  const written = fields.get("message-id")
  if (written === undefined) return context.mintId()
  const id = MessageId.parse(written)
  if (id === undefined) return refused("Invalid", "Message-ID", "the Message-ID is not one (RFC 5536, 3.1.3)")
  if (MessageId.kindOf(id) === "client" && MessageId.mintedMillis(id) === undefined) {
    return refused("Invalid", "Message-ID", "the Message-ID of a client begins with a UUIDv7")
  }
  return id
}

const checkDates = (fields: Fields, context: InjectionContext): Refused | undefined => {
  for (const name of ["Date", "Injection-Date"]) {
    const text = fields.get(name.toLowerCase())
    if (text === undefined) continue
    const millis = NewsDate.parse(text)
    if (millis === undefined) return refused("Invalid", name, `${name} is not a date (RFC 5536, 3.1.1)`)
    const refusal = checkAge(name, millis, context)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

const checkAge = (field: string, millis: number, context: InjectionContext): Refused | undefined => {
  if (context.nowMillis - millis > Limits.injectAgeMillisMax) {
    return refused("TooOld", field, `${field} is more than 3 days ago`)
  }
  return millis - context.nowMillis > Limits.injectAheadMillisMax
    ? refused("TooFarAhead", field, `${field} is more than 5 minutes ahead of this site's clock`)
    : undefined
}

const checkGroups = (fields: Fields, id: MessageId.MessageId, context: InjectionContext): Refused | undefined => {
  const groups = Article.readGroups(fields.get("newsgroups") ?? "")
  if (groups === undefined) return refused("Invalid", "Newsgroups", "Newsgroups names a group that cannot be")
  const closed = groups.find((group) => !Namespace.mayWrite(context.writer, group)) ?? Namespace.strayGroup(id, groups)
  if (closed !== undefined) return refused("NotPermitted", "Newsgroups", `this article has no place in ${closed}`)
  const { apps } = context
  const strange =
    apps === "any" ? undefined : groups.map(GroupName.appOf).find((app) => app !== undefined && !apps.has(app))
  if (strange !== undefined) return refused("UnknownApp", "Newsgroups", `no app is called ${strange} here`)
  const minted = MessageId.kindOf(id) === "client" ? MessageId.mintedMillis(id) : undefined
  const age = minted === undefined ? undefined : checkAge("Message-ID", minted, context)
  return age ?? checkCrosspost(groups)
}

const checkCrosspost = (groups: ReadonlyArray<GroupName.GroupName>): Refused | undefined => {
  const fault = Crosspost.check(groups)
  return fault === undefined ? undefined : refused("BadCrosspost", "Newsgroups", Crosspost.describe(fault))
}

const absent = (
  fields: Fields,
  wanted: ReadonlyArray<readonly [string, string]>
): ReadonlyArray<readonly [string, string]> => wanted.filter(([name]) => !fields.has(name.toLowerCase()))

/** RFC 5536 §3.2.8. A host has a dot or a colon in it, an account has not. */
const injectionInfo = ({ from, site }: InjectionContext): string => {
  if (from === undefined) return site
  return `${site}; ${isHost(from) ? "posting-host" : "posting-account"}="${from.replaceAll(/[^ -~]/g, "?").replaceAll(/["\\]/g, "\\$&")}"`
}

const isHost = (from: string | undefined): from is string =>
  from !== undefined && Path.isIdentity(from) && /[.:]/.test(from)
