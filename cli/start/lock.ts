import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Failure } from "./failure.ts";
import { writePrivate } from "./data-folder.ts";
import { identify, isAlive } from "./process/identity.ts";

const Content = z.object({ pid: z.number(), started: z.string(), stopping: z.boolean() });
type Content = z.infer<typeof Content>;

const STOPPING_MS = 90_000;

/** The right of one launcher to one data folder. */
export interface Lock {
  /** says to a next start that it is worth waiting */
  markStopping(): void;
  release(): void;
}

/** Throws a Failure when another launcher runs on the folder; waits for one that is on its way out. */
export async function acquireLock(file: string): Promise<Lock> {
  const self = identify(process.pid);
  if (self === undefined) throw new Failure("This system does not tell when a process started (no /proc, no ps).");
  const content: Content = { ...self, stopping: false };
  const own = `${file}.${self.pid}`;
  const until = Date.now() + STOPPING_MS;
  writeFileSync(own, JSON.stringify(content), { mode: 0o600 });
  try {
    while (!tryLink(own, file)) {
      const holder = read(file);
      if (holder === undefined || !isAlive(holder)) removeStale(file, holder);
      else if (!holder.stopping || Date.now() > until) {
        throw new Failure(
          `The platform already runs on this data folder (process ${holder.pid}): left as it is. ` +
            "Its addresses are in endpoints.json there.",
        );
      } else await sleep(200);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return {
    markStopping: () => writePrivate(file, JSON.stringify({ ...content, stopping: true })),
    release: () => rmSync(file, { force: true }),
  };
}

/** A hard link is there whole or not at all, and for one of two only. */
function tryLink(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Two may find the same stale lock: who moved a fresh one away puts it back. */
function removeStale(file: string, stale: Content | undefined): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // the other one was quicker
  }
  const moved = read(aside);
  if (moved?.pid !== stale?.pid || moved?.started !== stale?.started) tryLink(aside, file);
  rmSync(aside, { force: true });
}

function read(file: string): Content | undefined {
  try {
    const result = Content.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
