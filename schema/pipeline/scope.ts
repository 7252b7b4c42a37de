import type { StepLine } from "../options/options-of.ts";
import type { Columns } from "./columns.ts";
import type { Origin } from "./origin.ts";
import type { Place } from "./place.ts";
import type { OutputType } from "./types.ts";

/** Where a definition stands while it is walked: what a step's type rule reads, and what it leaves for the next. */
export interface Scope {
  readonly step: Place;
  readonly columns: Columns;
  /** of the application */
  readonly partitions: number;
  /** each row is about one subject; false for good once subjects were put together */
  perSubject: boolean;
  readonly outputs: OutputType[];
  /** of the version that runs: an output that names no columns has no more than it had there; undefined = there is none */
  readonly published: readonly OutputType[] | undefined;
  /** so far, in the whole definition */
  readonly expressions: { count: number; characters: number };
  /** a step lets no row go on: whatever comes after it would wait for ever */
  ended: boolean;
  /** Does a part of the check on which nothing else in the step hangs; undefined = it failed, and all faults are wanted. */
  readonly attempt: <T>(part: () => T) => T | undefined;
  /**
   * Checks a line of steps that begins at this one, for rows that were picked by values of `origins`; gives it back with
   * every default. `label` tells it from the step's other lines.
   */
  readonly line: (label: string, steps: StepLine, origins: readonly Origin[]) => StepLine;
}
