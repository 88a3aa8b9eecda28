/**
 * Who this site is, for everything that signs with its name.
 */
import { Context, Layer } from "effect"

/** A site as the others see it. */
export interface Identity {
  /** Short name of the host, such as `boi1`. */
  readonly name: string
  /** What the site writes into Path and Xref (RFC 5536 §3.1.5), such as `h1.boi.pop.lupin`. */
  readonly path: string
  readonly kind: "pop" | "central"
  /** The apps whose events are injected here. */
  readonly apps: ReadonlySet<string> | "any"
}

export class SiteIdentity extends Context.Service<SiteIdentity, Identity>()("@lupin/spool/SiteIdentity") {
  static readonly layer = (identity: Identity): Layer.Layer<SiteIdentity> => Layer.succeed(SiteIdentity, identity)
}
