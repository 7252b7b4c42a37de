import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CATALOGUE } from "./catalogue.ts";

test("every code is documented, and every documented code exists", () => {
  const document = readFileSync(join(import.meta.dirname, "CODES.md"), "utf8");
  const documented = [...document.matchAll(/^\| `(\w+)` +\|/gm)].map(([, code]) => code);
  expect(new Set(documented)).toEqual(new Set(Object.keys(CATALOGUE)));
});
