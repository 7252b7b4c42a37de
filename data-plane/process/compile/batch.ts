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
  /** watermark as each row arrived, rows before it counted, so that frame boundaries make no difference; absent behind a stateful step */
  readonly watermark: Float64Array | undefined;
  /** an input column; null in every row when the batch has none of that name and type */
  readonly column: (name: string, type: FieldType) => Vector;
}
