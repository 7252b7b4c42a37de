import type { OptionsOf } from "../../options/options-of.ts";
import { DefinitionError } from "../definition-error.ts";
import { expressionColumn } from "../expression-column.ts";
import { mergeOrigins, type Origin } from "../origin.ts";
import { stepSpec } from "../step-spec.ts";

const MAX_CASES = 16;

export const split = stepSpec({
  verb: "split",
  summary:
    "Moves each row into the line of the first case that is true for it. What no case takes goes into the line `otherwise`, " +
    "or without one on to the next step. An empty line drops its rows.",
  options: {
    cases: {
      kind: "list",
      of: {
        kind: "object",
        name: "SplitCase",
        options: {
          when: { kind: "expression", type: "boolean", description: "rows for which it is true are the case's" },
          steps: { kind: "steps", description: "the line" },
        },
      },
      description: `asked in this order; at most ${MAX_CASES}`,
    },
    otherwise: {
      kind: "steps",
      optional: true,
      description: "the line of all other rows; then none goes on to a next step",
    },
  },
  example: {
    cases: [
      { when: "event.price > 100.0", steps: [{ emit: { output: "large" } }] },
      { when: "event.price > 10.0", steps: [{ emit: { output: "small" } }] },
    ],
  },
  check({ cases, otherwise }, scope) {
    const { columns, step } = scope;
    if (cases.length === 0 || cases.length > MAX_CASES) {
      throw new DefinitionError("invalid-option", step, `Step ${step}: split has 1 to ${MAX_CASES} cases.`);
    }
    // that a row has come as far as a case tells of what the cases before it are about
    let asked: readonly Origin[] = [];
    const conditions = cases.map(({ when }) => {
      asked = mergeOrigins(asked, expressionColumn(when, scope, "boolean").origins);
      return asked;
    });
    const checked = cases.map((one, i) => ({
      ...one,
      steps: scope.line(`case ${i + 1}`, one.steps, conditions[i] ?? []),
    }));
    const rest = otherwise === undefined ? {} : { otherwise: scope.line("otherwise", otherwise, asked) };
    columns.narrowRows(asked);
    scope.ended = otherwise !== undefined;
    return { cases: checked, ...rest };
  },
});

export type SplitOptions = OptionsOf<typeof split.options>;
