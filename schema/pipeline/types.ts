import type { FieldType } from "../consent/policy.ts";

/** One column of an output. */
export interface OutputColumn {
  readonly name: string;
  readonly type: FieldType;
  /** purposes of every field that this column was computed from, intersected */
  readonly purposes: readonly string[];
}

/** The checked type of one output: what a table, a file or a subscriber may expect of it. */
export interface OutputType {
  readonly name: string;
  readonly columns: readonly OutputColumn[];
  /** true = each row is about one subject, so that its frames carry a `subjectKey` per row */
  readonly perSubject: boolean;
}
