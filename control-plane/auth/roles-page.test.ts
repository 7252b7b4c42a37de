import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rolesPage } from "./roles-page.ts";

test("ROLES.md is the table of actions (npm run roles:print renews it)", () => {
  expect(readFileSync(join(import.meta.dirname, "ROLES.md"), "utf8")).toBe(rolesPage());
});
