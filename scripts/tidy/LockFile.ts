/**
 * Whether the lock file installs anywhere, and what it locks: no registry's address, every platform, and the manifests as they stand.
 */
import * as PlatformPackages from "../PlatformPackages.ts"
import type { Finding } from "./Finding.ts"
import type * as Project from "./Project.ts"

const path = "package-lock.json"

const lists = ["dependencies", "devDependencies", "peerDependencies"] as const

type Locked = PlatformPackages.Entries &
  Readonly<Record<string, Partial<Record<(typeof lists)[number], Readonly<Record<string, string>>>>>>

/** A finding for each line that binds an install to one registry, and for each manifest that `npm ci` would refuse. */
export const check = (project: Project.Project): ReadonlyArray<Finding> =>
  project.lockFile === "" ? [] : [...registries(project.lockFile), ...platforms(project), ...stale(project)]

const registries = (lockFile: string): ReadonlyArray<Finding> =>
  lockFile
    .split("\n")
    .flatMap((text, index) =>
      /^\s*"resolved": "https?:/.test(text)
        ? [{ path, line: index + 1, rule: "lock", message: "names a registry; install with the project's .npmrc" }]
        : []
    )

const platforms = (project: Project.Project): ReadonlyArray<Finding> => {
  const count = Object.keys(PlatformPackages.missing(packagesOf(project))).length
  return count === 0
    ? []
    : [{ path, rule: "lock", message: `lacks ${count} packages of other platforms: npm run lock` }]
}

const packagesOf = (project: Project.Project): Locked =>
  (JSON.parse(project.lockFile) as { readonly packages?: Locked }).packages ?? {}

const stale = (project: Project.Project): ReadonlyArray<Finding> => {
  const packages = packagesOf(project)
  return project.packages
    .filter((own) => lists.some((list) => !areEqual(own[list], packages[own.folder]?.[list] ?? {})))
    .map((own) => ({ path, rule: "lock", message: `is behind ${own.folder}/package.json: npm install` }))
}

const areEqual = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, version]) => b[name] === version)
