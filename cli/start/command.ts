import { rmSync } from "node:fs";
import { Command } from "commander";
import { createProgress } from "./console.ts";
import { openDataFolder } from "./data-folder.ts";
import { Failure } from "./failure.ts";
import { acquireLock } from "./lock.ts";
import { ChildRegistry } from "./process/registry.ts";
import { Supervisor } from "./process/supervisor.ts";
import { startPlatform } from "./start.ts";

/** `o2mc start`: the whole platform on this machine, until Ctrl-C. */
export function startCommand(): Command {
  return new Command("start")
    .description("start the platform with its demo; Ctrl-C stops it")
    .option("--watch", "restart our own processes when their source changes", false)
    .action(async ({ watch }: { watch: boolean }) => {
      try {
        await run(watch, process.env);
      } catch (error) {
        process.stderr.write(`${error instanceof Failure ? error.message : reportOf(error)}\n`);
        process.exit(1);
      }
    });
}

async function run(watch: boolean, environment: NodeJS.ProcessEnv): Promise<void> {
  // files that PostgreSQL, nats-server and our own processes make are nobody else's either
  process.umask(0o077);
  const progress = createProgress((text) => process.stdout.write(text));
  const data = openDataFolder(environment["O2MC_DATA_DIR"] || ".o2mc");
  const endpointsFile = data.file("endpoints.json");
  const lock = await acquireLock(data.file("lock"));
  rmSync(endpointsFile, { force: true });
  const registry = new ChildRegistry(data.file("children.json"));
  const supervisor = new Supervisor(registry, (text) => progress.line(text));

  let stopping: Promise<void> | undefined;
  const stopped = new AbortController();
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      stopped.abort();
      lock.markStopping();
      rmSync(endpointsFile, { force: true });
      await supervisor.stop();
      lock.release();
    })());
  const stopAndExit = (): void => {
    if (stopping === undefined) progress.line("\nStopping …");
    void stop().then(() => process.exit(0));
  };
  // npm and a terminal may both send the signal: once is enough
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stopAndExit);
  // the wrapper (bin/o2mc.js) was killed
  if (process.send !== undefined) process.on("disconnect", stopAndExit);
  // its reader went away; the platform is none the worse for it
  process.stdout.on("error", () => undefined);

  progress.line(`O2MC I/O · data in ${data.path}`);
  try {
    const orphans = await registry.endOrphans();
    if (orphans.length > 0) progress.line(`  Ended what a killed start had left: ${orphans.join(", ")}`);
    const begun = Date.now();
    const { signal } = stopped;
    const summary = await startPlatform({ data, endpointsFile, supervisor, progress, watch, environment, signal });
    if (stopping !== undefined) return;
    progress.line(`  Ready in ${((Date.now() - begun) / 1000).toFixed(1)} s.\n${summary}`);
  } catch (error) {
    if (stopping !== undefined) return; // what failed did because it was stopped
    await stop();
    throw error;
  }
}

function reportOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
