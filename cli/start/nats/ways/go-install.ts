import { join } from "node:path";
import { WANTED } from "../version.ts";
import { answers, run } from "./run.ts";
import type { Way } from "./way.ts";

const TIMEOUT_MS = 6 * 60_000;

/** Built from source; Go checks it against the public checksum database. */
export const goInstall: Way = {
  name: "built by go install (1 to 3 minutes)",
  unusable: async (env) => ((await answers("go", ["version"], env)) ? undefined : "go is not on the PATH"),
  fetch: async (work, environment, signal) => {
    const env = { ...environment, GOBIN: work, CGO_ENABLED: "0", GOFLAGS: "-trimpath" };
    const target = `github.com/nats-io/nats-server/v2@v${WANTED}`;
    await run("go", ["install", "-ldflags=-s -w", target], { cwd: work, env, timeoutMs: TIMEOUT_MS, signal });
    return join(work, "nats-server");
  },
};
