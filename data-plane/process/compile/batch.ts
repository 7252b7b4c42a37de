import type { TextColumn } from "@o2mc/schema/events/columns/column.ts";
import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Selection, Vector } from "./vector.ts";

/** Columnar rows between two stages of a pipeline. Nobody changes a column in place: pipelines of a lane share them. */
export interface Batch {
  /** entries of every column */
  readonly n: number;
  /** the rows that count */
  readonly rows: Selection;
  /** event time of each row, epoch ms: what sessions and windows go by */
  readonly time: Float64Array;
  /** result id of a row */
  readonly id: (row: number) => string;
  /** subject key of each row; absent once rows are about several subjects */
  readonly key: TextColumn | undefined;
  /**
   * The oldest policy version that the subject's own consent to a row was given under, 0 where it was not asked; absent = 0
   * in all rows.
   */
  readonly policy: Float64Array | undefined;
  /** watermark as each row arrived, rows before it counted, so that frame boundaries make no difference; absent behind a stateful step */
  readonly watermark: Float64Array | undefined;
  /** an input column; null in every row when the batch has none of that name and type */
  readonly column: (name: string, type: FieldType) => Vector;
}

/** Of two rows that become one. */
export const olderPolicy = (a: number, b: number): number => (a === 0 || b === 0 ? a + b : Math.min(a, b));
