import type { EmitOptions } from "@o2mc/schema/pipeline/steps/emit.ts";
import type { Rows } from "../rows.ts";
import type { Step, StepContext } from "../step.ts";

/** The output's columns are picked where frames are made, by its checked type. */
export function buildEmit({ output }: EmitOptions): Step {
  return {
    verb: "emit",
    run(rows: Rows, context: StepContext) {
      if (rows.n > 0) context.emit(output, rows);
      return rows;
    },
  };
}
