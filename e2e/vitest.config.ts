import { defineConfig } from "vitest/config";

/** Whole-system scenarios and real browsers: one file at a time, since each starts servers of its own. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.browser.test.ts", "e2e/scenarios/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: "forks",
    fileParallelism: false,
  },
});
