/**
 * Which files may reach files, sockets and processes: the seams at which a simulation puts its own world.
 *
 * All other sources get them as services, so that one seed has one history.
 */
import type { Finding } from "./Finding.ts"
import * as Project from "./Project.ts"
import type * as Source from "./Source.ts"

/** Modules that reach out of the process. */
const outside =
  /^(?:node:)?(?:fs|fs\/promises|net|tls|http|https|http2|dgram|dns|dns\/promises|child_process|worker_threads|sqlite|cluster|timers|timers\/promises)$|^lmdb$|^@electric-sql\/pglite|^@effect\/platform-node(?:\/|$)/

/** The files that may, each with what a simulation has in its place. */
export const seams: Readonly<Record<string, string>> = {
  "packages/nntp/src/Network.ts": "the service itself",
  "packages/nntp/src/ClientSocket.ts": "Network.dial",
  "packages/nntp/src/Transport.ts": "Transport.ofSocket",
  "packages/nntp/src/NetStream.ts": "Transport.ofSocket",
  "packages/nntp/src/SharedRead.ts": "Transport.ofSocket",
  "packages/nntp/src/ServerTls.ts": "no TLS",
  "packages/nntp/src/Cidr.ts": "only asks whether a text is an address",
  "packages/nntp/src/FileAccounts.ts": "nobody logs in",
  "packages/site/src/CancelSecretFile.ts": "nobody logs in",
  "packages/cache/src/DirectoryLock.ts": "CacheStore.layerMemory",
  "packages/cache/src/PgliteEngine.ts": "CacheStore.layerMemory",
  "packages/cache/src/PgliteTemplate.ts": "CacheStore.layerMemory",
  "packages/cache/src/PgliteThread.ts": "CacheStore.layerMemory",
  "packages/cache/src/PgliteWorker.ts": "CacheStore.layerMemory",
  "packages/spool/src/Disk.ts": "the service itself",
  "packages/spool/src/Tables.ts": "Disk",
  "packages/spool/src/Repair.ts": "a tool for operators",
  "packages/spool/src/GpgAuthority.ts": "no keyring",
  "packages/spool/src/internal/DirectoryLock.ts": "Disk",
  "packages/site/src/Site.ts": "no HTTP faces",
  "packages/site/src/Settings.ts": "a configuration that names no files",
  "packages/site/src/ConfigFile.ts": "a configuration that is given",
  "packages/site/src/AppModules.ts": "apps that are given",
  "packages/site/src/OwnDirectory.ts": "directories that are there",
  "packages/site/src/LineSocket.ts": "no second process",
  "packages/site/src/ArticleFiles.ts": "a tool for operators",
  "packages/site/src/SpoolTools.ts": "a tool for operators",
  "packages/testing/src/LocalPostgres.ts": "a tool for tests",
  "packages/testing/src/SmallFileSystem.ts": "a tool for tests"
}

/** The command runs sites as processes of their own, and is never simulated. */
const outsiders = /^apps\/cli\//

/** Every import that reaches out from where it must not, and every seam that is none any more. */
export const check = (
  project: Project.Project,
  allowed: Readonly<Record<string, string>> = seams
): ReadonlyArray<Finding> => {
  const reaching = project.sources.filter(({ path }) => Project.isSrc(path) && !outsiders.test(path))
  const used = new Set<string>()
  const findings = reaching.flatMap((source) =>
    reaches(source).flatMap(({ line, specifier }) => {
      used.add(source.path)
      return source.path in allowed
        ? []
        : [{ path: source.path, line, rule: "seams", message: `"${specifier}" belongs behind a service` }]
    })
  )
  const stale = Object.keys(allowed)
    .filter((path) => !used.has(path))
    .map((path) => ({
      path: "scripts/tidy/Seams.ts",
      rule: "seams",
      message: `${path} reaches nothing outside: remove its line`
    }))
  return [...findings, ...stale]
}

const reaches = (source: Source.Source): ReadonlyArray<Source.Import> =>
  source.imports.filter(({ specifier }) => outside.test(specifier))
