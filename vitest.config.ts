import { defineConfig } from "vitest/config";

const reports = process.env["O2MC_TEST_REPORTS"];

export default defineConfig({
  test: {
    include: ["{schema,runtime,control-plane,data-plane,sloc,cli}/**/*.test.ts", "e2e/fuzz/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ["./e2e/testkit/global-setup.ts", "./e2e/testkit/postgres-setup.ts"],
    pool: "forks",
    ...(reports === undefined ? {} : { reporters: ["default", "json"], outputFile: `${reports}/unit.json` }),
    maxWorkers: 2,
  },
});
