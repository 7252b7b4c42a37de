import fc from "fast-check";
import { expect, test } from "vitest";
import type { Policy } from "../consent/policy.ts";
import { field, purpose } from "../consent/testkit/policy-parts.ts";
import { checkDefinition } from "./check.ts";
import { DefinitionError } from "./definition-error.ts";
import { DEFAULT_TIME, type Step } from "./definition.ts";
import { validateDefinition } from "./validate.ts";

const policy: Policy = {
  version: 1,
  purposes: [purpose("analytics"), purpose("marketing")],
  fields: [
    field("page.path", "string", "analytics", "marketing"),
    field("email", "string", "marketing"),
    field("price", "number", "analytics", "marketing"),
    field("$subject", "string", "analytics"),
  ],
};

const definition = (steps: readonly unknown[], purposes = ["analytics"]) => ({
  purposes,
  time: DEFAULT_TIME,
  steps: steps as Step[],
});
const validate = (steps: readonly unknown[], purposes?: string[]) =>
  validateDefinition(definition(steps, purposes), policy, { partitions: 4 });

test("every fault comes with its place, and where in which expression", () => {
  const { faults } = validate([
    { filter: { where: "event.price > 1.0 &&\n  event.pric < 2.0" } },
    {
      map: {
        set: [
          { field: "a", expression: "event.price + 'x'" },
          { field: "b", expression: "event.email" },
        ],
      },
    },
    { branch: { when: "event.page.path", steps: [{ emit: { output: "copy" } }] } },
    { split: { cases: [{ when: "event.price > 3.0", steps: [{ drop: { fields: ["nothing"] } }] }] } },
    { emit: { output: "no name!" } },
  ]);
  expect(faults).toMatchObject([
    { code: "unknown-field", place: 1, line: 2, column: 3, near: "price" },
    { code: "type-mismatch", place: 2, expression: "event.price + 'x'", line: 1 },
    { code: "field-not-permitted", place: 2 },
    { code: "type-mismatch", place: 3, expected: "boolean", found: "string" },
    { code: "unknown-field", place: "4, case 1, step 1" },
    { code: "invalid-name", place: 5 },
  ]);
});

test("purposes, time and a missing emit are told beside the steps", () => {
  const given = { ...definition([{ filter: { where: "1" } }], ["analytics", "nobody"]), time: { disorderSeconds: -1 } };
  const { faults } = validateDefinition(given as never, policy, { partitions: 4 });
  expect(faults.map(({ code }) => code)).toEqual(["unknown-purpose", "invalid-option", "type-mismatch", "no-emit"]);
  expect(validate([], []).faults.map(({ code }) => code)).toEqual(["no-purpose", "no-emit"]);
});

test("what hangs on a fault is no second one", () => {
  const { faults } = validate([
    { map: { set: [{ field: "section", expression: "event.nothing" }] } },
    { filter: { where: "event.section == 'x'" } },
    {
      map: {
        set: [
          { field: "upper", expression: "event.section" },
          { field: "c", expression: "1 + 'x'" },
        ],
      },
    },
    { filter: { where: "event.price" } },
    { emit: { output: "o", fields: ["section", "price"] } },
  ]);
  expect(faults.map(({ code, place }) => [code, place])).toEqual([
    ["unknown-field", 1],
    ["type-mismatch", 4],
  ]);
});

test("behind a step whose rows are not known nothing is judged", () => {
  const { faults } = validate([{ sessionize: { gapSeconds: "x" } }, { emit: { output: "o", fields: ["anything"] } }]);
  expect(faults.map(({ place }) => place)).toEqual([1]);
});

test("the columns behind each step have their types and who may see them", () => {
  const { steps, outputs, reads, faults } = validate([
    { filter: { where: "event.price > 1.0" } },
    { map: { set: [{ field: "dear", expression: "event.price > 10.0" }] } },
    { emit: { output: "o", fields: ["dear"] } },
  ]);
  expect(faults).toEqual([]);
  expect(steps.map(({ place, verb }) => [place, verb])).toEqual([
    [1, "filter"],
    [2, "map"],
    [3, "emit"],
  ]);
  expect(steps[0]?.columns.some(({ name }) => name === "dear")).toBe(false);
  expect(steps[1]?.columns).toContainEqual({ name: "dear", type: "boolean", purposes: ["analytics", "marketing"] });
  expect(steps[1]?.columns).toContainEqual({ name: "$subject", type: "string", purposes: ["analytics"] });
  expect(outputs[0]?.columns.map(({ name }) => name)).toEqual(["dear"]);
  expect(reads).toEqual(["price"]);
});

test("steps come in the order of the definition, those of a line behind the one that has it", () => {
  const when = "event.price > 1.0";
  const cases = Array.from({ length: 11 }, () => ({ when, steps: [{ drop: { fields: ["price"] } }] }));
  const { steps } = validate([{ split: { cases, otherwise: [{ emit: { output: "o" } }] } }]);
  const lines = cases.map((_, i) => `1, case ${i + 1}, step 1`);
  expect(steps.map(({ place }) => place)).toEqual([1, ...lines, "1, otherwise, step 1"]);
});

/** Right and wrong steps in any order. */
const step: fc.Arbitrary<unknown> = fc.constantFrom(
  { filter: { where: "event.price > 1.0" } },
  { filter: { where: "event.made == 'x'" } },
  { map: { set: [{ field: "made", expression: "event.page.path" }] } },
  {
    map: {
      set: [
        { field: "made", expression: "event.none" },
        { field: "price", expression: "'x'" },
      ],
    },
  },
  { drop: { fields: ["page.path"] } },
  { rename: { fields: [{ from: "made", to: "other" }] } },
  { anonymize: { field: "$subject", method: "hash" } },
  { branch: { steps: [{ emit: { output: "b" } }] } },
  { split: { cases: [{ when: "event.made == 'x'", steps: [] }], otherwise: [{ emit: { output: "rest" } }] } },
  { window: { everySeconds: 60 } },
  { sessionize: { gapSeconds: 60 } },
  { emit: { output: "o" } },
  {},
  null,
);

test("it finds something exactly when publish refuses, and first what publish names", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const { faults, ...validated } = validate(steps);
      try {
        const { outputs, readSet } = checkDefinition(definition(steps), policy, { partitions: 4 });
        expect(faults).toEqual([]);
        expect(validated).toMatchObject({ outputs, reads: readSet.map(({ path }) => path) });
      } catch (error) {
        if (!(error instanceof DefinitionError)) throw error;
        expect(faults[0]).toMatchObject({ code: error.code, place: error.place, message: error.message });
      }
    }),
    { numRuns: 2000 },
  );
});
