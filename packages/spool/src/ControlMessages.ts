/**
 * Acts upon newgroup, rmgroup and checkgroups messages of the network, if their signer may change all that they name.
 *
 * A follower of the log like others: after a crash a message is looked at again, which changes nothing more. Cancels are
 * no affair of it: the spool judges them by the locks of their targets. What the local operator injects has acted already.
 */
import * as Article from "@lupin/core/Article"
import * as Control from "@lupin/core/Control"
import { Clock, Effect, Layer } from "effect"
import { ControlAuthority } from "./ControlAuthority.ts"
import * as GroupChanges from "./internal/GroupChanges.ts"
import { type Change, Spool, type SpoolUnavailable } from "./Spool.ts"

/** Changes read at a time. */
export const pageMax = 500
/** From one look at the log to the next: where much arrives, what arrives together is looked at together. */
export const gatherMillis = 250
/** How long to wait when the spool cannot answer. */
export const retryMillis = 60_000

const follower = "control"

const { CheckGroups, NewGroup, RemoveGroup } = Control.pseudoGroups

const isAboutGroups = (change: Change): boolean =>
  change._tag === "Filed" && change.groups.some((group) => [NewGroup, RemoveGroup, CheckGroups].includes(group))

/** Looks at one page of changes; says where the next one begins, and the head of the log. */
export const step = Effect.fnUntraced(function* (): Effect.fn.Return<
  { readonly next: number; readonly head: number },
  SpoolUnavailable,
  Spool
> {
  const spool = yield* Spool
  const after = (yield* spool.readPosition(follower)) ?? 0
  const { changes, head, next } = yield* spool.changes(after, pageMax)
  for (const change of changes) {
    if (!isAboutGroups(change)) continue
    const held = yield* spool.find(change.id)
    const article = held === undefined ? undefined : Article.read(held.article)
    if (article !== undefined && !Article.isMalformed(article)) yield* judge(spool, article)
  }
  if (next > after) yield* spool.savePosition(follower, next)
  return { next, head }
})

const judge = Effect.fnUntraced(function* (spool: Spool["Service"], article: Article.Article) {
  const authority = yield* ControlAuthority
  const changes = yield* GroupChanges.of(spool, article)
  const touched = Control.touched(changes)
  if (touched.length === 0) return
  const isGranted = yield* authority
    .grants(article, touched)
    .pipe(
      Effect.catchTag("AuthorityUnavailable", ({ reason }) =>
        Effect.as(Effect.logWarning(`control message ${article.messageId} could not be checked: ${reason}`), false)
      )
    )
  if (!isGranted) return
  yield* GroupChanges.apply(spool, changes)
  yield* Effect.logInfo(`control message ${article.messageId} changed ${touched.join(", ")}`)
})

/** Follows the log as long as the layer lives. */
export const layer: Layer.Layer<never, never, Spool> = Layer.effectDiscard(
  Effect.forkScoped(
    Effect.forever(
      Effect.gen(function* () {
        const { head, next } = yield* step()
        if (next < head) return
        const lookedMillis = yield* Clock.currentTimeMillis
        yield* (yield* Spool).changed(next)
        const sinceMillis = (yield* Clock.currentTimeMillis) - lookedMillis
        if (sinceMillis >= 0 && sinceMillis < gatherMillis) yield* Effect.sleep(gatherMillis - sinceMillis)
      }).pipe(
        Effect.catchTag("SpoolUnavailable", ({ reason }) =>
          Effect.andThen(Effect.logWarning(`control messages wait: ${reason}`), Effect.sleep(retryMillis))
        )
      )
    )
  )
)
