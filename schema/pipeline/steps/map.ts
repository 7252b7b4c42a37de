import type { OptionsOf } from "../../options/options-of.ts";
import { DefinitionError } from "../definition-error.ts";
import { expressionColumn } from "../expression-column.ts";
import { stepSpec } from "../step-spec.ts";

export const map = stepSpec({
  verb: "map",
  summary:
    "Adds or replaces columns, each by an expression; all expressions see the row as it was before the step. A row for " +
    "which one gives a text of more than 64 Ki characters becomes a dead letter (`too-large`).",
  options: {
    set: {
      kind: "list",
      of: {
        kind: "object",
        name: "MapSet",
        options: {
          field: { kind: "new-field", description: "the column; one of this name is replaced" },
          expression: { kind: "expression", description: "gives its value" },
        },
      },
      description: "the columns to make",
    },
  },
  example: { set: [{ field: "section", expression: "pathSegment(event.page.path, 0)" }] },
  check({ set }, scope) {
    const { columns, step } = scope;
    const made = set.flatMap(({ field, expression }) => {
      const column = scope.attempt(() => expressionColumn(expression, scope));
      return column === undefined ? [] : [[field, column] as const];
    });
    const names = new Set<string>();
    for (const [field, column] of made) {
      if (names.has(field)) {
        throw new DefinitionError("duplicate-column", step, `Step ${step} sets column ${field} twice.`);
      }
      names.add(field);
      columns.set(field, column, step);
    }
  },
});

export type MapOptions = OptionsOf<typeof map.options>;
