import type { OptionsOf } from "../../options/options-of.ts";
import { expressionColumn } from "../expression-column.ts";
import { stepSpec } from "../step-spec.ts";

export const filter = stepSpec({
  verb: "filter",
  summary: "Keeps the rows for which an expression is true; where it is null or can't be computed the row is dropped.",
  options: {
    where: { kind: "expression", type: "boolean", description: "rows for which it is true stay" },
  },
  example: { where: "event.price > 10.0" },
  check({ where }, scope) {
    const { origins } = expressionColumn(where, scope, "boolean");
    scope.columns.narrowRows(origins);
  },
});

export type FilterOptions = OptionsOf<typeof filter.options>;
