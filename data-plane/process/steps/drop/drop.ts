import type { DropOptions } from "@o2mc/schema/pipeline/steps/drop.ts";
import type { Rows } from "../rows.ts";
import type { BuildContext, Step } from "../step.ts";

export function buildDrop({ fields }: DropOptions, { types }: BuildContext): Step {
  for (const field of fields) types.delete(field);
  return {
    verb: "drop",
    run(rows: Rows) {
      const columns = new Map(rows.columns);
      for (const field of fields) columns.delete(field);
      return { ...rows, columns };
    },
  };
}
