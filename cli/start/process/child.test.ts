import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Child } from "./child.ts";
import { ChildRegistry } from "./registry.ts";

let folder: string;
const said: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "o2mc-child-"));
  said.length = 0;
});

afterEach(() => rmSync(folder, { recursive: true }));

function child(script: string, isReady: () => Promise<boolean>, env: Record<string, string> = {}): Child {
  const options = { name: "edge", command: process.execPath, args: ["-e", script], cwd: "/", env, isReady };
  const registry = new ChildRegistry(join(folder, "children.json"));
  return new Child({ ...options, logFile: join(folder, "edge.log") }, registry, (text) => said.push(text));
}

const recorded = (): { pid: number }[] =>
  JSON.parse(readFileSync(join(folder, "children.json"), "utf8")) as { pid: number }[];

test("a child that dies is named and started again; stopped, it stays away", async () => {
  const one = child("setInterval(() => {}, 1000)", () => Promise.resolve(true));
  await one.start();
  const [first] = recorded();
  process.kill(first?.pid ?? 0, "SIGKILL");
  await vi.waitUntil(() => said.includes("✓ edge is back"), { timeout: 10_000 });
  expect(said[0]).toBe("! edge was ended by SIGKILL; it is started again in 0.25 s");
  expect(recorded()[0]?.pid).not.toBe(first?.pid);
  expect(await one.stop()).toBe(true);
  await vi.waitUntil(() => recorded().length === 0);
  expect(said).toHaveLength(2);
});

test("one that is renewed is back at once, and its death is no accident", async () => {
  const one = child("setInterval(() => {}, 1000)", () => Promise.resolve(true));
  await one.start();
  const [first] = recorded();
  await one.renew("its source has changed");
  await vi.waitUntil(() => said.includes("✓ edge is back"), { timeout: 10_000 });
  expect(said).toEqual(["  edge is started again: its source has changed", "✓ edge is back"]);
  expect(recorded()[0]?.pid).not.toBe(first?.pid);
  await one.stop();
});

test("one that ends before it is ready fails with the end of its log", async () => {
  const one = child("console.error('O2MC_PORT is not usable'); process.exit(3)", () => Promise.resolve(false));
  await expect(one.start()).rejects.toThrow(/edge ended with exit code 3\.[^]*O2MC_PORT is not usable/);
});

test("a program that is not there is a failure too", async () => {
  const options = { name: "nats", command: "/nowhere/nats-server", args: [], cwd: "/", env: {} };
  const registry = new ChildRegistry(join(folder, "children.json"));
  const log = { logFile: join(folder, "nats.log"), isReady: () => Promise.resolve(false) };
  await expect(new Child({ ...options, ...log }, registry, () => undefined).start()).rejects.toThrow(
    /could not be started/,
  );
});

test("it sees nothing of the launcher's environment but what it needs", async () => {
  vi.stubEnv("O2MC_SECRET_OF_THE_LAUNCHER", "1");
  const file = join(folder, "ready");
  const script =
    "require('fs').writeFileSync(process.env.READY, Object.keys(process.env).join()); setInterval(() => {}, 1000)";
  const written = async (): Promise<boolean> => existsSync(file) && (await readFile(file, "utf8")) !== "";
  const one = child(script, written, { READY: file });
  await one.start();
  await one.stop();
  vi.unstubAllEnvs();
  expect(readFileSync(file, "utf8").split(",")).toContain("READY");
  expect(readFileSync(file, "utf8")).not.toContain("O2MC_SECRET_OF_THE_LAUNCHER");
});
