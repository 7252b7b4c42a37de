import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";

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
  readonly programs: readonly { readonly id: string; readonly secret: string }[];
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
  /** runs `o2mc <args>` against this platform, `input` on its standard input; resolves with its exit code and output */
  o2mc(args: readonly string[], input?: Readable): Promise<{ readonly code: number; readonly output: string }>;
  stop(): Promise<void>;
}

/** Starts it and waits until it is ready; throws with the launcher's output when it is not within three minutes. */
export async function startPlatform(): Promise<Platform> {
  const folder = mkdtempSync(join(tmpdir(), "o2mc-e2e-"));
  const dataDir = join(folder, "data");
  const log = join(folder, "launcher.log");
  const out = openSync(log, "w");
  const launcher = spawn("node", [join(REPOSITORY, "cli/bin/o2mc.js"), "start"], {
    env: environment(dataDir),
    stdio: ["ignore", out, out],
  });
  const until = Date.now() + 180_000;
  while (!existsSync(endpointsFile(dataDir))) {
    if (launcher.exitCode !== null || Date.now() > until) {
      await end(launcher);
      throw new Error(`the platform did not start:\n${readFileSync(log, "utf8")}`);
    }
    await new Promise((wake) => setTimeout(wake, 200));
  }
  return {
    ...runningPlatform(dataDir),
    stop: async () => {
      await end(launcher);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One that somebody else has started and will stop. */
export function runningPlatform(dataDir: string): Platform {
  return {
    endpoints: JSON.parse(readFileSync(endpointsFile(dataDir), "utf8")) as Endpoints,
    dataDir,
    o2mc: (args, input) => runCli(args, environment(dataDir), input),
    stop: () => Promise.resolve(),
  };
}

const endpointsFile = (dataDir: string): string => join(dataDir, "endpoints.json");

/** Scenarios have receivers and folders of their own on this machine, as an operator who opens both. */
const environment = (dataDir: string): NodeJS.ProcessEnv => ({
  ...process.env,
  O2MC_DATA_DIR: dataDir,
  O2MC_ALLOW_PRIVATE_NETWORKS: "127.0.0.1/32",
  O2MC_FILE_ROOTS: tmpdir(),
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await gone;
}

function runCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: Readable | undefined,
): Promise<{ code: number; output: string }> {
  const child = spawn("node", [join(REPOSITORY, "cli/bin/o2mc.js"), ...args], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // it may end before it has read everything; its exit code tells
  child.stdin.on("error", () => undefined);
  if (input === undefined) child.stdin.end();
  else input.pipe(child.stdin);
  let output = "";
  const add = (chunk: Buffer): void => {
    output += chunk.toString("utf8");
  };
  child.stdout.on("data", add);
  child.stderr.on("data", add);
  return new Promise((done) => child.once("close", (code) => done({ code: code ?? 1, output })));
}
