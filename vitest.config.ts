import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const folders = ["packages/*/test", "apps/*/test", "examples/*/test", "scripts/test", "bench/test"]
const integration = folders.map((folder) => `${folder}/**/*.integration.test.ts`)

/** Simulated histories: small files that run for long. */
const long = /\/packages\/testing\/test\//

/** The simulated histories first: begun last, as their size has it, one of them would keep one core busy when all else has ended. */
class LongFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const isLong = ({ moduleId }: TestSpecification) => Number(long.test(moduleId))
    return (await super.sort(files)).toSorted((a, b) => isLong(b) - isLong(a))
  }
}

// Pure modules and in-memory services run first, file after file in one process for each core: whatever a module keeps
// must not show in what it does. What needs sockets, processes or Postgres comes after them, each file in a process of its own.
export default defineConfig({
  test: {
    setupFiles: ["./vitest.setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest would leave a core to itself: of two, one.
    maxWorkers: "100%",
    sequence: { sequencer: LongFirst },
    // For what tests start too: of the time that a process takes to start, more than half is compiling.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.compile-cache", import.meta.url)) },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: folders.map((folder) => `${folder}/**/*.test.ts`),
          exclude: ["**/node_modules/**", ...integration],
          isolate: false,
          sequence: { groupOrder: 0 }
        }
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: integration,
          testTimeout: 120_000,
          sequence: { groupOrder: 1 }
        }
      }
    ]
  }
})
