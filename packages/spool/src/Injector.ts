/**
 * The door by which articles enter the network here: posts of clients, and digests of this zone.
 *
 * Thin over `core/Injection`: it brings time, chance and our name, and stores what passed.
 */
import * as Article from "@lupin/core/Article"
import * as EventArticle from "@lupin/core/EventArticle"
import * as Filing from "@lupin/core/Filing"
import * as Group from "@lupin/core/Group"
import type * as GroupName from "@lupin/core/GroupName"
import * as Injection from "@lupin/core/Injection"
import * as MessageId from "@lupin/core/MessageId"
import type * as Namespace from "@lupin/core/Namespace"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Uuid from "@lupin/core/Uuid"
import { Clock, Context, Effect, Layer, Random, Schema } from "effect"
import * as GroupChanges from "./internal/GroupChanges.ts"
import { SiteIdentity } from "./SiteIdentity.ts"
import { Spool, type SpoolUnavailable } from "./Spool.ts"

export interface Poster {
  readonly writer: Namespace.Writer
  /** The posting host or account, for Injection-Info. */
  readonly from?: string
  /** Who it is, where the site can tell: they may withdraw the article through this site, also without a key of their own. */
  readonly owner?: Injection.Owner
  /** Whether the poster may write Approved, as moderators do; true where nothing is said. */
  readonly mayApprove?: boolean
}

/** The answer to a post, the same for a repeat but for `isNew`. */
export interface Accepted {
  readonly id: MessageId.MessageId
  /** Newsgroups of the article as it is held here. */
  readonly groups: ReadonlyArray<GroupName.GroupName>
  /** Where the log holds it; the head of the log for an article that was removed since. */
  readonly position: number
  readonly isNew: boolean
  /** False for a repeat of what was cancelled, superseded or expired: it is not taken again. */
  readonly isHeld: boolean
}

/** The article cannot enter as it is. `reason` names the field to change, `message` is for the poster. */
export class InjectionRefused extends Schema.TaggedError<InjectionRefused>()("InjectionRefused", {
  reason: Schema.Struct({ _tag: Schema.String, field: Schema.String }),
  message: Schema.String
}) {}

export class Injector extends Context.Service<
  Injector,
  {
    /**
     * Takes a proto-article (RFC 5537 §3.5). Returns once it would survive a power cut. An operator's newgroup, rmgroup
     * or checkgroups has changed the groups by then.
     */
    readonly inject: (proto: Uint8Array, poster: Poster) => Effect.Effect<Accepted, InjectionRefused | SpoolUnavailable>
    /** Takes a digest that this zone computed, and adds nothing but Path. */
    readonly injectDigest: (digest: Uint8Array) => Effect.Effect<Accepted, InjectionRefused | SpoolUnavailable>
  }
>()("@lupin/spool/Injector") {
  static readonly layer: Layer.Layer<Injector, never, Spool | SiteIdentity> = Layer.effect(
    Injector,
    Effect.gen(function* () {
      const spool = yield* Spool
      const site = yield* SiteIdentity
      const random = yield* Random.Random
      const { note } = yield* Recoveries.Recoveries

      const admit = Effect.fnUntraced(function* (verdict: Injection.Injected | Injection.Refused) {
        if (verdict._tag === "Refused") return yield* refusal(verdict.reason, verdict.message)
        const { article } = verdict
        const accepted = { id: article.messageId, groups: article.groups }
        const [stored] = yield* spool.store([article])
        switch (stored?._tag) {
          case "Filed":
            return { ...accepted, position: stored.position, isNew: true, isHeld: true }
          case "Full":
            return yield* refusal({ _tag: "NotPermitted", field: "Newsgroups" }, "the groups are full; choose others")
          case "Closed":
            return yield* refusal({ _tag: "NotPermitted", field: "Newsgroups" }, "the groups take no articles")
          case "Unapproved":
            return yield* refusal(
              { _tag: "NotPermitted", field: "Approved" },
              `${stored.group} is moderated; only its moderator can post there`
            )
          default:
            return yield* repeat(article)
        }
      })

      const repeat = Effect.fnUntraced(function* (article: Article.Article) {
        const id = article.messageId
        const held = yield* spool.find(id)
        if (held === undefined) {
          return { id, groups: article.groups, position: yield* spool.head, isNew: false, isHeld: false }
        }
        const first = Article.read(held.article)
        if (Article.isMalformed(first) || !isSameContent(first, article)) {
          return yield* refusal({ _tag: "Repeated", field: "Message-ID" }, "another article has this Message-ID")
        }
        note("repeat-answered")
        return { id, groups: first.groups, position: held.position, isNew: false, isHeld: true }
      })

      /** Groups that take articles from peers only, or none, or stand for another. */
      const checkOpen = Effect.fnUntraced(function* (article: Article.Article) {
        if (Filing.pseudoGroups(article) !== undefined) return undefined
        for (const name of article.groups) {
          const reason = Group.closedReason(name, (yield* spool.group(name))?.status)
          if (reason !== undefined) return yield* refusal({ _tag: "NotPermitted", field: "Newsgroups" }, reason)
        }
        return undefined
      })

      const take = Effect.fnUntraced(function* (
        verdict: Injection.Injected | Injection.Refused,
        writer: Namespace.Writer
      ) {
        if (verdict._tag === "Injected") {
          yield* checkOpen(verdict.article)
          if (writer === "operator") {
            yield* GroupChanges.apply(spool, yield* GroupChanges.of(spool, verdict.article))
          }
        }
        return yield* admit(verdict)
      })

      return {
        inject: (proto, { from, mayApprove, owner, writer }) =>
          Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
            take(
              Injection.inject(proto, {
                site: site.path,
                writer,
                nowMillis,
                apps: site.apps,
                mintId: () => mintId(nowMillis, site.path, random.nextIntUnsafe.bind(random)),
                verify: EventArticle.verify,
                ...(from === undefined ? {} : { from }),
                ...(mayApprove === undefined ? {} : { mayApprove }),
                ...(owner === undefined ? {} : { owner })
              }),
              writer
            )
          ),
        injectDigest: (digest) => Effect.suspend(() => admit(Injection.injectDigest(digest, { site: site.path })))
      }
    })
  )
}

const refusal = (reason: { readonly _tag: string; readonly field: string }, message: string): InjectionRefused =>
  new InjectionRefused({ reason, message })

/** An id that binds content says it all; under other ids the author's words are compared. */
const isSameContent = (first: Article.Article, second: Article.Article): boolean =>
  MessageId.kindOf(first.messageId) !== "foreign" ||
  (authored.every((name) => Article.field(first, name) === Article.field(second, name)) &&
    isSameOctets(Article.body(first), Article.body(second)))

const authored = ["From", "Subject", "Newsgroups", "Control", "References"] as const

const isSameOctets = (first: Uint8Array, second: Uint8Array): boolean =>
  first.length === second.length && first.every((octet, at) => octet === second[at])

const uuidRandomOctets = 10

/** An id of this site's own, for a proto-article that brings none. */
const mintId = (nowMillis: number, site: string, nextInt: () => number): MessageId.MessageId => {
  const octets = Uint8Array.from({ length: uuidRandomOctets }, () => nextInt() & 255)
  return MessageId.MessageId.make(`<${Uuid.v7(nowMillis, octets)}@${site}>`)
}
