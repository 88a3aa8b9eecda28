import { expect, it } from "vitest"
import * as Tarball from "../Tarball.ts"

const packed = Tarball.manifest({
  name: "@lupin/core",
  version: "1.2.3",
  exports: { "./internal/*": null, "./*": "./src/*.ts", "./schema.json": "./src/schema.json" },
  files: ["src"]
})

it("leads each module to its JavaScript, types first", () => {
  expect(packed.exports?.["./*"]).toEqual({ types: "./dist/*.d.ts", default: "./dist/*.js" })
  expect(Object.keys(packed.exports?.["./*"] ?? {})).toEqual(["types", "default"])
})

it("keeps internals closed, before the pattern that would open them", () => {
  expect(Object.entries(packed.exports ?? {})[0]).toEqual(["./internal/*", null])
})

it("leads data to dist as it is", () => {
  expect(packed.exports?.["./schema.json"]).toBe("./dist/schema.json")
})

it("packs dist alone, and changes nothing else", () => {
  expect(packed).toMatchObject({ name: "@lupin/core", version: "1.2.3", files: ["dist"] })
})

it("names JavaScript in the relative imports of declarations, and touches nothing else", () => {
  expect(Tarball.declarations('import * as A from "./A.ts";')).toBe('import * as A from "./A.js";')
  expect(Tarball.declarations('type B = import("../internal/B.ts").B')).toBe('type B = import("../internal/B.js").B')
  expect(Tarball.declarations('import type C from "@lupin/core/C"')).toBe('import type C from "@lupin/core/C"')
  expect(Tarball.declarations('/** From "./A.ts". */')).toBe('/** From "./A.ts". */')
})
