/**
 * Whether the lock file installs anywhere: it names packages and their hashes, and no registry's address.
 */
import type { Finding } from "./Finding.ts"
import type * as Project from "./Project.ts"

const path = "package-lock.json"

/** A finding for each lock file line that binds an install to one registry. */
export const check = (project: Project.Project): ReadonlyArray<Finding> =>
  project.lockFile
    .split("\n")
    .flatMap((text, index) =>
      /^\s*"resolved": "https?:/.test(text)
        ? [{ path, line: index + 1, rule: "lock", message: "names a registry; install with the project's .npmrc" }]
        : []
    )
