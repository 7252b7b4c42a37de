import type { RenameOptions } from "@o2mc/schema/pipeline/steps/rename.ts";
import { column, type Rows } from "../rows.ts";
import type { BuildContext, Step } from "../step.ts";

/** One after the other, so that `a → b, b → c` is what it says. */
export function buildRename({ fields }: RenameOptions, { types }: BuildContext): Step {
  for (const { from, to } of fields) {
    const type = types.get(from);
    if (type === undefined) throw new Error(`rename: no column ${from}`);
    types.delete(from);
    types.set(to, type);
  }
  return {
    verb: "rename",
    run(rows: Rows) {
      let current = rows;
      for (const { from, to } of fields) {
        const columns = new Map(current.columns);
        columns.delete(from);
        columns.set(to, column(current, from));
        current = { ...current, columns };
      }
      return current;
    },
  };
}
