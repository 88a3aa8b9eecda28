/**
 * The rules in force now, and how peers are told from others: a value that is replaced whole while connections go on.
 */
import { Context } from "effect"
import * as Access from "./Access.ts"
import * as Cidr from "./Cidr.ts"

/** Another site, and any of the ways by which a connection shows that it comes from there. */
export interface PeerIdentity {
  readonly name: string
  /** What it writes into Path. */
  readonly path: string
  /** Addresses from which this peer connects. */
  readonly addresses: ReadonlyArray<Cidr.Cidr>
  /** Names in its client certificate, or the certificate's SHA-256 fingerprint. */
  readonly certificates: ReadonlyArray<string>
  /** Users as whom this peer logs in. */
  readonly users: ReadonlyArray<string>
}

export interface Policy {
  readonly rules: Access.Rules
  readonly peers: ReadonlyArray<PeerIdentity>
}

/** What is known of a connection before it is named. */
export interface Shown {
  readonly address: string
  readonly isSecure: boolean
  readonly user: string | undefined
  /** Names of a client certificate that one of our authorities has signed. */
  readonly certificates: ReadonlyArray<string>
}

export const open: Policy = { rules: Access.open, peers: [] }

/** Connections ask for the policy at each command, and work out their standing anew when it is another value. */
export const AccessControl = Context.Reference<{ readonly current: () => Policy }>("@lupin/nntp/AccessControl", {
  defaultValue: () => ({ current: () => open })
})

/**
 * The peer that a connection comes from: by its certificate, else its user, else its address. Several where they share
 * what was shown, as sites behind one address do: it is one of them.
 */
export const peersOf = ({ peers }: Policy, shown: Shown): ReadonlyArray<PeerIdentity> => {
  const byCertificate = peers.filter(({ certificates }) =>
    certificates.some((name) => shown.certificates.includes(name))
  )
  if (byCertificate.length > 0) return byCertificate
  const { user } = shown
  const byUser = user === undefined ? [] : peers.filter(({ users }) => users.includes(user))
  if (byUser.length > 0) return byUser
  return peers.filter(({ addresses }) => addresses.some((range) => Cidr.contains(range, shown.address)))
}

/** What the rules are asked about. */
export const subjectOf = (policy: Policy, shown: Shown): Access.Subject => ({
  address: shown.address,
  isSecure: shown.isSecure,
  user: shown.user,
  peers: peersOf(policy, shown).map(({ name }) => name)
})
