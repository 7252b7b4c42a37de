/** A value of an event field; a missing one is null. Timestamps are epoch milliseconds. */
export type Scalar = string | number | boolean | null;

/** The log's clock: message on `tickSubject`, JSON. */
export interface TickFrame {
  readonly v: 1;
  /** epoch ms by its publisher's clock */
  readonly tick: number;
}

/** That a subject is to be forgotten from here on: message on `erasureSubject`, JSON. */
export interface ErasureFrame {
  readonly v: 1;
  readonly erasure: string;
  readonly subjectKey: string;
}
