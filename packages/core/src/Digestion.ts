/**
 * What an app wants computed at the centre: which events, by which key, folded how, posted where and when.
 *
 * Its version covers everything that shapes a digest: fold, key, view, target, and the schemas and upcasts of its
 * events. Change one of them and raise it, or two zones give different articles for the same inputs.
 */
import type * as Schema from "effect/Schema"
import * as Base32 from "./Base32.ts"
import * as Event from "./Event.ts"
import type * as Fold from "./Fold.ts"
import type * as GeoPoint from "./GeoPoint.ts"
import * as GroupName from "./GroupName.ts"
import type * as MessageId from "./MessageId.ts"
import * as Sha256 from "./Sha256.ts"

/** An event as a digestion sees it: decoded, and upcast to the newest version of its kind. */
export interface Input<Kind extends string = string, Payload = unknown> {
  readonly messageId: MessageId.MessageId
  readonly kind: Kind
  readonly payload: Payload
  readonly at?: GeoPoint.GeoPoint
  /** The groups of its article, for keys by region. */
  readonly groups: ReadonlyArray<GroupName.GroupName>
  /** Injection-Date, in milliseconds; whole seconds. */
  readonly injectedMillis: number
}

/** When a key's digest is posted after an input, in milliseconds. */
export interface Due {
  /** Once no further input has come for so long. */
  readonly quietMillis: number
  /** At the latest so long after the first input. */
  readonly atMostMillis: number
  /** But not before so long after the last digest of the key, however much comes; 0 where nothing is said. */
  readonly restMillis?: number
}

/** A digestion of `app`; `S` is the state of its fold, `View` what readers get to see of one. */
export interface Digestion<S = unknown, View extends Schema.Json = Schema.Json, Name extends string = string> {
  readonly name: Name
  readonly version: number
  readonly app: string
  /** The kinds of events it reads. */
  readonly kinds: ReadonlyArray<string>
  /** Wildmat in which each event of the app stands in exactly one group, so that a crosspost counts once. */
  readonly source: string
  /** What the event counts for, or `undefined` for nothing; ask through `keyOf`. */
  key(input: Input): string | undefined
  readonly fold: Fold.Fold<Input, S>
  /** What readers get to see of a state: JSON, without time or chance. */
  view(state: S, key: string): View
  target(key: string): GroupName.GroupName
  readonly due: Due
  /** How long zone n waits n times before it emits in place of the zones before it. */
  readonly turnMillis: number
}

/** The component below which the partials of an app's days are, instead of a digestion's name. */
export const daysName = "days"

/** The longest key, in octets of UTF-8. */
export const keyOctetsMax = 128

/** Two seconds of quiet, at most ten; a turn is five seconds. */
export const dueDefault: Due = { quietMillis: 2_000, atMostMillis: 10_000 }
export const turnMillisDefault = 5_000

type Payloads = { readonly [kind: string]: { readonly schema: Schema.Codec<unknown, unknown> } }

/** The input of any of these kinds, told apart by `kind`. */
export type InputOf<Kinds extends Payloads> = {
  [K in keyof Kinds & string]: Input<K, Kinds[K]["schema"]["Type"]>
}[keyof Kinds & string]

export interface Options<Kinds extends Payloads, S, View extends Schema.Json, Name extends string> {
  readonly app: string
  /** Any but `days`, under which the partials of all digestions are. */
  readonly name: Name
  /** From 1; 1 where it is absent. */
  readonly version?: number
  /** The event kinds it reads, as they stand in the app. */
  readonly events: Kinds
  readonly key: (input: InputOf<Kinds>) => string | undefined
  readonly fold: Fold.Fold<InputOf<Kinds>, S>
  readonly view: (state: S, key: string) => View
  readonly due?: Due
  readonly turnMillis?: number
}

/** Defines a digestion. Throws on a name or version that could not stand in a group or a header. */
export const define = <const Kinds extends Payloads, S, View extends Schema.Json, const Name extends string>(
  options: Options<Kinds, S, View, Name>
): Digestion<S, View, Name> => {
  const { app, name, version = 1, due = dueDefault, turnMillis = turnMillisDefault } = options
  if (!Event.isName(app) || !Event.isName(name) || name === daysName) {
    throw new TypeError(`${app}.${name} is no name of a digestion`)
  }
  if (!Event.isVersion(version)) throw new TypeError(`${version} is no version of a digestion`)
  return {
    app,
    name,
    version,
    kinds: Object.keys(options.events),
    source: sourceOf(app),
    // The digester gives a digestion only events of its kinds, decoded by their schemas.
    key: (input) => options.key(input),
    fold: options.fold,
    view: options.view,
    target: (key) => targetOf(app, name, key),
    due,
    turnMillis
  }
}

/** The canonical axis of an app's events: each has one group of `s2` if it has a place, else one of `topic`. */
export const sourceOf = (app: string): string => `clientposts.${app}.s2.*,clientposts.${app}.topic.*`

/** The one group of an event's article that lies in the source of digestions. */
export const canonicalGroup = (groups: ReadonlyArray<GroupName.GroupName>): GroupName.GroupName | undefined =>
  groups.find((group) => canonicalPattern.test(group))

const canonicalPattern = /^clientposts\.[^.]+\.(?:s2|topic)\./

/** The country and region an event lies in, as group components: `us.washington`; `undefined` for one without a place. */
export const regionOf = ({ groups }: Pick<Input, "groups">): string | undefined => {
  for (const group of groups) {
    const found = regionPattern.exec(group)
    if (found !== null) return found[1]
  }
  return undefined
}

const regionPattern = /^clientposts\.[^.]+\.geo\.([^.]+\.[^.]+)/

/** The key of an input; `undefined` where it counts for nothing, or its key is empty, too long or broken Unicode. */
export const keyOf = <S>(digestion: Digestion<S>, input: Input): string | undefined => {
  if (!digestion.kinds.includes(input.kind)) return undefined
  const key = digestion.key(input)
  return key !== undefined && isKey(key) ? key : undefined
}

/** Whether a text can be a key: well-formed Unicode of 1 to 128 octets, no controls among them. */
export const isKey = (text: string): boolean =>
  /^\P{Cc}+$/u.test(text) &&
  text.isWellFormed() &&
  // A UTF-16 code unit takes three octets at most.
  (text.length * 3 <= keyOctetsMax || new TextEncoder().encode(text).length <= keyOctetsMax)

/**
 * `digests.<app>.<name>.<key>` where the key reads as components of a group's name, else its hash in their place.
 * Two keys may share a group by design of some stranger; the digest articles say which is whose.
 */
export const targetOf = (app: string, name: string, key: string): GroupName.GroupName => {
  const parent = `digests.${app}.${name}`
  const plain = componentsPattern.test(key) ? GroupName.parse(`${parent}.${key}`) : undefined
  if (plain !== undefined) return plain
  return GroupName.GroupName.make(`${parent}.x-${Base32.encode(Sha256.hashText(key).subarray(0, 16))}`)
}

// RFC 5536 §3.1.4 sets `all` and `ctl` aside, and asks for components that are not all digits.
const componentsPattern = /^(?!(?:.*\.)?(?:all|ctl|\d+)(?:\.|$))[a-z0-9+_-]{1,64}(?:\.[a-z0-9+_-]{1,64}){0,7}$/
