/**
 * What one connection may do at this moment: the policy asked about what the connection has shown of itself.
 */
import * as Access from "./Access.ts"
import * as AccessControl from "./AccessControl.ts"
import type * as Connection from "./Connection.ts"
import * as Guard from "./Guard.ts"
import type * as Security from "./Security.ts"
import type { Transport } from "./Transport.ts"

export interface Admission {
  readonly policy: AccessControl.Policy
  readonly user: string | undefined
  readonly isSecure: boolean
  readonly facts: Security.Facts
  /** The services, as far as the grants go, in the name of its peer where that is known. */
  readonly service: Connection.Service
}

export const of = (whole: Connection.Service, transport: Transport, security: Security.State): Admission => {
  const policy = whole.access.current()
  const { isSecure, user } = security
  const shown = { address: transport.address, isSecure, user, certificates: transport.certificates() }
  const paths = AccessControl.peersOf(policy, shown).map(({ path }) => path)
  const standing = Access.standing(policy.rules, AccessControl.subjectOf(policy, shown))
  const { grants } = standing
  return {
    policy,
    user,
    isSecure,
    facts: { standing, hasTls: transport.startTls !== undefined, hasCompression: true },
    service: {
      ...whole,
      spool: Guard.spool(whole.spool, grants.read),
      injector: Guard.injector(whole.injector, whole.spool, grants, user, whole.cancelSecret),
      relayer: Guard.relayer(whole.relayer, grants.feed),
      reconciler: whole.reconciler && Guard.reconciler(whole.reconciler, grants.read),
      peer: paths.length === 0 ? whole.peer : { ...whole.peer, paths }
    }
  }
}

/** Whether an admission still says what the policy and the connection say. */
export const isCurrent = (
  admitted: Admission,
  whole: Connection.Service,
  { isSecure, user }: Security.State
): boolean => admitted.policy === whole.access.current() && admitted.user === user && admitted.isSecure === isSecure
