/**
 * Reads an article as an input of digestions: its event, decoded by its app and upcast to the newest version.
 */
import * as App from "@lupin/core/App"
import type * as Article from "@lupin/core/Article"
import type * as Digestion from "@lupin/core/Digestion"
import * as EventArticle from "@lupin/core/EventArticle"
import { Result } from "effect"

/** An article that names an app here but cannot be counted; `reason` is for a log line. */
export interface Unreadable {
  readonly _tag: "Unreadable"
  readonly reason: string
}

/** `undefined` for what is no event of these apps. */
export const read = (
  apps: ReadonlyArray<App.App>,
  article: Article.Article
): { readonly app: App.App; readonly input: Digestion.Input } | Unreadable | undefined => {
  const event = EventArticle.read(article)
  if (EventArticle.isNotAnEvent(event)) return undefined
  const app = apps.find(({ name }) => name === event.app)
  if (app === undefined) return undefined
  const decoded = App.decodePayload(app, event.kind, event.version, event.payload)
  if (Result.isFailure(decoded)) {
    const faults = decoded.failure.issues.map(({ path, message }) => `${path}: ${message}`).join("; ")
    return { _tag: "Unreadable", reason: `${decoded.failure._tag}: ${faults}` }
  }
  const { kind, payload } = decoded.success
  const input: Digestion.Input = {
    messageId: article.messageId,
    kind,
    payload,
    groups: article.groups,
    injectedMillis: article.injectedMillis,
    ...(event.at === undefined ? {} : { at: event.at })
  }
  return { app, input }
}
