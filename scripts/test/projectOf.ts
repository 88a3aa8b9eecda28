/**
 * A small project in memory, for the tests of tidy.
 */
import * as Project from "../tidy/Project.ts"
import * as Source from "../tidy/Source.ts"

/** Builds a project from paths and texts: manifests, pages, sources, and package-lock.json by their names. */
export const projectOf = (files: Readonly<Record<string, string>>): Project.Project => {
  const entries = Object.entries(files)
  const manifests = entries.filter(([path]) => path.endsWith("/package.json"))
  return {
    root: Project.readPackage("package.json", files["package.json"] ?? "{}"),
    packages: manifests.map(([path, text]) => Project.readPackage(path, text)),
    sources: entries.filter(([path]) => /\.m?[tj]s$/.test(path)).map(([path, text]) => Source.read(path, text)),
    pages: entries.filter(([path]) => path.endsWith(".md")).map(([path, text]) => ({ path, text })),
    lockFile: files["package-lock.json"] ?? "",
    exists: (path) => entries.some(([own]) => own === path || own.startsWith(`${path}/`))
  }
}

/** A manifest with these dependencies, all at 1.0.0. */
export const manifest = (name: string, ...dependencies: ReadonlyArray<string>): string =>
  JSON.stringify({
    name,
    description: `What ${name} is`,
    dependencies: Object.fromEntries(dependencies.map((own) => [own, "1.0.0"]))
  })
