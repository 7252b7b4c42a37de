import type { Scalar } from "./frame.ts";

/**
 * Rows of one output, columnar, message on `resultSubject`. Message id `<pipeline>.<output>.<partition>.<sequence of the
 * frame that caused it>`: a replay makes the same one, which the hub drops.
 */
export interface ResultFrame {
  readonly v: 1;
  /** deployment revision that it was made under */
  readonly revision: number;
  readonly lane: string;
  readonly n: number;
  /** result ids, the idempotency key of each row: the same for the same facts, whatever the frame boundaries */
  readonly id: readonly string[];
  /** present when the rows are about one subject each */
  readonly subjectKey?: readonly string[];
  readonly columns: Readonly<Record<string, readonly Scalar[]>>;
}
