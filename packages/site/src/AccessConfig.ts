/**
 * What an operator says of access: rules, TLS, limits, and how peers are reached and recognised, as schemas.
 */
import * as Cidr from "@lupin/nntp/Cidr"
import * as Group from "@lupin/core/Group"
import { Schema } from "effect"
import * as ConfigParts from "./ConfigParts.ts"
import * as Lists from "./Lists.ts"

/** A file; a relative path starts at the folder of the configuration. */
const FilePath = Schema.NonEmptyString

const CidrText = Schema.String.check(
  Schema.makeFilter((text: string) => Cidr.parse(text) !== undefined || "not an address or network, such as 10.0.0.0/8")
)

/** The first rule that holds decides; what it does not grant is not granted. */
export const Rule = Schema.Struct({
  from: Schema.optionalKey(Schema.Array(CidrText)),
  /** Where users are named, TLS is wanted unless this says false. */
  tls: Schema.optionalKey(Schema.Boolean),
  /** `*` is any user who has logged in. */
  users: Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString)),
  /** `*` is any peer of this configuration. */
  peers: Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString)),
  read: Schema.optionalKey(ConfigParts.WildmatText),
  post: Schema.optionalKey(ConfigParts.WildmatText),
  /** Moderated groups whose moderator this is: only posts that match may be Approved. */
  approve: Schema.optionalKey(ConfigParts.WildmatText),
  feed: Schema.optionalKey(ConfigParts.WildmatText),
  newnews: ConfigParts.withDefault(Schema.Boolean, false),
  control: ConfigParts.withDefault(Schema.Boolean, false)
})
export type Rule = typeof Rule.Type

/** PEM files. */
export const Tls = Schema.Struct({
  certificate: FilePath,
  key: FilePath,
  /** Who signs the client certificates by which peers name themselves. */
  clientAuthorities: Schema.optionalKey(FilePath)
})

export const Limits = Schema.Struct({
  connections: ConfigParts.withDefault(Schema.Int.check(Schema.isGreaterThan(0)), 1_000),
  connectionsPerAddress: ConfigParts.withDefault(Schema.Int.check(Schema.isGreaterThan(0)), 64),
  idleSeconds: ConfigParts.withDefault(Schema.Int.check(Schema.isGreaterThan(0)), 600)
})

const StatusText = Schema.String.check(
  Schema.makeFilter((text: string) => Group.isStatus(text) || "a status is y, n, m, x, j or =group (RFC 6048, 3.1)")
)

/** A group that exists from the start, with its status, and what readers are told of it. */
export const ListedGroup = Schema.Struct({
  name: ConfigParts.GroupText,
  status: ConfigParts.withDefault(StatusText, "y"),
  description: Schema.optionalKey(Lists.Line)
})

/** How we reach a peer and make ourselves known; and how it is recognised when it connects. */
export const peerFields = {
  /** TLS from the first octet, or after STARTTLS; without it, clear text. */
  tls: Schema.optionalKey(Schema.Literals(["implicit", "starttls"])),
  /** The name in the peer's certificate, where it is not the host. */
  serverName: Schema.optionalKey(Schema.NonEmptyString),
  /** Who may have signed it, where it is none of the authorities that everybody knows. */
  authorities: Schema.optionalKey(FilePath),
  login: Schema.optionalKey(
    Schema.Struct({
      user: Schema.NonEmptyString,
      passwordFile: FilePath,
      /** Shows the password in clear text, too. */
      isClearTextAllowed: ConfigParts.withDefault(Schema.Boolean, false)
    })
  ),
  compress: ConfigParts.withDefault(Schema.Boolean, false),
  /** What shows that a connection is the peer's: any of these. */
  accept: ConfigParts.withDefault(
    Schema.Struct({
      addresses: ConfigParts.withDefault(Schema.Array(CidrText), []),
      /** Names in its client certificate, or the certificate's SHA-256 fingerprint. */
      certificates: ConfigParts.withDefault(Schema.Array(Schema.NonEmptyString), []),
      users: ConfigParts.withDefault(Schema.Array(Schema.NonEmptyString), [])
    }),
    {}
  )
} as const

export const siteFields = {
  /** Its certificate: offered to clients after STARTTLS, and to peers that ask who we are. */
  tls: Schema.optionalKey(Tls),
  /** Without rules, this machine may do everything, peers may read and feed, and nobody else anything. */
  access: Schema.optionalKey(Schema.Array(Rule)),
  /** Users who may log in; `lupin accounts` writes it. Otherwise `accounts.json` in the site's directory. */
  accounts: Schema.optionalKey(FilePath),
  /** By which posts of users are locked; the same file at all hosts of a POP. Otherwise one of the site's own. */
  cancelSecret: Schema.optionalKey(FilePath),
  limits: ConfigParts.withDefault(Limits, {}),
  groups: ConfigParts.withDefault(Schema.Array(ListedGroup), []),
  lists: Schema.optionalKey(Lists.Lists)
} as const
