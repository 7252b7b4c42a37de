import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Batch } from "../compile/batch.ts";
import { Evaluation } from "../compile/evaluation.ts";
import type { KeepOperation, Operation, PickOperation, StepPlace } from "../compile/scope.ts";
import type { Limit } from "../steps/step.ts";
import { ofSubject, type Sink } from "./sink.ts";

const FULL: Readonly<Record<Limit, string>> = {
  "state-quota": "the tenant's state is at its quota",
  "partial-matches": "a key has as many matches begun as it may",
};

/** All are counted and the first is shown: a tenant at its quota must not fill the dead letters, nor its neighbours' hub. */
export function refuse(
  sink: Sink,
  pipeline: string,
  operation: KeepOperation | PickOperation,
  given: { readonly batch: Batch },
  limit: Limit,
  refused: readonly number[],
): void {
  const [first] = refused;
  if (first === undefined) return;
  sink.refused(limit, refused.length);
  operation.at.counters.refused += refused.length;
  const message = `${FULL[limit]}: ${refused.length} rows of one frame would have begun something new`;
  dead(sink, pipeline, operation, operation.at, given, first, limit, message);
}

/** To the dead letters, with the row as its author would see it at that step. */
export function dead(
  sink: Sink,
  pipeline: string,
  operation: Operation,
  at: StepPlace,
  { batch }: { readonly batch: Batch },
  row: number,
  code: string,
  message: string,
): void {
  sink.dead(pipeline, at, ofSubject(batch, row), cellsOf(operation, batch, row), code, message);
}

/** The columns of one row as an author sees them there. */
export function cellsOf({ columns }: Operation, batch: Batch, row: number): Record<string, Scalar> {
  const alone = Uint32Array.of(row);
  const evaluation = new Evaluation({ ...batch, rows: alone });
  const cells: Record<string, Scalar> = {};
  for (const [name, node] of columns) {
    try {
      cells[name] = cellAt(evaluation.column(node, alone), row);
    } catch {
      // it is the one that fails, or is made of it
      cells[name] = null;
    }
  }
  return cells;
}
