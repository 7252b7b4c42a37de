import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { StepPlace } from "../compile/scope.ts";

/** Rows of one batch behind one step; to be read before the call returns. */
export interface PassedRows {
  readonly pipeline: string;
  readonly at: StepPlace;
  /** result ids, one per row */
  readonly ids: () => readonly string[];
  /** all columns of one of them; null where one cannot be computed */
  readonly cells: (index: number) => Readonly<Record<string, Scalar>>;
}

/** Called for each batch that has passed a step. */
export type Trace = (rows: PassedRows) => void;
