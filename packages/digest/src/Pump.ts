/**
 * Carries a site's changes into its zone's fan-out: each article once, under its one canonical subject.
 */
import * as Article from "@lupin/core/Article"
import * as Digestion from "@lupin/core/Digestion"
import * as Event from "@lupin/core/Event"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Prompt from "@lupin/core/Prompt"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Fanout from "@lupin/fanout/Fanout"
import * as Spool from "@lupin/spool/Spool"
import { Effect, Layer, Schedule } from "effect"

/** Changes read from the spool at a time. */
export const pageMax = 500

/** The group under which an article is told: that of the digestions' axis, else its first. */
const subjectOf = (groups: ReadonlyArray<GroupName.GroupName>): GroupName.GroupName | undefined =>
  Digestion.canonicalGroup(groups) ?? groups[0]

/** Under which removals of an app's events are told that were never here: which groups they had nobody knows. */
export const lostSubject = (app: string): GroupName.GroupName => GroupName.GroupName.make(`clientposts.${app}.lost`)

const noOctets = new Uint8Array(0)

/** Authors withdraw or replace events. A digest that another one outranks counts as it did. */
const hasLeft = ({ id, why }: Spool.Change & { readonly _tag: "Removed" }): boolean =>
  why === "cancelled" || (why === "superseded" && MessageId.kindOf(id) !== "digest")

/** What was removed here and was never filed has no groups. */
const subjectOfRemoved = (id: MessageId.MessageId): GroupName.GroupName | undefined => {
  const app = Event.appOf(id)
  return app === undefined ? undefined : lostSubject(app)
}

/**
 * One page of changes above `after` as messages, and where the next page begins. What expired stays counted, and what has gone
 * since is told by its removal, with the article in front of it as long as its octets are there: a digester that has not seen
 * it knows by them in which key another one counted it.
 */
export const page = Effect.fnUntraced(function* (after: number) {
  const spool = yield* Spool.Spool
  const { changes, next, head } = yield* spool.changes(after, pageMax)
  const messages: Array<Fanout.Message> = []
  for (const change of changes) {
    const { id, position } = change
    const subject = subjectOf(change.groups) ?? (change._tag === "Removed" ? subjectOfRemoved(id) : undefined)
    if (subject === undefined || (change._tag === "Removed" && !hasLeft(change))) continue
    const octets = yield* change._tag === "Filed" ? articleNow(spool, id) : spool.findRemoved(id)
    if (octets !== undefined) messages.push({ id, subject, position, octets, isRemoval: false })
    if (change._tag === "Removed") messages.push({ id, subject, position, octets: noOctets, isRemoval: true })
  }
  return { messages, next, head }
})

const articleNow = (spool: Spool.Spool["Service"], id: MessageId.MessageId) =>
  Prompt.map(spool.findAll([id], 1), ([held]) => held?.article)

/** The article in a message's octets; they come from a spool, so they are one. */
export const articleOf = (message: Fanout.Message): Article.Article | undefined => {
  const article = Article.read(message.octets)
  return Article.isMalformed(article) ? undefined : article
}

/** Publishes all changes above `after`, and goes on as long as it is let. */
const run = Effect.fn("Pump.run")(function* (after: number) {
  const spool = yield* Spool.Spool
  const fanout = yield* Fanout.Fanout
  const { note } = yield* Recoveries.Recoveries
  let position = after
  const step = Effect.gen(function* () {
    const { messages, next, head } = yield* page(position)
    yield* fanout.publish(messages)
    position = next
    if (next >= head) yield* spool.changed(head)
  })
  return yield* step.pipe(
    Effect.tapError((error) => {
      note("pump-waited")
      return Effect.logWarning("the pump waits", error)
    }),
    Effect.retry(Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])),
    Effect.forever
  )
})

/** Pumps from the spool's head at the time the layer is built; consumers read what came before from the spool. */
export const layer: Layer.Layer<never, never, Spool.Spool | Fanout.Fanout> = Layer.effectDiscard(
  Effect.gen(function* () {
    const head = yield* (yield* Spool.Spool).head
    yield* Effect.forkScoped(run(head))
  })
)
