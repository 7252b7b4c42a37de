/**
 * Groups the events of one subject into sessions by event time; one row when a session completes. Two events belong
 * together when at most `gapSeconds` lie between them. Columns of the row: `session.start`, `session.end` (timestamp),
 * `session.events` (integer), then each sticky field, `first` or `last` non-null value by event time (ties: by log order).
 */
export interface SessionizeOptions {
  readonly gapSeconds: number;
  readonly sticky: readonly { readonly field: string; readonly keep: "first" | "last"; readonly as: string }[];
}
