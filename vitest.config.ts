import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{schema,runtime,control-plane,data-plane,sloc,cli}/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
