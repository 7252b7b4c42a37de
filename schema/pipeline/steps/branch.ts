import type { OptionsOf } from "../../options/options-of.ts";
import { expressionColumn } from "../expression-column.ts";
import { stepSpec } from "../step-spec.ts";

export const branch = stepSpec({
  verb: "branch",
  summary:
    "Copies rows into a line of steps of its own, which has an emit of its own; all rows go on to the next step as they " +
    "are, whatever happens to the copies.",
  options: {
    when: {
      kind: "expression",
      type: "boolean",
      optional: true,
      description: "rows for which it is true are copied; all when left out",
    },
    steps: { kind: "steps", description: "the line" },
  },
  example: {
    when: "event.price > 100.0",
    steps: [{ filter: { where: "event.page.path != '/test'" } }, { emit: { output: "large" } }],
  },
  check(options, scope) {
    const origins = options.when === undefined ? [] : expressionColumn(options.when, scope, "boolean").origins;
    return { ...options, steps: scope.line("", options.steps, origins) };
  },
});

export type BranchOptions = OptionsOf<typeof branch.options>;
