import { existsSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FolderRule } from "./folder-rule.ts";

const base = mkdtempSync(join(tmpdir(), "o2mc-folders-"));
const root = join(base, "results");
mkdirSync(join(base, "outside"));
const rule = new FolderRule([root]);
const REFUSED = { code: "outgoing.folder-refused" };

test("a folder in a root is made and its real path returned", async () => {
  expect(await rule.make(join(root, "a/b"))).toBe(join(await realpath(root), "a/b"));
  expect(await rule.make(root)).toBe(await realpath(root));
});

test.each([
  ["elsewhere", "/etc"],
  ["traversal", `${root}/../outside`],
  ["traversal that comes back to a neighbour", `${root}/a/../../results-of-others`],
  ["a neighbour with the same beginning", `${root}-of-others`],
  ["the parent", base],
])("path attack: %s is refused, and nothing made", async (_, folder) => {
  expect(() => rule.check(folder)).toThrow(expect.objectContaining(REFUSED));
  await expect(rule.make(folder)).rejects.toMatchObject(REFUSED);
  expect(existsSync(`${root}-of-others`)).toBe(false);
});

test("path attack: a symbolic link in a root leads nowhere", async () => {
  mkdirSync(root, { recursive: true });
  symlinkSync(join(base, "outside"), join(root, "link"));
  await expect(rule.make(join(root, "link"))).rejects.toMatchObject(REFUSED);
  await expect(rule.make(join(root, "link/below"))).rejects.toMatchObject(REFUSED);
  expect(existsSync(join(base, "outside/below"))).toBe(false);
});

test("a root that is a symbolic link itself is the operator's wish", async () => {
  symlinkSync(join(base, "outside"), join(base, "linked-root"));
  expect(await new FolderRule([join(base, "linked-root")]).make(join(base, "linked-root/x"))).toBe(
    join(await realpath(base), "outside/x"),
  );
});

test("without roots there is no folder", async () => {
  await expect(new FolderRule([]).make(root)).rejects.toMatchObject(REFUSED);
});
