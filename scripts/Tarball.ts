/**
 * What of a package changes on its way into a tarball: the exports of its manifest, and the imports of its declarations.
 */
export interface Manifest {
  readonly [key: string]: unknown
  readonly exports?: Readonly<Record<string, unknown>>
}

/**
 * Rewrites every export into src to the pair in dist, types first as TypeScript wants it. What closes a path (`null`)
 * stays closed, and stays before the patterns it closes.
 */
export const manifest = (source: Manifest): Manifest => ({
  ...source,
  files: ["dist"],
  exports: Object.fromEntries(
    Object.entries(source.exports ?? {}).map(([path, target]) => [
      path,
      typeof target === "string" ? pair(target) : target
    ])
  )
})

const pair = (target: string): unknown => {
  const built = target.replace(/^\.\/src\//, "./dist/")
  return built.endsWith(".ts")
    ? { types: built.replace(/\.ts$/, ".d.ts"), default: built.replace(/\.ts$/, ".js") }
    : built
}

/**
 * A declaration file whose relative imports name JavaScript, as those of the code beside it do: tsc rewrites `./X.ts` in
 * what it emits to run, and leaves it in declarations.
 */
export const declarations = (text: string): string =>
  text.replace(/(\bfrom |\bimport\(|\bimport )"(\.[^"]*)\.ts"/g, '$1"$2.js"')
