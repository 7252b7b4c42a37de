import { checkExpression } from "@o2mc/schema/expression/parse.ts";
import type { MapOptions } from "@o2mc/schema/pipeline/steps/map.ts";
import { generate } from "../../expression/generate.ts";
import { column, withColumns, type Rows } from "../rows.ts";
import type { BuildContext, Step } from "../step.ts";

export function buildMap({ set }: MapOptions, { types }: BuildContext): Step {
  const checked = set.map(({ field, expression }) => ({
    field,
    expression: checkExpression(expression, types, undefined, { envelope: false }),
  }));
  for (const { field, expression } of checked) types.set(field, expression.type);
  const loops = checked.map(({ field, expression }) => ({ field, ...generate(expression) }));
  return {
    verb: "map",
    run: (rows: Rows) =>
      withColumns(
        rows,
        loops.map(({ field, fields, values }) => {
          const columns = fields.map((name) => column(rows, name));
          return [field, values(rows.n, columns)] as const;
        }),
      ),
  };
}
