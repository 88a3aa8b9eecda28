/**
 * The fields that are looked for in every article, by number and by name.
 */

/** Where each of them stands among `names`, and in `places` of a scan. */
export const field = {
  path: 0,
  from: 1,
  newsgroups: 2,
  subject: 3,
  messageId: 4,
  date: 5,
  injectionDate: 6,
  expires: 7,
  xref: 8,
  references: 9,
  control: 10,
  supersedes: 11,
  cancelLock: 12,
  cancelKey: 13,
  approved: 14,
  sender: 15,
  lupinEvent: 16,
  lupinLocation: 17,
  lupinDigest: 18
} as const
export type Field = (typeof field)[keyof typeof field]

/** Their names in lower case, in the same order. */
export const names = [
  "path",
  "from",
  "newsgroups",
  "subject",
  "message-id",
  "date",
  "injection-date",
  "expires",
  "xref",
  "references",
  "control",
  "supersedes",
  "cancel-lock",
  "cancel-key",
  "approved",
  "sender",
  "lupin-event",
  "lupin-location",
  "lupin-digest"
] as const
