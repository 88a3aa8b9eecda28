/**
 * What an operator says of one site, as a JSON file.
 *
 * Read at start, and again when the site is told to reload. Each fault names the key it is about, and all faults are told at once.
 */
import { Result, Schema, SchemaIssue } from "effect"
import * as AccessConfig from "./AccessConfig.ts"
import * as ConfigParts from "./ConfigParts.ts"
import * as Storage from "./Storage.ts"

const portMax = 65_535

const addressFrom = (portMin: number) =>
  Schema.String.check(
    Schema.isPattern(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, { message: "an address is host:port" }),
    Schema.makeFilter((address: string) => {
      const { port } = hostAndPort(address)
      return Number.isNaN(port) || (port >= portMin && port <= portMax) || `a port is ${portMin} to ${portMax}`
    })
  )

/** Where this site listens, `host:port`; an IPv6 host stands in brackets; port 0 takes any free one. */
export const Address = addressFrom(0)

/** Where somebody else listens: as `Address`, and the port is known. */
const Remote = addressFrom(1)

/** RFC 5536 §3.1.5: what a site writes into Path. */
export const PathIdentity = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}$/, { message: "a path identity is a host name" })
)

const DistributionText = Schema.String.check(
  Schema.isPattern(/^!?[A-Za-z0-9][A-Za-z0-9+_-]{0,127}$/, {
    message: "a distribution is a word, with ! in front if not wanted"
  })
)

const HoldMillis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))

const AtLeastOne = Schema.Int.check(Schema.isGreaterThan(0))

/** Peers of one site: a zone has those of all hosts of 25 POPs. */
const peersMax = 1_000

/** A site whose articles are taken here, and to which ours are fed. */
export const Peer = Schema.Struct({
  name: ConfigParts.Name,
  /** Its path identity: articles whose Path names it are not offered. */
  path: PathIdentity,
  nntp: Remote,
  kind: Schema.Literals(["pop", "central", "foreign"]),
  /** The zone of a central peer: receipts count zones, not hosts. */
  zone: Schema.optionalKey(ConfigParts.Name),
  /** The POP of a POP host, where it is not ours. */
  pop: Schema.optionalKey(ConfigParts.Name),
  /** At a zone: the zones of a POP host's POP, the one wanted most first. A POP's own are in the order of its peers. */
  zones: Schema.optionalKey(Schema.Array(ConfigParts.Name).check(Schema.isMaxLength(10))),
  /** Groups it is fed: one wanted is enough, one poisoned (`@`) too many. */
  feed: ConfigParts.withDefault(ConfigParts.WildmatText, "*"),
  /** Distributions it is fed, or, with `!`, is not fed (RFC 5536 §3.2.4). An article that names none goes always. */
  distributions: Schema.optionalKey(Schema.NonEmptyArray(DistributionText).check(Schema.isMaxLength(100))),
  /** Octets of an article it is fed. */
  bytesMax: Schema.optionalKey(AtLeastOne),
  /** Groups of an article it is fed. */
  crosspostMax: Schema.optionalKey(AtLeastOne),
  /** Sites that an article it is fed has passed, this one included. */
  hopsMax: Schema.optionalKey(AtLeastOne),
  /** Whether a new spool is filled from it: from zones by itself. Of a foreign server that is all it has of `feed` in 14 days. */
  refill: Schema.optionalKey(Schema.Boolean),
  /** Articles are sent at once, or asked about first. Without it the flood decides that among our own sites; a foreign one is asked. */
  eager: Schema.optionalKey(Schema.Boolean),
  ...AccessConfig.peerFields
})
export type Peer = typeof Peer.Type

/** Whether a peer is a site of ours, which reconciles. */
export const isOurs = ({ kind }: Pick<Peer, "kind">): boolean => kind !== "foreign"

/** How long feeds hold articles back, in milliseconds, so that they go together: what is quickest, or what is least. */
export const Flood = Schema.Struct({
  /** What is sent at once, on a link on which something was sent so shortly before. */
  paceMillis: Schema.optionalKey(HoldMillis),
  /** What is asked about. */
  gatherMillis: Schema.optionalKey(HoldMillis)
})

/** Keys whose control messages change groups here, by `gpgv` of GnuPG. */
export const Control = Schema.Struct({
  /** Public keys as `gpg --export` writes them: a file. */
  keyring: Schema.NonEmptyString,
  grants: Schema.Array(
    Schema.Struct({
      /** Fingerprint in capitals, or user id, or the first word of that. */
      signer: Schema.NonEmptyString,
      /** Groups it may make, change and remove. */
      groups: ConfigParts.WildmatText
    })
  ).check(Schema.isMaxLength(1_000))
})
export type Control = typeof Control.Type

const common = {
  name: ConfigParts.Name,
  path: PathIdentity,
  /** Everything this site keeps lies in here. A relative path starts at the folder of the configuration, as all do. */
  directory: Schema.NonEmptyString,
  /** `fsync` survives a power cut, `kernel` a kill. */
  durability: ConfigParts.withDefault(Schema.Literals(["fsync", "kernel"]), "fsync"),
  /** Modules of the apps it serves, relative to the configuration file. */
  apps: ConfigParts.withDefault(Schema.Array(Schema.NonEmptyString), []),
  peers: ConfigParts.withDefault(Schema.Array(Peer).check(Schema.isMaxLength(peersMax)), []),
  flood: Schema.optionalKey(Flood),
  ...AccessConfig.siteFields,
  /** Without it no control message of the network changes a group. */
  control: Schema.optionalKey(Control),
  ...Storage.fields
}

/** `nntps` is for clients that begin with TLS; it needs `tls`. */
const listening = { nntp: Address, nntps: Schema.optionalKey(Address), meta: Address }

/** A POP host. */
export const Pop = Schema.Struct({
  kind: Schema.Literal("pop"),
  pop: ConfigParts.Name,
  ...common,
  listen: Schema.Struct({ ...listening, json: Address }),
  /** Its cache: real Postgres by URL, else the embedded one; `template` is an initialised database to copy. */
  cache: ConfigParts.withDefault(
    Schema.Struct({ postgres: Schema.optionalKey(Schema.String), template: Schema.optionalKey(Schema.String) }),
    {}
  )
})
export type Pop = typeof Pop.Type

/** A host of a central zone. */
export const Central = Schema.Struct({
  kind: Schema.Literal("central"),
  zone: ConfigParts.Name,
  ...common,
  listen: Schema.Struct(listening),
  /** All zones that digest, in any order but the same at each. */
  zones: Schema.NonEmptyArray(ConfigParts.Name)
})
export type Central = typeof Central.Type

export type SiteConfig = Pop | Central

/** What stands for a key in a fault of the file as a whole. */
export const wholeFile = "(file)"

/** The file is not a configuration: one line for each key that is wrong. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", {
  file: Schema.String,
  faults: Schema.Array(Schema.Struct({ key: Schema.String, message: Schema.String }))
}) {
  override get message(): string {
    const [only, ...others] = this.faults
    if (only?.key === wholeFile && others.length === 0) return `${this.file}: ${only.message}`
    return [`${this.file}:`, ...this.faults.map(({ key, message }) => `  ${key}: ${message}`)].join("\n")
  }
}

const faultsOf = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "UnexpectedKey") return "is no key here"
    return issue._tag === "MissingKey" ? "is missing" : SchemaIssue.defaultLeafHook(issue)
  }
})

const keyOf = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined): string =>
  (path ?? [])
    .map((part) => (typeof part === "object" ? part.key : part))
    .reduce<string>(
      (text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}${text && "."}${String(key)}`),
      ""
    ) || wholeFile

const decodeAs = <A>(schema: Schema.Codec<A, unknown>, input: unknown, file: string): Result.Result<A, ConfigInvalid> =>
  Result.mapError(
    Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })(input),
    (error) =>
      new ConfigInvalid({
        file,
        faults: faultsOf(error.issue).issues.map(({ path, message }) => ({ key: keyOf(path), message }))
      })
  )

/** The configuration of a POP host out of JSON text. */
export const pop = (text: string, file: string): Result.Result<Pop, ConfigInvalid> =>
  Result.flatMap(json(text, file), (input) =>
    isOfKind(input, "central") ? otherKind(file, "central") : decodeAs(Pop, input, file)
  )

/** The configuration of a central host out of JSON text. */
export const central = (text: string, file: string): Result.Result<Central, ConfigInvalid> =>
  Result.flatMap(json(text, file), (input) =>
    isOfKind(input, "pop") ? otherKind(file, "pop") : decodeAs(Central, input, file)
  )

/** The configuration of any site, by its kind. */
export const any = (text: string, file: string): Result.Result<SiteConfig, ConfigInvalid> =>
  Result.flatMap(json(text, file), (input): Result.Result<SiteConfig, ConfigInvalid> =>
    isOfKind(input, "central") ? decodeAs(Central, input, file) : decodeAs(Pop, input, file)
  )

const isOfKind = (input: unknown, kind: SiteConfig["kind"]): boolean =>
  typeof input === "object" && input !== null && "kind" in input && input.kind === kind

/** One fault instead of one for each key that only the other kind of site has. */
const otherKind = (file: string, kind: SiteConfig["kind"]): Result.Result<never, ConfigInvalid> => {
  const message = `is "${kind}", which \`lupin ${kind}\` runs`
  return Result.fail(new ConfigInvalid({ file, faults: [{ key: "kind", message }] }))
}

const json = (text: string, file: string): Result.Result<unknown, ConfigInvalid> =>
  Result.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) => new ConfigInvalid({ file, faults: [{ key: wholeFile, message: `not JSON: ${reasonOf(cause)}` }] })
  })

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** Splits `host:port`. */
export const hostAndPort = (address: string): { readonly host: string; readonly port: number } => {
  const colon = address.lastIndexOf(":")
  const host = address.slice(0, colon)
  return { host: host.startsWith("[") ? host.slice(1, -1) : host, port: Number(address.slice(colon + 1)) }
}
