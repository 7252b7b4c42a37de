import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identify, isAlive, type ProcessIdentity } from "./identity.ts";
import { ChildRegistry } from "./registry.ts";

let folder: string;
let file: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "o2mc-registry-"));
  file = join(folder, "children.json");
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

function sleeper(): ProcessIdentity {
  const child = spawn("sleep", ["60"], { detached: true });
  children.push(child);
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error("sleep did not start");
  return identity;
}

test("a killed launcher's children are ended by the next one, last started first", async () => {
  const [first, second] = [sleeper(), sleeper()];
  const killed = new ChildRegistry(file);
  killed.add("postgres", first.pid, "SIGINT");
  killed.add("edge", second.pid, "SIGTERM");
  expect(await new ChildRegistry(file).endOrphans()).toEqual(["edge", "postgres"]);
  expect([isAlive(first), isAlive(second)]).toEqual([false, false]);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual([]);
});

test("a stranger with a recorded pid is left alone", async () => {
  const stranger = sleeper();
  const recorded = { name: "edge", pid: stranger.pid, started: "at another time", stopSignal: "SIGTERM" };
  writeFileSync(file, JSON.stringify([recorded]));
  expect(await new ChildRegistry(file).endOrphans()).toEqual([]);
  expect(isAlive(stranger)).toBe(true);
});

test("a child that was started again keeps its place in the order", () => {
  const registry = new ChildRegistry(file);
  const [nats, edge, again] = [sleeper(), sleeper(), sleeper()];
  registry.add("nats", nats.pid, "SIGTERM");
  registry.add("edge", edge.pid, "SIGTERM");
  registry.remove(nats.pid);
  registry.add("nats", again.pid, "SIGTERM");
  const names = (JSON.parse(readFileSync(file, "utf8")) as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(["nats", "edge"]);
});
