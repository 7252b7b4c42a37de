import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../..");

export interface User {
  readonly email: string;
  readonly password: string;
  readonly roles: readonly string[];
  readonly tenant: string;
}

export interface Endpoints {
  readonly graphql: string;
  readonly subscriptions: string;
  readonly edge: string;
  readonly shop: string;
  readonly issuer: string;
  readonly users: readonly User[];
  readonly demo: {
    readonly tenant: string;
    readonly application: string;
    readonly source: string;
    readonly writeKey: string;
    readonly pipelines: Readonly<Record<string, string>>;
  };
  readonly warehouse: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
  readonly out: string;
  readonly hooks: string;
}

/** The whole platform as a user starts it, in a data folder of its own. */
export interface Platform {
  readonly endpoints: Endpoints;
  readonly dataDir: string;
  /** runs `o2mc <args>` against this platform; resolves with its exit code and output */
  o2mc(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }>;
  stop(): Promise<void>;
}

/** Starts it and waits until it is ready; throws with the launcher's output when it is not within three minutes. */
export async function startPlatform(): Promise<Platform> {
  const dataDir = mkdtempSync(join(tmpdir(), "o2mc-e2e-"));
  const env = { ...process.env, O2MC_DATA_DIR: dataDir };
  const log = join(dataDir, "launcher.log");
  const out = openSync(log, "w");
  const launcher = spawn("node", [join(REPOSITORY, "cli/bin/o2mc.js"), "start"], { env, stdio: ["ignore", out, out] });
  const file = join(dataDir, "endpoints.json");
  const until = Date.now() + 180_000;
  while (!existsSync(file)) {
    if (launcher.exitCode !== null || Date.now() > until) {
      await end(launcher);
      throw new Error(`the platform did not start:\n${readFileSync(log, "utf8")}`);
    }
    await new Promise((wake) => setTimeout(wake, 200));
  }
  return {
    endpoints: JSON.parse(readFileSync(file, "utf8")) as Endpoints,
    dataDir,
    o2mc: (args) => runCli(args, env),
    stop: async () => {
      await end(launcher);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await gone;
}

function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ code: number; output: string }> {
  const child = spawn("node", [join(REPOSITORY, "cli/bin/o2mc.js"), ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const add = (chunk: Buffer): void => {
    output += chunk.toString("utf8");
  };
  child.stdout.on("data", add);
  child.stderr.on("data", add);
  return new Promise((done) => child.once("close", (code) => done({ code: code ?? 1, output })));
}
