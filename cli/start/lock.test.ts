import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { acquireLock } from "./lock.ts";
import { identify } from "./process/identity.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "o2mc-lock-"));
  file = join(folder, "lock");
});

afterEach(() => rmSync(folder, { recursive: true }));

test("a held lock is refused by its holder's pid, and free again after release", async () => {
  const lock = await acquireLock(file);
  await expect(acquireLock(file)).rejects.toThrow(`process ${process.pid}`);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ pid: process.pid, stopping: false });
  lock.release();
  expect(existsSync(file)).toBe(false);
  (await acquireLock(file)).release();
});

test("the lock of a process that is gone is taken over, also when its pid lives on in another", async () => {
  for (const stale of [
    { pid: 2 ** 22 + 1, started: "x", stopping: false },
    { pid: process.pid, started: "earlier", stopping: false },
  ]) {
    writeFileSync(file, JSON.stringify(stale));
    (await acquireLock(file)).release();
  }
});

test("an unreadable lock is taken over", async () => {
  writeFileSync(file, "{");
  (await acquireLock(file)).release();
});

test("who finds a holder on its way out waits for it", async () => {
  const holder = spawn("sleep", ["60"]);
  const identity = identify(holder.pid ?? 0);
  writeFileSync(file, JSON.stringify({ ...identity, stopping: true }));
  const waiting = acquireLock(file);
  holder.kill("SIGKILL");
  (await waiting).release();
});

test("of many at once, one gets it", async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(file)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});
