/** A value of an event field; a missing one is null. Timestamps are epoch milliseconds. */
export type Scalar = string | number | boolean | null;

/**
 * A micro-batch of events of one lane and partition, columnar: all arrays have `n` entries. Message on `eventSubject`,
 * JSON in UTF-8. It carries the lane's fields only; the gate has removed the rest.
 */
export interface EventFrame {
  readonly v: 1;
  /** deployment revision and policy version that it was cut with */
  readonly revision: number;
  readonly policy: number;
  /** epoch ms at which the edge cut it: the log's arrival clock */
  readonly at: number;
  readonly n: number;
  readonly id: readonly string[];
  readonly type: readonly string[];
  /** epoch ms, event time */
  readonly time: readonly number[];
  /** source ids, one entry per distinct source; `source` indexes it */
  readonly sources: readonly string[];
  readonly source: readonly number[];
  readonly subjectKey: readonly string[];
  /** one array per declared path of the lane (`$subject` and `$ip` among them if the lane may see them) */
  readonly columns: Readonly<Record<string, readonly Scalar[]>>;
}

/** The log's clock: message on `tickSubject`. */
export interface TickFrame {
  readonly v: 1;
  /** epoch ms by its publisher's clock */
  readonly tick: number;
}
