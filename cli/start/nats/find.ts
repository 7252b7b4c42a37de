import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { chmod, copyFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Progress } from "../console.ts";
import { Failure } from "../failure.ts";
import { isAtLeast, MINIMUM, usableVersion, WANTED } from "./version.ts";
import { WAYS } from "./ways/all.ts";

const ABANDONED_MS = 60 * 60_000;

/** The path of a nats-server that is new enough: the environment's, the PATH's, the cache's, else a fetched one. */
export async function findNatsServer(
  environment: NodeJS.ProcessEnv,
  progress: Progress,
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const given = environment["O2MC_NATS_SERVER"];
  if (given !== undefined) {
    if ((await usableVersion(given)) !== undefined) return given;
    throw new Failure(`O2MC_NATS_SERVER is ${given}: not a nats-server of ${MINIMUM} or newer that runs here.`);
  }
  for (const folder of (environment["PATH"] ?? "").split(delimiter)) {
    const program = join(folder, "nats-server");
    if (folder !== "" && (await usableVersion(program)) !== undefined) return program;
  }
  const cache = join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "o2mc");
  return (await cached(cache)) ?? fetchServer(cache, environment, progress, signal);
}

async function cached(cache: string): Promise<string | undefined> {
  const names = listing(cache).filter((name) => /^nats-server-\d+\.\d+\.\d+$/.test(name));
  const version = (name: string): string => name.slice("nats-server-".length);
  names.sort((a, b) => (isAtLeast(version(a), version(b)) ? -1 : 1));
  for (const name of names) {
    if ((await usableVersion(join(cache, name))) !== undefined) return join(cache, name);
  }
  return undefined;
}

function listing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Tries one way after the other; each works in a folder of its own, so that parallel starts don't meet. */
async function fetchServer(
  cache: string,
  environment: NodeJS.ProcessEnv,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  progress.line(`  There is no nats-server ≥ ${MINIMUM} here: it is fetched once and kept in ${cache}.`);
  const problems: string[] = [];
  try {
    mkdirSync(cache, { recursive: true });
  } catch (error) {
    throw new Failure(`The cache folder ${cache} can't be made (${message(error)}): set XDG_CACHE_HOME.`);
  }
  removeAbandoned(cache);
  for (const way of WAYS) {
    const unusable = await way.unusable(environment);
    if (unusable !== undefined) {
      problems.push(`${way.name}: ${unusable}`);
      continue;
    }
    const work = mkdtempSync(join(cache, "fetch-"));
    try {
      return await progress.step(`nats-server ${WANTED}: ${way.name}`, async () =>
        keep(cache, work, await way.fetch(work, environment, signal)),
      );
    } catch (error) {
      signal.throwIfAborted();
      problems.push(`${way.name}: ${message(error)}`);
      progress.line(`  ✗ ${problems.at(-1)}`);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  throw new Failure(
    `nats-server ${MINIMUM} or newer could not be had. Put one on the PATH or name it in O2MC_NATS_SERVER ` +
      `(https://github.com/nats-io/nats-server/releases). What was tried:\n${problems.map((line) => `  - ${line}`).join("\n")}`,
  );
}

/** What a start that was killed has left of its try; a running one is done within the hour. */
function removeAbandoned(cache: string): void {
  for (const name of listing(cache).filter((entry) => entry.startsWith("fetch-"))) {
    const folder = join(cache, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > ABANDONED_MS) rmSync(folder, { recursive: true, force: true });
  }
}

/** Into the cache under its version, whole or not at all. */
async function keep(cache: string, work: string, program: string): Promise<string> {
  await chmod(program, 0o755);
  const version = await usableVersion(program);
  if (version === undefined) throw new Error(`what came is not a nats-server of ${MINIMUM} or newer that runs here`);
  const ready = join(work, "ready");
  await copyFile(program, ready);
  const target = join(cache, `nats-server-${version}`);
  await rename(ready, target);
  return target;
}

/** fetch hides why in the cause */
function message(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.message === "fetch failed" ? error.cause.message : error.message;
}
