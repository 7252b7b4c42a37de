/**
 * Tumbling windows by event time, aligned to the epoch; one row a window and group when the watermark passes its end.
 * Columns: `window.start`, `window.end`, the `by` fields, then each aggregate. Late events go to the pipeline's `late` counter.
 * `by` without `$subject` needs an application with one partition.
 */
export interface WindowOptions {
  readonly sizeSeconds: number;
  readonly by: readonly string[];
  readonly aggregates: readonly Aggregate[];
}

export interface Aggregate {
  readonly as: string;
  readonly kind: "count" | "sum" | "distinct";
  /** needed by sum (a number) and distinct */
  readonly field?: string;
}
