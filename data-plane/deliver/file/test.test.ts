import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDestination } from "../test-destination.ts";
import { outgoingTo } from "../testkit/outgoing.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "o2mc-test-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const ask = (directory: string) =>
  testDestination({ file: { directory, format: "jsonl" } }, outgoingTo({ roots: [join(root, "open")] }));

test("a folder that can be written is made, and nothing stays in it", async () => {
  const directory = join(root, "open", "new");
  expect(await ask(directory)).toMatchObject({ code: "ok", server: null });
  expect(await readdir(directory)).toEqual([]);
});

test("a folder that is not opened, and one behind a link out of those that are", async () => {
  await mkdir(join(root, "open"), { recursive: true });
  await symlink(root, join(root, "open", "out"));
  for (const directory of ["/etc", join(root, "open", "..", "closed"), join(root, "open", "out", "closed")]) {
    expect((await ask(directory)).code).toBe("folder-refused");
  }
});

test("a file where a folder should be", async () => {
  await mkdir(join(root, "open"), { recursive: true });
  await writeFile(join(root, "open", "a-file"), "");
  expect((await ask(join(root, "open", "a-file"))).code).toBe("answered");
});

// root may write everywhere
test.skipIf(process.getuid?.() === 0)("a folder without the right to write", async () => {
  const directory = join(root, "open", "shut");
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o555);
  expect((await ask(directory)).code).toBe("rights");
});
