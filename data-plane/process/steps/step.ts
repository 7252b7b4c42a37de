import type { FieldType, RotationPeriod } from "@o2mc/schema/consent/policy.ts";
import type { StepLine } from "@o2mc/schema/options/options-of.ts";
import type { Batch } from "../compile/batch.ts";
import type { Scope } from "../compile/scope.ts";
import type { Selection, Vector } from "../compile/vector.ts";

/** What a stateful step may do besides keeping rows. */
export interface StepContext {
  /** takes one row out of the line, with a stable code and the reason */
  readonly dead: (row: number, code: string, message: string) => void;
  /** takes one row out of the line that came too late: into the step's output for such rows when there is one, else to the dead letters */
  readonly late: (row: number, message: string) => void;
  /** Whether the state may grow by so many bytes: to be asked before anything new is begun. */
  readonly room: (bytes: number) => boolean;
  /** tells of a row that would have begun something new for which there is no room, in all (`state-quota`) or for its key */
  readonly refuse: (row: number, limit?: Limit) => void;
}

/** Also the code of its dead letter. */
export type Limit = "state-quota" | "partial-matches";

/** Time as the log tells it, epoch ms. */
export interface Clock {
  /** everything up to here has been seen, as far as lateness goes */
  readonly watermark: number;
  /** what is complete at this time completes although newer events are missing (idle partition); -Infinity otherwise */
  readonly timer: number;
}

/** Rows as a stateful step gets them: `inputs` are the columns that it asked for when it was planned, in that order. */
export interface StepRows {
  readonly batch: Batch;
  readonly rows: Selection;
  readonly inputs: readonly Vector[];
}

/**
 * A step that holds rows back. The engine calls `run` with each batch, in log order, from one thread; it must handle its
 * own rows' errors, as rows can't be run twice.
 */
export interface StatefulStep {
  /** columns of the rows that it makes */
  readonly outputs: ReadonlyMap<string, FieldType>;
  /** The rows that the given ones complete. */
  run(rows: StepRows, context: StepContext): Batch;
  /** The rows that complete by `clock`; called after all rows before it were run. */
  advance(clock: Clock): Batch;
  /** how far, in ms, the times of rows that still may come are behind the watermark */
  readonly delay: number;
  /** number of open sessions or windows */
  readonly open: number;
  /** What it holds takes about so many bytes of memory: a function of what is held alone, so that a replay refuses the same. */
  readonly bytes: number;
  /** Forgets what it holds of one subject, without a row of it. */
  erase(subjectKey: string): void;
  /** plain JSON, columnar */
  snapshot(): unknown;
  restore(state: unknown): void;
}

/** A step that lets some of its rows go on, as they are. The same holds of errors as for a stateful one. */
export interface PickingStep {
  /** Of the rows, in their order. */
  pick(rows: StepRows, context: StepContext): Selection;
  /** what it remembers; absent = nothing */
  readonly memory?: Memory;
}

/** What a picking step remembers of rows that have gone on: nobody waits for it. */
export interface Memory extends Pick<StatefulStep, "bytes" | "erase" | "snapshot" | "restore"> {
  /** As far as lateness goes, everything up to `watermark` has been seen. */
  expire(watermark: number): void;
}

/** Plans a line of steps that begins at the current one; `label` as in `Scope.line` of the check. */
export type PlanLine = (label: string, steps: StepLine) => Scope;

/** What steps are planned with. */
export interface Services {
  /** hex HMAC-SHA256 under the tenant's key: `anonymize: hash` */
  readonly hash: (text: string) => string;
  /** the same under a key that is another in each period, which begins at `start` */
  readonly rotatingHash: (unit: RotationPeriod, start: number, text: string) => string;
  readonly geoip: GeoLookup;
}

export interface Place {
  readonly country: string | null;
  readonly city: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** Where an address is; undefined when unknown. May throw on a corrupt database. */
export type GeoLookup = (address: string) => Place | undefined;
