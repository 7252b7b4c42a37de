import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { buildSnippet } from "./build.ts";

test("the snippet is at most 3 kB after gzip and needs no eval", async () => {
  const text = await buildSnippet();
  const size = gzipSync(text, { level: 9 }).length;
  process.stdout.write(`sloc.js: ${text.length} bytes, ${size} bytes after gzip\n`);
  expect(size).toBeLessThanOrEqual(3072);
  expect(text).not.toMatch(/\beval\b|new Function|innerHTML|document\.write/);
});
