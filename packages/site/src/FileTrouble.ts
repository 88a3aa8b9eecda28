/**
 * Why a file that an operator named cannot be read, in words for them.
 */

/** A path that leads nowhere is said plainly; of anything else, as a permission or a directory, the system's words tell most. */
export const said = (file: string, cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  return "code" in cause && cause.code === "ENOENT" ? `${file} is not there` : cause.message
}
