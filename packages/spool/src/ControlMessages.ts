/**
 * Acts upon newgroup, rmgroup and checkgroups messages of the network, if their signer may change all that they name.
 *
 * A follower of the log like others: after a crash a message is looked at again, which changes nothing more. Cancels are
 * no affair of it: the spool judges them by the locks of their targets. What the local operator injects has acted already.
 */
import * as Article from "@lupin/core/Article"
import * as Control from "@lupin/core/Control"
import { Effect, Layer } from "effect"
import { ControlAuthority } from "./ControlAuthority.ts"
import * as GroupChanges from "./internal/GroupChanges.ts"
import { type Change, Spool, type SpoolUnavailable } from "./Spool.ts"

/** Changes read at a time. */
export const pageMax = 500
/** Events after which the log is looked at whatever they are, so that little of it is looked at again after a start. */
const passedMax = 5_000
/** How long to wait when the spool cannot answer. */
export const retryMillis = 60_000

const follower = "control"

const { CheckGroups, NewGroup, RemoveGroup } = Control.pseudoGroups

const pseudoGroups: ReadonlySet<string> = new Set([NewGroup, RemoveGroup, CheckGroups])

const isAboutGroups = (change: Change): boolean => {
  if (change._tag !== "Filed") return false
  for (const group of change.groups) if (pseudoGroups.has(group)) return true
  return false
}

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

/** Follows the log as long as the layer lives; what is told of other articles is not looked at one by one. */
export const layer: Layer.Layer<never, never, Spool> = Layer.effectDiscard(
  Effect.gen(function* () {
    const spool = yield* Spool
    let isConcerned = false
    let passed = Infinity
    let wake: (() => void) | undefined
    const unwatch = spool.watch((head, changes) => {
      if (isConcerned || (head < passed && !changes.some(isAboutGroups))) return
      isConcerned = true
      wake?.()
    })
    yield* Effect.addFinalizer(() => Effect.sync(unwatch))
    const concerned = Effect.callback<void>((resume) => {
      if (isConcerned) return resume(Effect.void)
      wake = () => resume(Effect.void)
      return Effect.sync(() => {
        wake = undefined
      })
    })
    const look = Effect.gen(function* () {
      isConcerned = false
      const { head, next } = yield* step()
      passed = next + passedMax
      if (next >= head) yield* concerned
    })
    yield* look.pipe(
      Effect.catchTag("SpoolUnavailable", ({ reason }) =>
        Effect.andThen(Effect.logWarning(`control messages wait: ${reason}`), Effect.sleep(retryMillis))
      ),
      Effect.forever,
      Effect.forkScoped
    )
  })
)
