import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RehearsalRequest } from "@o2mc/schema/rehearsal/rehearsal.ts";
import { Rehearsals } from "./rehearsals.ts";

const folder = mkdtempSync(join(tmpdir(), "o2mc-rehearsal-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `code` as the program. */
function run(code: string, limitMs = 5_000): Promise<unknown> {
  // as deep as the real one: what is two folders above it is the code's
  const bin = join(folder, "plane/bin");
  mkdirSync(bin, { recursive: true });
  const program = join(bin, "program.mjs");
  writeFileSync(program, code);
  return new Rehearsals({ program, limitMs }).run("one", {} as RehearsalRequest);
}

const answer = (expression: string): string => `process.stdout.write(JSON.stringify(${expression}))`;

test("a program answers once it has read its request", async () => {
  expect(await run(`process.stdin.on("data", (text) => ${answer("{ got: String(text) }")})`)).toEqual({ got: "{}" });
});

test("it has no environment, reads no file that is not the code's, and starts nothing", async () => {
  const tried = `import fs from "node:fs"; import { spawnSync } from "node:child_process";
    const code = (work) => { try { work(); return "done"; } catch (error) { return error.code; } };
    ${answer(`[Object.keys(process.env), code(() => fs.readFileSync("/etc/passwd")),
      code(() => fs.writeFileSync("${folder}/x", "")), code(() => spawnSync("true"))]`)}`;
  expect(await run(tried)).toEqual([[], "ERR_ACCESS_DENIED", "ERR_ACCESS_DENIED", "ERR_ACCESS_DENIED"]);
});

test.each([
  ["runs for ever", "for (;;);"],
  ["takes all memory", "const all = []; for (;;) all.push(new Array(1e6).fill(all.length));"],
  ["ends badly", "process.exit(3)"],
  ["talks for ever", `const more = () => process.stdout.write("x".repeat(1e6), more); more();`],
])("a program that %s is stopped", async (_, code) => {
  await expect(run(code, 3_000)).rejects.toMatchObject({ extensions: { code: "TEST_STOPPED" } });
});
