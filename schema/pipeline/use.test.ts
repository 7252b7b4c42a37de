import { expect, test } from "vitest";
import type { FieldDeclaration, Policy } from "../consent/policy.ts";
import { checkDefinition } from "./check.ts";
import { DEFAULT_TIME, type Step } from "./definition.ts";
import { isApproved, useOf, type PipelineUse } from "./use.ts";

const field = (path: string, type: FieldDeclaration["type"], ...methods: ("hash" | "mask")[]): FieldDeclaration => ({
  path,
  type,
  purposes: ["a"],
  description: "",
  anonymized: [
    { methods: type === "string" ? methods : ["generalise"], purposes: ["b"], keep: 6, step: 5, to: "hour" },
  ],
});

const policy: Policy = {
  version: 1,
  purposes: ["a", "b"].map((name) => ({ name, description: "", legalBasis: "consent", lifetimeDays: 1 })),
  fields: [field("phone", "string", "hash", "mask"), field("age", "integer"), field("born", "timestamp")],
};

function using(...steps: Step[]): PipelineUse {
  const emit: Step = { emit: { output: "o", fields: ["phone", "age", "born"] } };
  const definition = { purposes: ["a"], time: DEFAULT_TIME, steps: [...steps, emit] };
  return useOf(checkDefinition(definition, policy, { partitions: 1 }), []);
}

const mask = (keep?: number): Step => ({
  anonymize: { field: "phone", method: "mask", ...(keep === undefined ? {} : { keep }) },
});
const round = (step: number): Step => ({ anonymize: { field: "age", method: "generalise", step } });
const since = (to: "day" | "month"): Step => ({ anonymize: { field: "born", method: "generalise", to } });
const hash = (rotate?: "day" | "month"): Step => ({
  anonymize: { field: "phone", method: "hash", ...(rotate === undefined ? {} : { rotate }) },
});

// an approval of the method alone let a developer weaken it to the policy's limit
test.each<[string, boolean, PipelineUse, PipelineUse]>([
  ["the same", true, using(mask(2), round(10)), using(mask(2), round(10))],
  ["fewer characters", true, using(mask(2)), using(mask(1))],
  ["no characters", true, using(mask(2)), using(mask())],
  ["more characters", false, using(mask(2)), using(mask(3))],
  ["characters where there were none", false, using(mask()), using(mask(1))],
  ["a coarser number", true, using(round(10)), using(round(20))],
  ["a finer number", false, using(round(10)), using(round(5))],
  ["a longer unit of time", true, using(since("day")), using(since("month"))],
  ["a shorter unit of time", false, using(since("month")), using(since("day"))],
  ["a hash that is the same for less long", true, using(hash("month")), using(hash("day"))],
  ["a hash that is the same for longer", false, using(hash("day")), using(hash("month"))],
  ["a hash that changes, where one for ever was approved", true, using(hash()), using(hash("month"))],
  ["a hash for ever, where one that changes was approved", false, using(hash("month")), using(hash())],
  ["another method", false, using(mask(2)), using(hash())],
  ["what was approved as it is", true, using(), using(mask(6), round(5))],
  ["as it is", false, using(mask(6)), using()],
])("%s: %s", (_, permitted, approved, wanted) => {
  expect(isApproved([approved], wanted)).toBe(permitted);
});

test("an approval from before amounts were approved permits none", () => {
  const { discloses, ...rest } = using(mask(2), round(10));
  const old = {
    ...rest,
    discloses: discloses.map(({ output, field: path, anonymized }) => ({ output, field: path, anonymized })),
  };
  expect(isApproved([old], using(mask(2), round(10)))).toBe(false);
  expect(isApproved([old], using(mask(), round(10)))).toBe(false);
});
