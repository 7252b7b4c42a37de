import { checkExpression } from "@o2mc/schema/expression/parse.ts";
import type { FilterOptions } from "@o2mc/schema/pipeline/steps/filter.ts";
import { generate } from "../../expression/generate.ts";
import { column, select, type Rows } from "../rows.ts";
import type { BuildContext, Step } from "../step.ts";

export function buildFilter({ where }: FilterOptions, { types }: BuildContext): Step {
  const loops = generate(checkExpression(where, types, "boolean", { envelope: false }));
  return {
    verb: "filter",
    run: (rows: Rows) =>
      select(
        rows,
        loops.select(
          rows.n,
          loops.fields.map((field) => column(rows, field)),
        ),
      ),
  };
}
