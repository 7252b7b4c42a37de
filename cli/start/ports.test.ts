import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rememberedPorts } from "./ports.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "o2mc-ports-"));
  file = join(folder, "ports.json");
});

afterEach(() => rmSync(folder, { recursive: true }));

test("ports are distinct, remembered, and below those of outgoing connections", async () => {
  const first = await rememberedPorts(file);
  expect(new Set(Object.values(first)).size).toBe(10);
  for (const port of Object.values(first)) expect(port >= 20_000 && port < 32_000).toBe(true);
  expect(await rememberedPorts(file)).toEqual(first);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a port that somebody else has taken is chosen anew, the others stay", async () => {
  const first = await rememberedPorts(file);
  const other = createServer();
  await new Promise<void>((done) => other.listen(first.edge, "127.0.0.1", done));
  const second = await rememberedPorts(file);
  await new Promise((done) => other.close(done));
  expect(second.edge).not.toBe(first.edge);
  expect({ ...second, edge: 0 }).toEqual({ ...first, edge: 0 });
});
