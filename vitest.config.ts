import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defaultExclude, defineConfig } from "vitest/config";

/** Tests that replace modules, or weigh memory: each file in a process of its own. */
const ALONE = [
  "packages/runtime/src/failing-disk.test.ts",
  "packages/**/*.crash.test.ts",
  "packages/wire/src/receive-queue.test.ts",
];

const UNIT = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    pool: "forks",
    // One more than there are cores: a test that waits leaves its core to another. The same for all projects, so that
    // none waits for the last file of another.
    maxWorkers: Math.min(4, availableParallelism() + 1),
    execArgv: ["--disable-warning=ExperimentalWarning"],
    // A busy machine needs more than the usual second.
    expect: { poll: { timeout: 30_000 } },
    // Every process and every thread that tests start would compile the same modules again.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/commonhold", import.meta.url)) },
    projects: [
      {
        extends: true,
        test: { ...UNIT, name: "alone", include: ALONE },
      },
      {
        extends: true,
        test: {
          ...UNIT,
          name: "unit",
          include: ["{packages,sim,scripts,bench}/**/*.test.ts"],
          exclude: [...defaultExclude, ...ALONE],
          // What a file loads the next one has already: half of the time would go into that.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: "e2e", include: ["e2e/**/*.test.ts"], testTimeout: 180_000, hookTimeout: 180_000 },
      },
    ],
  },
});
