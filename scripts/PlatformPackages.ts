/**
 * The entries of a lock file for packages of other platforms, which a registry or an earlier npm left out.
 *
 * A package with native code lists one optional package for each platform. npm before 11 installs from a lock file that
 * lacks those of other platforms; npm 11 calls it out of date. Their version stands in the package that lists them, and
 * their platform in their name, so the entries can be written without having them at hand.
 */
export interface Entry {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly libc?: ReadonlyArray<string>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export type Entries = Readonly<Record<string, Entry>>

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"]
const processors = ["arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "wasm32", "x64"]

const isExact = (version: string): boolean => /^\d+\.\d+\.\d+/.test(version)

/** The optional packages that some entry lists at an exact version, and that it does not find at that version. */
export const missing = (entries: Entries): Entries => {
  const added: Record<string, Entry> = {}
  for (const [path, parent] of Object.entries(entries)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const found = places(path, name).find((place) => place in entries || place in added)
      const standing = found === undefined ? undefined : (entries[found] ?? added[found])
      if (standing !== undefined && (standing.version === version || !isExact(version))) continue
      // A place at the top that holds another version is taken: this one goes below the package that lists it.
      added[found === undefined ? `node_modules/${name}` : `${path}/node_modules/${name}`] = entry(
        name,
        version,
        parent
      )
    }
  }
  return added
}

/** Where a package that stands at `path` looks for another, nearest first, as Node does. */
const places = (path: string, name: string): ReadonlyArray<string> => {
  const within = path === "" ? [] : [`${path}/node_modules/${name}`]
  const outer = path.lastIndexOf("/node_modules/")
  if (outer !== -1) return [...within, ...places(path.slice(0, outer), name)]
  return path === "" ? [`node_modules/${name}`] : [...within, `node_modules/${name}`]
}

/** All entries in npm's order, the missing ones among them. */
export const complete = (entries: Entries): Entries =>
  Object.fromEntries(Object.entries({ ...entries, ...missing(entries) }).sort(([a], [b]) => a.localeCompare(b, "en")))

const entry = (name: string, version: string, parent: Entry): Entry => {
  const words = name.slice(name.lastIndexOf("/") + 1).split("-")
  const system = systems.find((own) => words.includes(own))
  const processor = processors.find((own) => words.includes(own))
  if (processor === undefined || (system === undefined && processor !== "wasm32")) {
    throw new Error(`${name} names no platform that is known here`)
  }
  const libc = words.some((word) => word.startsWith("musl"))
    ? { libc: ["musl"] }
    : system === "linux" && words.some((word) => word.startsWith("gnu"))
      ? { libc: ["glibc"] }
      : {}
  return {
    version: version.replace(/^[\^~]/, ""),
    cpu: [processor],
    ...(parent.dev === true ? { dev: true } : {}),
    ...libc,
    optional: true,
    ...(system === undefined ? {} : { os: [system] })
  }
}
