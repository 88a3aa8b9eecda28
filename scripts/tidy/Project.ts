/**
 * The project as tidy sees it: its packages, sources, pages and lock file, read from disk once.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Source from "./Source.ts"

export interface Package {
  /** Folder from the root: `packages/core`. */
  readonly folder: string
  readonly name: string
  readonly description: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

export interface Page {
  readonly path: string
  readonly text: string
}

export interface Project {
  readonly root: Package
  readonly packages: ReadonlyArray<Package>
  readonly sources: ReadonlyArray<Source.Source>
  /** Every Markdown page outside node_modules. */
  readonly pages: ReadonlyArray<Page>
  readonly lockFile: string
  /** Whether something stands at a path from the root. */
  readonly exists: (path: string) => boolean
}

/** Folders never entered: what others wrote, what is built, what a fleet leaves. */
const skipped = new Set(["node_modules", "dist", ".git", ".lupin", "generated", "coverage"])

/** The package a path lies in, if any. */
export const packageOf = (project: Project, path: string): Package | undefined =>
  project.packages.find((candidate) => path.startsWith(`${candidate.folder}/`))

/** Whether a path is a package's own code, as opposed to its tests. */
export const isSrc = (path: string): boolean => /^(?:packages|apps|examples)\/[^/]+\/src\//.test(path)

/** Whether a path is a test or serves tests. */
export const isTest = (path: string): boolean => /(?:^|\/)test\//.test(path)

/** Reads the tree under `root`. Throws what the file system throws. */
export const load = (root: string): Project => {
  const paths = walk(root, "")
  const text = (path: string) => readFileSync(join(root, path), "utf8")
  const manifests = paths.filter((path) => /^(?:packages|apps|examples)\/[^/]+\/package\.json$/.test(path))
  return {
    root: readPackage("package.json", text("package.json")),
    packages: manifests.map((path) => readPackage(path, text(path))),
    sources: paths.filter((path) => /\.(?:ts|mts|mjs)$/.test(path)).map((path) => Source.read(path, text(path))),
    pages: paths.filter((path) => path.endsWith(".md")).map((path) => ({ path, text: text(path) })),
    lockFile: existsSync(join(root, "package-lock.json")) ? text("package-lock.json") : "",
    exists: (path) => existsSync(join(root, path))
  }
}

/** A manifest, with absent dependency lists as empty ones. */
export const readPackage = (path: string, text: string): Package => {
  const manifest = JSON.parse(text) as Partial<Package>
  return {
    folder: path.replace(/\/?package\.json$/, ""),
    name: manifest.name ?? "",
    description: manifest.description ?? "",
    dependencies: manifest.dependencies ?? {},
    peerDependencies: manifest.peerDependencies ?? {},
    devDependencies: manifest.devDependencies ?? {}
  }
}

const walk = (root: string, folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? walk(root, path) : entry.isFile() ? [path] : []
    })
    .sort()
