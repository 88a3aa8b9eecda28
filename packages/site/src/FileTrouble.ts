/**
 * Why a file that an operator named cannot be read or made, in words for them.
 */

/** What the common codes of the system come to, said of a file. */
const words: Readonly<Record<string, string>> = {
  EACCES: "may not be used by this user",
  EDQUOT: "does not fit: no more room for this user",
  EEXIST: "is there already",
  EISDIR: "is a directory",
  ENOENT: "is not there",
  ENOSPC: "does not fit: its disk is full",
  ENOTDIR: "is no directory, or lies below a file",
  EPERM: "may not be used by this user",
  EROFS: "lies on a file system that is read-only"
}

/** `file` and what is wrong with it; of what has no words here, the system's own tell most. */
export const said = (file: string, cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  const known = "code" in cause && typeof cause.code === "string" ? words[cause.code] : undefined
  return known === undefined ? cause.message : `${file} ${known}`
}
