/**
 * What may go wrong while talking to another server.
 */
import { Schema } from "effect"

/** No connection, or none any more. Nothing is known of what was under way; try again later, or another server. */
export class NntpDisconnected extends Schema.TaggedError<NntpDisconnected>()("NntpDisconnected", {
  server: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.server}: ${this.reason}`
  }
}

/** The server answered, but not what the command asks for; the connection goes on. */
export class NntpRefused extends Schema.TaggedError<NntpRefused>()("NntpRefused", {
  server: Schema.String,
  /** The command as it was sent. */
  command: Schema.String,
  code: Schema.Int,
  text: Schema.String
}) {
  override get message(): string {
    return `${this.server}: ${this.command}: ${this.code} ${this.text}`
  }
}

export type NntpError = NntpDisconnected | NntpRefused
