/**
 * Who may do what on a connection: an ordered list of rules, of which the first that holds decides everything.
 *
 * A rule holds by address, TLS, user and peer; it grants reading, posting and feeding by groups, and NEWNEWS and
 * control. Rules are never added up, so the grants of a connection can be read off one line. Where no rule holds,
 * nothing is granted. Pure: what a connection has shown of itself is its `Subject`.
 */
import * as Wildmat from "@lupin/core/Wildmat"
import * as Cidr from "./Cidr.ts"

/** What a client may be granted. */
export interface Grants {
  /** Groups it may read and see in lists. */
  readonly read: Wildmat.Wildmat
  /** Groups it may post to; each group of a post must match. */
  readonly post: Wildmat.Wildmat
  /** Moderated groups in which it may approve, its own posts and those of others. */
  readonly approve: Wildmat.Wildmat
  /** Groups whose articles it may relay to us; each group of an article must match. */
  readonly feed: Wildmat.Wildmat
  readonly newnews: boolean
  /** May post what only operators may: control messages that change this site. */
  readonly control: boolean
}

/** Conditions that are absent always hold. */
export interface Rule extends Grants {
  readonly from?: ReadonlyArray<Cidr.Cidr>
  /** Whether the connection must be on TLS (true) or must not be (false). */
  readonly tls?: boolean
  /** Users of `Accounts`; `*` is any of them. */
  readonly users?: ReadonlyArray<string>
  /** Names of peers of the configuration. */
  readonly peers?: ReadonlyArray<string>
}

export type Rules = ReadonlyArray<Rule>

/** What a connection has shown of itself. */
export interface Subject {
  readonly address: string
  readonly isSecure: boolean
  readonly user: string | undefined
  /** The peer it comes from; several where it is one of them; none where it is no peer. */
  readonly peers: ReadonlyArray<string>
}

export type Right = "read" | "post" | "feed" | "newnews"

/** Whether a right is there, and if not, what would bring it: TLS first, a login, or nothing. */
export type Answer = "allowed" | "tls" | "login" | "never"

/** All that a session asks of the rules, worked out once for a subject. */
export interface Standing extends Readonly<Record<Right, Answer>> {
  readonly grants: Grants
  /** Whether a login would bring anything: `login` where it would, `tls` where only on TLS. */
  readonly auth: Exclude<Answer, "allowed">
}

export const nothing: Grants = {
  read: Wildmat.nothing,
  post: Wildmat.nothing,
  approve: Wildmat.nothing,
  feed: Wildmat.nothing,
  newnews: false,
  control: false
}

export const everything: Grants = {
  read: Wildmat.everything,
  post: Wildmat.everything,
  approve: Wildmat.everything,
  feed: Wildmat.everything,
  newnews: true,
  control: false
}

/** Rules of a server that is open to all who reach it. */
export const open: Rules = [everything]

/** This machine. */
export const loopbackRanges: ReadonlyArray<Cidr.Cidr> = ["127.0.0.0/8", "::1"].flatMap((text) => Cidr.parse(text) ?? [])

/** Rules by which this machine may do everything, and others nothing. */
export const loopback: Rules = [{ ...everything, from: loopbackRanges }]

/** The grants of the first rule that holds. */
export const grants = (rules: Rules, subject: Subject): Grants => rules.find((rule) => holds(rule, subject)) ?? nothing

export const has = (granted: Grants, right: Right): boolean =>
  right === "newnews" ? granted.newnews : !isNothing(granted[right])

/** Says whether everything that has the right is granted it for every group. */
export const isUnbounded = (wildmat: Wildmat.Wildmat): boolean => wildmat.text === "*"

/** Works out what holds now, and what would hold on TLS and after a login. */
export const standing = (rules: Rules, subject: Subject): Standing => {
  const now = grants(rules, subject)
  const clear = afterLogin(rules, subject)
  const secure = { ...subject, isSecure: true }
  const onTls = [grants(rules, secure), ...afterLogin(rules, secure)]
  const auth = clear.some(isGain(now))
    ? "login"
    : !subject.isSecure && onTls.some(isGain(grants(rules, secure)))
      ? "tls"
      : "never"
  const answer = (right: Right): Answer => {
    if (has(now, right)) return "allowed"
    if (clear.some((granted) => has(granted, right))) return "login"
    return onTls.some((granted) => has(granted, right)) ? (subject.isSecure ? "login" : "tls") : "never"
  }
  return {
    grants: now,
    read: answer("read"),
    post: answer("post"),
    feed: answer("feed"),
    newnews: answer("newnews"),
    auth
  }
}

/** Says whether no login and no TLS could give this client anything: it need not even be greeted. */
export const isHopeless = (now: Standing): boolean =>
  now.auth === "never" && (["read", "post", "feed", "newnews"] as const).every((right) => now[right] === "never")

const isGain =
  (now: Grants) =>
  (granted: Grants): boolean =>
    granted !== nothing && granted !== now

/** A name that no rule can mean but by `*`. */
const someone = "\u0000"

/** What each user whom the rules tell apart would be granted; nobody logs in twice. */
const afterLogin = (rules: Rules, subject: Subject): ReadonlyArray<Grants> => {
  if (subject.user !== undefined) return []
  const names = new Set(rules.flatMap(({ users = [] }) => users.map((name) => (name === "*" ? someone : name))))
  return [...names].map((user) => grants(rules, { ...subject, user }))
}

const holds = (rule: Rule, { address, isSecure, peers, user }: Subject): boolean =>
  (rule.tls === undefined || rule.tls === isSecure) &&
  (rule.users === undefined || (user !== undefined && (rule.users.includes("*") || rule.users.includes(user)))) &&
  (rule.peers === undefined || isAmong(rule.peers, peers)) &&
  (rule.from === undefined || rule.from.some((range) => Cidr.contains(range, address)))

/** Whichever of its peers a connection comes from, the rule must mean it. */
const isAmong = (meant: ReadonlyArray<string>, peers: ReadonlyArray<string>): boolean =>
  peers.length > 0 && (meant.includes("*") || peers.every((peer) => meant.includes(peer)))

/** A wildmat without a part that wants anything matches no group. */
const isNothing = (wildmat: Wildmat.Wildmat): boolean => wildmat.parts.every(({ sense }) => sense !== "wanted")
