import { concat, NO_ROWS, select, type Rows } from "./rows.ts";
import type { Step, StepContext } from "./step.ts";

/** Runs a stateless step; when it throws, runs it row by row, so that only the rows that throw are lost to the line. */
export function runIsolated(step: Step, rows: Rows, context: StepContext): Rows {
  try {
    return step.run(rows, context);
  } catch (error) {
    if (rows.n === 1) {
      context.dead(rows, 0, "step-failed", error instanceof Error ? error.message : String(error));
      return NO_ROWS;
    }
    let out = NO_ROWS;
    for (let i = 0; i < rows.n; i++) out = concat(out, runIsolated(step, select(rows, [i]), context));
    return out;
  }
}
