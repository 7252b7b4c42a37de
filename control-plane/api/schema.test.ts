import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { printApiSchema } from "./schema.ts";

test("the printed SDL is the one in schema/graphql (npm run graphql:print renews it)", () => {
  const kept = readFileSync(join(import.meta.dirname, "../../schema/graphql/schema.graphql"), "utf8");
  expect(printApiSchema()).toBe(kept);
});

test("steps and destination options say @oneOf", () => {
  expect(printApiSchema()).toMatch(/input StepInput @oneOf/);
  expect(printApiSchema()).toMatch(/input DestinationOptionsInput @oneOf/);
});
