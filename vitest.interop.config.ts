import { defineConfig } from "vitest/config"

// Programs of other people, one file at a time: `npm run test:interop` says first what is missing.
export default defineConfig({
  test: {
    name: "interop",
    include: ["packages/*/test/interop/*.interop.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false
  }
})
