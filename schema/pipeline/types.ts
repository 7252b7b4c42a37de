import type { FieldType } from "../consent/policy.ts";
import type { Origin } from "./origin.ts";

/** One column of an output. */
export interface OutputColumn {
  readonly name: string;
  readonly type: FieldType;
  /** purposes of every field that this column was computed from, intersected */
  readonly purposes: readonly string[];
  /** those fields, each with the step that read it first; absent in what was published before there were any */
  readonly origins?: readonly Origin[];
}

/** The checked type of one output: what a table, a file or a subscriber may expect of it. */
export interface OutputType {
  readonly name: string;
  readonly columns: readonly OutputColumn[];
  /** true = each row is about one subject, so that its frames carry a `subjectKey` per row */
  readonly perSubject: boolean;
}
