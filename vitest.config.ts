import { defineConfig } from "vitest/config"

const folders = ["packages/*/test", "apps/*/test", "examples/*/test", "scripts/test", "bench/test"]
const integration = folders.map((folder) => `${folder}/**/*.integration.test.ts`)

// Pure modules and in-memory services run side by side; what needs sockets, processes or Postgres runs after them, one file at a time.
export default defineConfig({
  test: {
    setupFiles: ["./vitest.setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: folders.map((folder) => `${folder}/**/*.test.ts`),
          exclude: ["**/node_modules/**", ...integration],
          sequence: { groupOrder: 0 }
        }
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: integration,
          testTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 }
        }
      }
    ]
  }
})
