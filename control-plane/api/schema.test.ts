import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MANIFEST_FILE } from "@o2mc/schema/graphql/persisted-operations.ts";
import { printManifest } from "./persisted/print-manifest.ts";
import { apiSchema, printApiSchema } from "./schema.ts";

test("the printed SDL is the one in schema/graphql (npm run graphql:print renews it)", () => {
  const kept = readFileSync(join(import.meta.dirname, "../../schema/graphql/schema.graphql"), "utf8");
  expect(printApiSchema()).toBe(kept);
});

test("the manifest of our clients' operations fits the schema (npm run operations:print renews it)", () => {
  expect(printManifest(apiSchema())).toBe(readFileSync(MANIFEST_FILE, "utf8"));
});

test("steps and destination options say @oneOf", () => {
  expect(printApiSchema()).toMatch(/input StepInput @oneOf/);
  expect(printApiSchema()).toMatch(/input DestinationOptionsInput @oneOf/);
});
