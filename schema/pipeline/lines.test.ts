import { describe, expect, test } from "vitest";
import type { Policy } from "../consent/policy.ts";
import { field, purpose } from "../consent/testkit/policy-parts.ts";
import { checkDefinition } from "./check.ts";
import { DefinitionError } from "./definition-error.ts";
import { DEFAULT_TIME, type Step } from "./definition.ts";
import { everyStep, lineDepth } from "./every-step.ts";
import { placeId } from "./place.ts";

const policy: Policy = {
  version: 1,
  purposes: [purpose("analytics"), purpose("marketing")],
  fields: [
    field("path", "string", "analytics", "marketing"),
    field("email", "string", "marketing"),
    field("price", "number", "marketing"),
    field("$subject", "string", "marketing"),
  ],
};

const check = (steps: readonly Step[], partitions = 4) =>
  checkDefinition({ purposes: ["marketing"], time: DEFAULT_TIME, steps }, policy, { partitions });

function refusal(steps: readonly Step[]): DefinitionError {
  try {
    check(steps);
  } catch (error) {
    if (error instanceof DefinitionError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const emit = (output: string, ...fields: string[]): Step => ({ emit: { output, fields } });
const drop = (...fields: string[]): Step => ({ drop: { fields } });
const branch = (...steps: Step[]): Step => ({ branch: { steps } });
const nested = (depth: number): Step => (depth === 0 ? emit("o", "path") : branch(nested(depth - 1)));

describe("lines of steps", () => {
  test("have columns of their own, and are stored with every default", () => {
    const { definition, readSet } = check([
      branch({ sessionize: { gapSeconds: 60 } } as unknown as Step, { emit: { output: "sessions" } }),
      { split: { cases: [{ when: "event.price > 1.0", steps: [drop("path"), emit("dear", "price")] }] } },
      emit("all", "path"),
    ]);
    expect(definition.steps[0]).toEqual({
      branch: { steps: [{ sessionize: { gapSeconds: 60, sticky: [] } }, { emit: { output: "sessions" } }] },
    });
    expect(readSet.map(({ path }) => path)).toEqual(["price", "path"]);
  });

  test.each<[string, string, Step[]]>([
    ["1, step 2", "1.2", [branch(emit("a", "path"), drop("nothing"))]],
    [
      "2, case 2, step 1",
      "2.case-2.1",
      [
        emit("a", "path"),
        {
          split: {
            cases: [
              { when: "true", steps: [] },
              { when: "true", steps: [drop("nothing")] },
            ],
          },
        },
      ],
    ],
    [
      "1, otherwise, step 1, step 1",
      "1.otherwise.1.1",
      [{ split: { cases: [{ when: "true", steps: [] }], otherwise: [branch(drop("nothing"))] } }],
    ],
  ])("an error names the place %s", (words, id, steps) => {
    const error = refusal(steps);
    expect(error.message).toMatch(new RegExp(`^Step ${words} reads field nothing`));
    expect(error).toMatchObject({ code: "unknown-field", step: Number(words[0]) });
    expect(placeId(error.place ?? "")).toBe(id);
  });

  test("options within them are checked like others", () => {
    const steps = [branch({ filter: { wehre: "true" } } as unknown as Step)];
    expect(refusal(steps).message).toBe("Step 1, step 1: filter.wehre is unknown; filter has where.");
    expect(refusal([branch({ explode: {} } as unknown as Step)])).toMatchObject({ code: "unknown-step", step: 1 });
    expect(refusal([branch(null as unknown as Step)]).code).toBe("unknown-step");
    expect(refusal([{ branch: { steps: "x" } } as unknown as Step]).code).toBe("invalid-option");
  });

  test.each<[string, Step[]]>([
    ["duplicate-output", [branch(emit("a", "path")), emit("a", "path")]],
    [
      "unreachable-step",
      [{ split: { cases: [{ when: "true", steps: [] }], otherwise: [emit("a", "path")] } }, drop("path")],
    ],
    ["too-deep", [nested(5)]],
    ["too-many-steps", [...Array.from({ length: 60 }, (_, i) => emit(`o${i}`, "path")), nested(4)]],
    ["invalid-option", [{ split: { cases: [] } }, emit("a", "path")]],
    [
      "invalid-option",
      [{ split: { cases: Array.from({ length: 17 }, () => ({ when: "true", steps: [] })) } }, emit("a", "path")],
    ],
    ["type-mismatch", [branch(), { branch: { when: "event.path", steps: [] } }]],
    ["no-emit", [branch()]],
  ])("%s", (code, steps) => {
    expect(refusal(steps).code).toBe(code);
  });

  test("as deep and as many as they may be they pass", () => {
    expect(check([nested(4)]).outputs).toHaveLength(1);
    expect(check([...Array.from({ length: 59 }, (_, i) => emit(`o${i}`, "path")), nested(4)]).outputs).toHaveLength(60);
  });

  test("a row tells of the conditions that it was picked by: of a case, those before it too", () => {
    const { outputs } = check([
      { branch: { when: "event.email == ''", steps: [emit("branch", "path")] } },
      emit("between", "path"),
      {
        split: {
          cases: [
            { when: "event.path == ''", steps: [emit("first", "path")] },
            { when: "event.price > 1.0", steps: [emit("second", "path")] },
            { when: "event.email == ''", steps: [emit("third", "path")] },
          ],
        },
      },
      emit("rest", "path"),
    ]);
    const told = outputs.map(({ name, columns }) => [name, columns[0]?.origins?.map((origin) => origin.field).sort()]);
    expect(Object.fromEntries(told)).toEqual({
      branch: ["email", "path"],
      between: ["path"],
      first: ["path"],
      second: ["path", "price"],
      third: ["email", "path", "price"],
      rest: ["email", "path", "price"],
    });
  });

  test("what a line does to its subjects is its own: the main line may group by them still", () => {
    const window: Step = { window: { sizeSeconds: 60, by: ["$subject"], aggregates: [{ as: "n", kind: "count" }] } };
    const mask: Step = { anonymize: { field: "$subject", method: "mask" } };
    expect(check([branch(mask, emit("a", "$subject")), window, emit("b", "n")]).outputs).toHaveLength(2);
    expect(refusal([branch(mask, window, emit("a", "n"))]).code).toBe("needs-subject");
  });
});

test("everyStep finds the steps of all lines, in drafts that nobody has checked too", () => {
  const steps = [
    branch(nested(3)),
    { split: { cases: [{ when: "x", steps: [drop("y")] }], otherwise: 5 } },
    null,
    { nope: {} },
  ];
  const verbs = everyStep(steps as unknown as Step[]).map((step) => Object.keys(Object(step) as object)[0]);
  expect(verbs).toEqual(["branch", "split", undefined, "nope", "branch", "drop", "branch", "branch", "emit"]);
  expect(lineDepth(steps as unknown as Step[])).toBe(4);
});
