import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepPrivate, openDataFolder, writePrivate } from "./data-folder.ts";

test("folders and files are their owner's only, and a kept file is made once", () => {
  const parent = mkdtempSync(join(tmpdir(), "o2mc-data-"));
  chmodSync(parent, 0o755);
  const data = openDataFolder(join(parent, "a/b"));
  writePrivate(data.file("x"), "1");
  expect(keepPrivate(data.file("kept"), () => "first")).toBe("first");
  expect(keepPrivate(data.file("kept"), () => "second")).toBe("first");
  for (const [path, mode] of [
    [data.path, 0o700],
    [data.folder("logs"), 0o700],
    [data.file("x"), 0o600],
    [data.file("kept"), 0o600],
  ] as const) {
    expect(statSync(path).mode & 0o777).toBe(mode);
  }
  expect(readdirSync(data.path).sort()).toEqual(["kept", "logs", "x"]);
  rmSync(parent, { recursive: true });
});

test("a folder that can't be one is a sentence that names the variable", () => {
  const parent = mkdtempSync(join(tmpdir(), "o2mc-data-"));
  writeFileSync(join(parent, "file"), "");
  expect(() => openDataFolder(join(parent, "file"))).toThrow(/O2MC_DATA_DIR/);
  rmSync(parent, { recursive: true });
});

test("a folder with other things in it is left as it is; one with a platform's data is opened again", () => {
  const parent = mkdtempSync(join(tmpdir(), "o2mc-data-"));
  chmodSync(parent, 0o755);
  writeFileSync(join(parent, "letter.txt"), "");
  expect(() => openDataFolder(parent)).toThrow(/holds other things/);
  expect(statSync(parent).mode & 0o777).toBe(0o755);
  writeFileSync(join(parent, "lock"), "");
  expect(openDataFolder(parent).path).toBe(parent);
  rmSync(parent, { recursive: true });
});
