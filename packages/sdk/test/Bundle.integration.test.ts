import { assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

/** Characters of the minified bundle of outbox and client, Effect included; half as much again would be noticed. */
const bundleLengthMax = 330_000

const bundle = async (module: string) => {
  const input = fileURLToPath(new URL(`../src/${module}.ts`, import.meta.url))
  const build = await rolldown({ input, platform: "browser", logLevel: "silent", external: /^node:/ })
  const { output } = await build.generate({ format: "esm", minify: true })
  await build.close()
  return output.flatMap((part) => (part.type === "chunk" ? [part] : []))
}

describe("the SDK in a browser or on a phone", () => {
  it.each(["App", "Digestion", "Fold", "LupinClient", "Outbox", "OutboxStore", "PopClient"])(
    "%s bundles without any Node module",
    async (module) => {
      for (const { imports } of await bundle(module)) assert.deepStrictEqual(imports, [])
    }
  )

  it("stays small: no gazetteer, no server, no docs pages", async () => {
    const chunks = await bundle("Outbox")
    const modules = chunks.flatMap(({ moduleIds }) => moduleIds)
    for (const name of ["Gazetteer", "JsonFace", "HttpApiBuilder", "httpApiSwagger"]) {
      assert.isFalse(
        modules.some((id) => id.includes(name)),
        name
      )
    }
    assert.isBelow(
      chunks.reduce((sum, { code }) => sum + code.length, 0),
      bundleLengthMax
    )
  })
})
