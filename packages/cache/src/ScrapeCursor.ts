/**
 * How far a subtree has been read at its source, as it is kept beside the rows.
 *
 * Either a position in the change log of one spool generation, or water marks of each group at a server without one.
 */
import * as Schema from "effect/Schema"

/** Everything up to position `after` of spool generation `generation` has been taken in. */
const Changes = Schema.TaggedStruct("Changes", { generation: Schema.String, after: Schema.Int })

/** Numbers `low` to `high` of a group have been taken in; `count` of them are held. */
const Marks = Schema.Struct({ low: Schema.Int, high: Schema.Int, count: Schema.Int })

/** Marks by group, at the server named `source`: numbers mean nothing at another one. */
const Groups = Schema.TaggedStruct("Groups", { source: Schema.String, groups: Schema.Record(Schema.String, Marks) })

export const ScrapeCursor = Schema.Union([Changes, Groups])
export type ScrapeCursor = typeof ScrapeCursor.Type
export type Marks = typeof Marks.Type

const codec = Schema.fromJsonString(ScrapeCursor)

export const encode: (cursor: ScrapeCursor) => string = Schema.encodeSync(codec)

const decodeOption = Schema.decodeUnknownOption(codec)

/** The cursor that `encode` wrote; nothing for any other text, and then the subtree is read anew. */
export const decode = (text: string): ScrapeCursor | undefined => {
  const decoded = decodeOption(text)
  return decoded._tag === "Some" ? decoded.value : undefined
}
