import type { FieldType, LegalBasis, Policy } from "@o2mc/schema/consent/policy.ts";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import { expect, test } from "vitest";
import { FIELDS, PIPELINES, PURPOSES } from "./definitions.ts";

/** as the API turns its enums into the contracts' words */
const words = (input: object): unknown =>
  JSON.parse(JSON.stringify(input), (key, value: unknown) =>
    ["keep", "method"].includes(key) && typeof value === "string" ? value.toLowerCase() : value,
  );

const policy: Policy = {
  version: 1,
  purposes: PURPOSES.map((purpose) => ({ ...purpose, legalBasis: purpose.legalBasis as LegalBasis })),
  fields: FIELDS.map((field) => ({ ...field, type: field.type.toLowerCase() as FieldType, description: "" })),
};

test("the demo's pipelines pass the check that publishing makes", () => {
  const check = (name: keyof typeof PIPELINES) =>
    checkDefinition(words(PIPELINES[name]) as PipelineDefinition, policy, { partitions: 4 });
  expect(check("live").outputs.map(({ name }) => name)).toEqual(["events", "sessions"]);
  expect(check("live").readSet.every(({ purposes }) => purposes.includes("analytics"))).toBe(true);
  expect(check("log-sessions").outputs.map(({ name }) => name)).toEqual(["sessions"]);
});
