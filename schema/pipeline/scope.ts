import type { Columns } from "./columns.ts";
import type { OutputType } from "./types.ts";

/** Where a definition stands while it is walked: what a step's type rule reads, and what it leaves for the next. */
export interface Scope {
  /** 1 for the first step */
  readonly step: number;
  readonly columns: Columns;
  /** of the application */
  readonly partitions: number;
  /** each row is about one subject; false for good once subjects were put together */
  perSubject: boolean;
  readonly outputs: OutputType[];
}
