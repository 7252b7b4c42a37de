import { expect, test } from "vitest";
import type { FieldDeclaration, Policy } from "../consent/policy.ts";
import { checkDefinition, type CheckedDefinition } from "./check.ts";
import { DefinitionError } from "./definition-error.ts";
import { DEFAULT_TIME, type PipelineDefinition } from "./definition.ts";
import { STEPS } from "./steps.ts";

const field = (path: string, type: FieldDeclaration["type"] = "string"): FieldDeclaration => ({
  path,
  type,
  purposes: ["analytics"],
  description: "",
});

/** What the examples are about. */
const policy: Policy = {
  version: 1,
  purposes: [{ name: "analytics", description: "", legalBasis: "consent", lifetimeDays: 365 }],
  fields: [
    field("at", "timestamp"),
    field("page.path"),
    field("referrer"),
    field("price", "number"),
    field("$subject"),
    field("$ip"),
  ],
};

function check(steps: readonly object[]): CheckedDefinition {
  const definition = { purposes: ["analytics"], steps } as unknown as PipelineDefinition;
  return checkDefinition(definition, policy, { partitions: 4 });
}

test.each(STEPS.map(({ verb, example }) => [verb, { [verb]: example }] as const))(
  "the example of %s is a step that passes the check",
  (verb, step) => {
    const { definition, outputs } = check(verb === "emit" ? [step] : [step, { emit: { output: "all" } }]);
    expect(definition.steps[0]).toMatchObject(step);
    expect(outputs.map(({ name }) => name)).toContain(verb === "emit" ? "pages" : "all");
  },
);

test.each(STEPS.map(({ verb, example }) => [verb, example] as const))(
  "an unknown option of %s is refused with its path and what there is",
  (verb, example) => {
    const attempt = () => check([{ emit: { output: "all" } }, { [verb]: { ...example, tpyo: 1 } }]);
    expect(attempt).toThrowError(DefinitionError);
    expect(attempt).toThrowError(new RegExp(`^Step 2: ${verb}\\.tpyo is unknown; ${verb} has \\w`));
  },
);

test("a checked definition holds every default, and only what was given else", () => {
  const { definition } = check([
    { anonymize: { field: "$ip", method: "hash", keep: null }, drop: null },
    { emit: { output: "raw", fields: null } },
    { sessionize: { gapSeconds: 1800 } },
    { emit: { output: "sessions" } },
  ]);
  expect(definition).toEqual({
    purposes: ["analytics"],
    time: DEFAULT_TIME,
    steps: [
      { anonymize: { field: "$ip", method: "hash" } },
      { emit: { output: "raw" } },
      { sessionize: { gapSeconds: 1800, sticky: [] } },
      { emit: { output: "sessions" } },
    ],
  });
});

test("time is checked like the options of a step", () => {
  const withTime = (time: object) => () =>
    checkDefinition(
      { purposes: ["analytics"], time, steps: [{ emit: { output: "o" } }] } as unknown as PipelineDefinition,
      policy,
      { partitions: 1 },
    );
  expect(withTime({ idleSeconds: 5 })().definition.time).toEqual({ ...DEFAULT_TIME, idleSeconds: 5 });
  expect(withTime({ idleSeconds: 0 })).toThrowError("time.idleSeconds must be a whole number from 1 to 86400.");
  expect(withTime({ disorder: 5 })).toThrowError("time.disorder is unknown; time has disorderSeconds, idleSeconds.");
});

const VALID: Readonly<Record<string, unknown>> = { keep: 1, step: 1, to: "day", zone: "UTC", rotate: "day" };

test.each<[string, object]>([
  ["to is missing", { field: "at" }],
  ["step has no use for a timestamp", { field: "at", to: "day", step: 1 }],
  ["zone: there is no time zone", { field: "at", to: "day", zone: "Mars/Olympus" }],
  ["step is missing", { field: "price" }],
  ["to has no use for a number", { field: "price", step: 1, to: "day" }],
  ["zone has no use for a number", { field: "price", step: 1, zone: "UTC" }],
])("anonymize generalise: %s", (problem, options) => {
  const attempt = () => check([{ anonymize: { method: "generalise", ...options } }, { emit: { output: "o" } }]);
  expect(attempt).toThrowError(`Step 1: anonymize.${problem}`);
});

test.each([
  ["hash", "keep", "page.path", {}],
  ["hash", "step", "page.path", {}],
  ["mask", "step", "page.path", { keep: 2 }],
  ["truncate", "step", "page.path", { keep: 2 }],
  ["generalise", "keep", "price", { step: 10 }],
  ["mask", "rotate", "page.path", {}],
  ["truncate", "to", "page.path", {}],
  ["hash", "zone", "page.path", {}],
])("anonymize %s refuses %s, which would do nothing", (method, option, name, used) => {
  const end = { emit: { output: "o" } };
  expect(() => check([{ anonymize: { field: name, method, ...used } }, end])).not.toThrow();
  const attempt = () => check([{ anonymize: { field: name, method, ...used, [option]: VALID[option] } }, end]);
  expect(attempt).toThrowError(
    new DefinitionError("invalid-option", 1, `Step 1: anonymize.${option} has no use for ${method}.`),
  );
});
