import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { expect, it } from "vitest";
import { invalidDefinition } from "./definition-problem.ts";

const POLICY: Policy = {
  version: 1,
  purposes: [{ name: "analytics", description: "", legalBasis: "consent", lifetimeDays: 365 }],
  fields: [{ path: "page.path", type: "string", purposes: ["analytics"], description: "" }],
};

function problemOf(where: string): unknown {
  const definition = { purposes: ["analytics"], steps: [{ filter: { where } }, { emit: { output: "o" } }] };
  try {
    checkDefinition(definition as unknown as PipelineDefinition, POLICY, { partitions: 1 });
  } catch (error) {
    return invalidDefinition(error);
  }
  throw new Error("it is valid");
}

it.each([
  [
    "true &&\n  event.page.pth == 'a'",
    "unknown-field",
    { code: "EXPRESSION_UNKNOWN_FIELD", line: 2, column: 3, expected: null, found: null, near: "page.path" },
  ],
  [
    "event.page.path",
    "type-mismatch",
    { code: "EXPRESSION_TYPE", line: 1, column: 1, expected: "boolean", found: "string", near: null },
  ],
])("tells an editor where in an expression it is wrong, and what is near: %s", (where, reason, expression) => {
  expect(problemOf(where)).toMatchObject({ extensions: { code: "DEFINITION_INVALID", reason, step: 1, expression } });
});
