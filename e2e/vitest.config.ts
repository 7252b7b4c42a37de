import { defineConfig } from "vitest/config";

const reports = process.env["O2MC_TEST_REPORTS"];

/** Whole-system scenarios and real browsers: one file at a time, since each starts servers of its own. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.browser.test.ts", "e2e/scenarios/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    globalSetup: [new URL("testkit/systems-setup.ts", import.meta.url).pathname],
    pool: "forks",
    ...(reports === undefined ? {} : { reporters: ["default", "json"], outputFile: `${reports}/systems.json` }),
    fileParallelism: false,
  },
});
