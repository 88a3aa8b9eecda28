import { describe, expect, it } from "vitest"
import * as PlatformPackages from "../PlatformPackages.ts"

const parent = (version: string, ...names: ReadonlyArray<string>) => ({
  version,
  dev: true,
  optionalDependencies: Object.fromEntries(names.map((name) => [name, version]))
})

describe("missing", () => {
  it("names version and platform of what a registry did not have", () => {
    const entries = { "node_modules/x": parent("1.0.0", "@x/darwin-arm64", "@x/linux-x64-musl", "@x/linux-ppc64-gnu") }
    expect(PlatformPackages.missing(entries)).toEqual({
      "node_modules/@x/darwin-arm64": { version: "1.0.0", cpu: ["arm64"], dev: true, optional: true, os: ["darwin"] },
      "node_modules/@x/linux-x64-musl": {
        version: "1.0.0",
        cpu: ["x64"],
        dev: true,
        libc: ["musl"],
        optional: true,
        os: ["linux"]
      },
      "node_modules/@x/linux-ppc64-gnu": {
        version: "1.0.0",
        cpu: ["ppc64"],
        dev: true,
        libc: ["glibc"],
        optional: true,
        os: ["linux"]
      }
    })
  })

  it("leaves alone what stands above its parent at the right version, or at any that a range allows", () => {
    const entries = {
      "node_modules/x": parent("1.0.0", "@x/darwin-x64"),
      "node_modules/@x/darwin-x64": { version: "1.0.0" },
      "node_modules/y": { version: "2.0.0", optionalDependencies: { "@x/darwin-x64": "^0.9.0" } }
    }
    expect(PlatformPackages.missing(entries)).toEqual({})
  })

  it("puts a package below its parent where the top holds another version", () => {
    const entries = {
      "node_modules/vite/node_modules/x": parent("1.0.0", "@x/darwin-x64"),
      "node_modules/@x/darwin-x64": { version: "1.0.0" },
      "node_modules/x": parent("1.1.0", "@x/darwin-x64")
    }
    expect(Object.keys(PlatformPackages.missing(entries))).toEqual(["node_modules/x/node_modules/@x/darwin-x64"])
  })

  it("refuses to guess a platform", () => {
    expect(() => PlatformPackages.missing({ "node_modules/x": parent("1.0.0", "@x/plan9") })).toThrow("plan9")
  })
})

it("completes once and for all, and keeps what was there", () => {
  const entries = { "node_modules/x": parent("1.0.0", "@x/win32-ia32-msvc"), "": { version: "0.1.0" } }
  const completed = PlatformPackages.complete(entries)
  expect(PlatformPackages.missing(completed)).toEqual({})
  expect(completed).toMatchObject(entries)
  expect(Object.keys(completed)).toEqual(["", "node_modules/@x/win32-ia32-msvc", "node_modules/x"])
})
