/**
 * Answers to commands that bring no articles, one at a time: looks up what a task names and writes the reply.
 */
import { Effect } from "effect"
import type * as Connection from "./Connection.ts"
import * as ListAnswers from "./ListAnswers.ts"
import type { Output, Trouble } from "./Output.ts"
import * as ReadingAnswers from "./ReadingAnswers.ts"
import * as Reconcile from "./ReconcileAnswers.ts"
import type * as Session from "./Session.ts"
import type { Batched } from "./TransitAnswers.ts"

/** A task that is answered by itself. */
export type Direct = Exclude<Session.Task, Batched | { readonly _tag: "Nothing" | "Close" | "Secure" }>

/** Writes the reply, and gives what later commands depend on. */
export const answer = (
  service: Connection.Service,
  task: Direct,
  out: Output
): Effect.Effect<Session.Outcome | undefined, Trouble> => {
  switch (task._tag) {
    case "AnswerBlock":
      return Effect.sync(() => {
        out.buffer.line(task.line)
        for (const line of task.lines) out.buffer.blockLine(line)
        out.buffer.text(".\r\n")
        return undefined
      })
    case "Select":
      return ReadingAnswers.select(service, task, out)
    case "Neighbour":
      return ReadingAnswers.neighbour(service, task, out)
    case "Article":
      return ReadingAnswers.article(service, task, out)
    case "Over":
      return ReadingAnswers.over(service, task, out)
    case "Hdr":
      return ReadingAnswers.hdr(service, task, out)
    case "ListGroups":
      return Effect.as(ListAnswers.groups(service, task, out), undefined)
    case "ListKept":
      return Effect.as(ListAnswers.kept(service, task, out), undefined)
    case "NewGroups":
      return Effect.as(ListAnswers.newGroups(service, task, out), undefined)
    case "NewNews":
      return Effect.as(ListAnswers.newNews(service, task, out), undefined)
    case "Changes":
      return Effect.as(ListAnswers.changes(service, task, out), undefined)
    case "Status":
      return Effect.as(ListAnswers.status(service, task, out), undefined)
    case "Reconcile":
      return Effect.as(Reconcile.answer(service, task, out), undefined)
  }
}
